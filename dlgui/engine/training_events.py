"""What a training tells, one event after the other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BatchDone:
    """After a weight update: `epoch` is fractional, `loss` of this batch."""

    epoch: float
    iteration: int
    iterations: int
    loss: float
    learning_rate: float
    images_per_second: float
    seconds: float


@dataclass(frozen=True)
class EpochDone:
    """After an epoch: mean loss, errors as fractions (validation None without such a split), seconds so far.

    `epoch` is fractional where the training was stopped inside it.
    """

    epoch: float
    iteration: int
    loss: float
    train_top1_error: float
    validation_top1_error: float | None
    learning_rate: float
    seconds: float
    best: bool
    best_epoch: int = 0
    best_error: float | None = None


@dataclass(frozen=True)
class Notice:
    """Something that the user should know and that did not stop the training."""

    text: str


@dataclass(frozen=True)
class CheckpointWritten:
    """Training can go on from here after anything."""

    iteration: int


@dataclass(frozen=True)
class Finished:
    """The best model is written and calibrated. `reason`: `epochs`, `early stopping` or `stopped`."""

    reason: str
    best_epoch: int
    validation_top1_error: float | None
    seconds: float
    images_per_second: float


Event = BatchDone | EpochDone | Notice | CheckpointWritten | Finished
