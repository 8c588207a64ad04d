"""What steers one weight update; the names of the operator `set_dl_classifier_param`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from dlgui.errors import InvalidValue

SOLVERS = ("sgd", "adam")
BATCH_NORMS = ("frozen", "train")


@dataclass(frozen=True)
class Hyperparameters:
    """Settings of the weight update.

    Attributes:
        batch_size: images moved to the device at once, 1 … 4096.
        batch_size_multiplier: batches whose gradients are averaged for one update, 1 … 1024.
        learning_rate: weight of the new gradient, above 0, at most 100.
        momentum: share of the previous update that is kept, 0 … below 1.
        weight_prior: strength of the L2 regularization of weights (not of biases and normalization), 0 … 100.
        solver_type: `sgd` (with momentum) or `adam` (AdamW; momentum is its first beta).
        class_weights: one positive factor a class for the loss; empty for equal weights.
        head_learning_rate_factor: the linear layer learns this many times faster than the pretrained backbone.
        batch_norm: `frozen` keeps the pretrained statistics of normalization layers, `train` adapts them.
    """

    batch_size: int = 32
    batch_size_multiplier: int = 1
    learning_rate: float = 0.001
    momentum: float = 0.9
    weight_prior: float = 0.0
    solver_type: str = "sgd"
    class_weights: tuple[float, ...] = ()
    head_learning_rate_factor: float = 10.0
    batch_norm: str = "frozen"

    def __post_init__(self) -> None:
        _whole("batch_size", self.batch_size, 1, 4096)
        _whole("batch_size_multiplier", self.batch_size_multiplier, 1, 1024)
        _number("learning_rate", self.learning_rate, 0.0, 100.0, "a number above 0, at most 100", above=True)
        _number("momentum", self.momentum, 0.0, 0.9999, "a number from 0 to below 1")
        _number("weight_prior", self.weight_prior, 0.0, 100.0, "a number from 0 to 100")
        _number("head_learning_rate_factor", self.head_learning_rate_factor, 0.0, 1e4, "a number from 0 to 10000")
        if self.solver_type not in SOLVERS:
            raise InvalidValue("solver_type", self.solver_type, " or ".join(SOLVERS))
        if self.batch_norm not in BATCH_NORMS:
            raise InvalidValue("batch_norm", self.batch_norm, " or ".join(BATCH_NORMS))
        if isinstance(self.class_weights, str) or not isinstance(self.class_weights, Sequence):
            raise InvalidValue("class_weights", self.class_weights, "a sequence of positive numbers")
        for weight in self.class_weights:
            _number("class_weights", weight, 0.0, 1e6, "positive numbers", above=True)
        object.__setattr__(self, "class_weights", tuple(float(w) for w in self.class_weights))

    def changed(self, **values: Any) -> Hyperparameters:
        """A copy with other values. Raises `InvalidValue`."""
        for name in values:
            _known(name)
        return replace(self, **values)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "class_weights": list(self.class_weights)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Hyperparameters:
        """The inverse of `to_dict`. Raises `InvalidValue`."""
        return cls().changed(**values)


def _known(name: str) -> None:
    allowed = [field.name for field in fields(Hyperparameters)]
    if name not in allowed:
        raise InvalidValue("hyperparameter", name, ", ".join(allowed))


def _whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidValue(name, value, f"a whole number from {low} to {high}")


def _number(name: str, value: object, low: float, high: float, allowed: str, above: bool = False) -> None:
    fine = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not fine or not low <= value <= high or (above and value == low):  # type: ignore[operator]
        raise InvalidValue(name, value, allowed)
