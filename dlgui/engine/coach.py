"""The coach: what a training's figures say in plain words, and what helps.

Each rule looks at the history of one run and speaks only where the figures are beyond chance or habit; docs/coach.md
lists the rules for people. A training error above that of validation is no rule: augmentation makes training harder on
purpose. Errors are fractions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dlgui.engine.statistics import wilson_interval

FEW, SMALL = 20, 100
"""Images of a class, and of a validation split, below which the coach says so."""

LONGEST = 32
"""Letters of a class name in a sentence."""


@dataclass(frozen=True)
class Advice:
    """One thing the coach says.

    Attributes:
        rule: its name in the table above.
        mood: `warning`, `hint` or `good`.
        text: one or two sentences: what is, and what helps.
    """

    rule: str
    mood: str
    text: str


@dataclass(frozen=True)
class Case:
    """What the coach looks at.

    Attributes:
        history: rows with `epoch`, `loss`, `train_top1_error`, `validation_top1_error` (None without such a split).
        method: `quick` or `finetune`.
        epochs: planned.
        done: whether the run is over.
        train: images to learn from, by class.
        validation: number of images in the validation split.
        cross_validated: top-1 error of cross-validation of a quick run.
        best_epoch: whose network is kept, 0 for the start (quick's classifier), None where nobody has said.
        best_error: validation error of what is kept; None where nobody has said.
    """

    history: Sequence[Mapping[str, Any]]
    method: str = "finetune"
    epochs: int = 0
    done: bool = False
    train: Mapping[str, int] = field(default_factory=dict)
    validation: int = 0
    cross_validated: float | None = None
    best_epoch: int | None = None
    best_error: float | None = None

    def values(self, key: str) -> list[float]:
        """One column of the history; empty where a value is missing."""
        found = [row[key] for row in self.history]
        return [] if any(v is None for v in found) else [float(v) for v in found]

    @property
    def errors(self) -> list[float]:
        """Validation errors."""
        return self.values("validation_top1_error")

    @property
    def kept(self) -> float:
        """Validation error of what is kept; of the best epoch where nobody has said. Needs `errors`."""
        return min(self.errors) if self.best_error is None else self.best_error


def advise(case: Case) -> list[Advice]:
    """What the coach says about a case, the most urgent first; empty where there is nothing to say."""
    said = [advice for rule in _RULES if (advice := rule(case)) is not None]
    return sorted(said, key=lambda advice: ("warning", "hint", "good").index(advice.mood))


def rising(values: Sequence[float]) -> int:
    """For how many steps the values have risen to their end."""
    count = 0
    while count + 1 < len(values) and values[-1 - count] > values[-2 - count]:
        count += 1
    return count


def _diverging(case: Case) -> Advice | None:
    losses = case.values("loss")
    if rising(losses) < 3 or losses[-1] <= 1.5 * min(losses):
        return None
    return Advice("diverging", "warning",
            f"The loss has risen for {rising(losses)} epochs, from {min(losses):.3g} to {losses[-1]:.3g}: the steps "
            "are too large. Stop, and train with a third of the learning rate.")


def _guessing(case: Case) -> Advice | None:
    total = sum(case.train.values())
    if len(case.history) < 3 or not case.errors or not total:
        return None
    blind = 1 - max(case.train.values()) / total
    if min(case.errors) < blind - 0.02:
        return None
    return Advice("guessing", "warning",
            f"The validation error of {_percent(min(case.errors))} is no better than always naming the commonest class "
        f"({_percent(blind)}): nothing is learned. Check the labels with Check data, and try another learning rate.")


def _overfitting(case: Case) -> Advice | None:
    training, count = case.values("train_top1_error"), rising(case.errors)
    if count < 3 or training[-1] >= training[-1 - count]:
        return None
    return Advice("overfitting", "warning",
            f"The validation error has risen for {count} epochs while the training error falls: overfitting. More "
            "images, augmentation or a larger weight prior help; the best network so far is kept.")


def _memorized(case: Case) -> Advice | None:
    training, errors = case.values("train_top1_error"), case.errors
    if not errors or not training or training[-1] >= 0.01 or errors[-1] - training[-1] < 0.05:
        return None
    return Advice("memorized", "warning",
            f"The network knows its training images by heart ({_percent(training[-1])} error) but errs on "
            f"{_percent(errors[-1])} of those that it did not learn from. More images of the hard cases help most; "
            "augmentation and a larger weight prior help too.")


def _stalled(case: Case) -> Advice | None:
    errors = case.errors
    since = len(errors) - 1 - errors.index(min(errors)) if errors else 0
    if case.done or len(errors) < 8 or since < max(5, len(errors) / 3):
        return None
    best = errors.index(min(errors)) + 1 if case.best_epoch is None else case.best_epoch
    kept = (f"the best network, of epoch {best}, is kept and evaluated" if best else
            "no epoch has done clearly better than the start, the quick classifier, which is kept")
    return Advice("stalled", "hint",
            f"No better validation error for {since} epochs. You can stop now: {kept}.")


def _unfinished(case: Case) -> Advice | None:
    errors, losses = case.errors, case.values("loss")
    over = case.done and case.method == "finetune" and len(errors) >= max(3, case.epochs)
    if not over or errors[-1] > min(errors) or errors[-1] == 0 or losses[-1] > 0.95 * losses[-2]:
        return None
    return Advice("unfinished", "hint",
            "No epoch had a lower validation error than the last one, and the loss was still falling: half as many "
            "epochs again may lower the error further.")


def _underfitting(case: Case) -> Advice | None:
    training, errors = case.values("train_top1_error"), case.errors
    over = case.done and case.method == "finetune" and errors and len(errors) >= case.epochs
    if not over or training[-1] <= 0.10 or training[-1] < errors[-1] - 0.02:
        return None
    return Advice("underfitting", "hint",
            f"Even on the images it learns from the network errs on {_percent(training[-1])}: it is too weak or was "
            "trained too briefly. A larger image size or network, more epochs or less augmentation help.")


def _small_validation(case: Case) -> Advice | None:
    if not 0 < case.validation < SMALL or not case.errors:
        return None
    low, high = wilson_interval(round(case.kept * case.validation), case.validation)[:2]
    return Advice("small validation", "hint",
            f"The validation split has {case.validation} images, so one image is worth "
            f"{_percent(1 / case.validation)}: the true error lies anywhere from {_percent(low)} to {_percent(high)} "
        "(95 % confidence).")


def _different_splits(case: Case) -> Advice | None:
    if case.cross_validated is None or not case.errors or not case.validation:
        return None
    low, high = wilson_interval(round(case.errors[-1] * case.validation), case.validation, 0.99)[:2]
    if low <= case.cross_validated <= high:
        return None
    harder = case.errors[-1] > case.cross_validated
    return Advice("different splits", "warning" if harder else "hint",
            f"The validation error ({_percent(case.errors[-1])}) is {'above' if harder else 'below'} what "
            f"cross-validation within the training split foretold ({_percent(case.cross_validated)}), by more than "
            "chance: the splits differ. Check how they were drawn, and whether images of one object stand in several.")


def _imbalance(case: Case) -> Advice | None:
    if len(case.train) < 2 or min(case.train.values()) * 10 >= max(case.train.values()):
        return None
    rare, common = min(case.train, key=lambda c: case.train[c]), max(case.train, key=lambda c: case.train[c])
    return Advice("imbalance", "hint",
            f"{_short(common)} has {case.train[common]} images to learn from, {_short(rare)} only {case.train[rare]}: "
            f"judge by the recall of {_short(rare)}, not by the error alone. Weighting the classes or more images of "
            "it help.")


def _few_images(case: Case) -> Advice | None:
    few = sorted((count, name) for name, count in case.train.items() if count < FEW)
    if not few:
        return None
    names = ", ".join(f"{_short(name)} ({count})" for count, name in few[:3])
    names += f" and {len(few) - 3} more" if len(few) > 3 else ""
    return Advice("few images", "hint",
            f"Fewer than {FEW} images to learn from: {names}. More images of {'it' if len(few) == 1 else 'them'} will "
            "help more than any setting.")


def _all_right(case: Case) -> Advice | None:
    if not case.done or not case.errors or case.kept > 0 or not case.validation:
        return None
    bound = min(3 / case.validation, 1.0)
    return Advice("all right", "good",
            f"No error on {case.validation} validation images. That proves a true error below {_percent(bound)} (95 % "
            "confidence); more validation images would prove more.")


_RULES: tuple[Callable[[Case], Advice | None], ...] = (
    _diverging, _guessing, _overfitting, _memorized, _stalled, _unfinished, _underfitting, _small_validation,
    _different_splits, _imbalance, _few_images, _all_right)


def _short(name: str) -> str:
    """A class name that leaves room for the sentence around it; long names often differ at their ends."""
    return name if len(name) <= LONGEST else f"{name[:LONGEST // 2]}…{name[-LONGEST // 2 + 1:]}"


def _percent(share: float) -> str:
    digits = 1 if share >= 0.01 or share == 0 else min(1 - math.floor(math.log10(100 * share)), 4)
    return f"{100 * share:.{digits}f} %"
