"""What a whole training is told: the settings of one weight update and the strategy around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from dlgui.engine.hyperparameters import Hyperparameters
from dlgui.errors import InvalidValue

POLICIES = ("cosine", "one_cycle", "step", "constant")
BALANCES = ("none", "balanced")
POOLED = ("all", "last")

UPDATES = 160
"""Weight updates that a training of automatic length makes at least, in `SHORTEST` to `LONGEST` epochs."""

SHORTEST, LONGEST = 3, 40


def balanced_weights(counts: Sequence[int]) -> tuple[float, ...]:
    """Factors of the classes in the loss that make up for their frequency: n / (classes · count), mean 1 over images.

    Args:
        counts: training images of each class; one without any counts as if it had one.
    """
    total = sum(counts)
    return tuple(total / (len(counts) * max(count, 1)) for count in counts)


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of a finetune training.

    Attributes:
        hyperparameters: of one weight update.
        epochs: passes over the training split, 1 … 10000; 0 follows from the number of images.
        stages: so many stages of the network are used, the deeper ones left away, 1 … 1000; 0 follows from what quick
            training chose.
        pooled_stages: `all` feeds mean and maximum of every stage's maps to the linear layer, `last` those of the last.
        policy: how the learning rate changes: `cosine` (linear warm-up, then half a cosine to zero), `one_cycle`
            (Smith 2018: up for 30 %, then down to a hundredth of a percent), `step` (times `step_ratio` every
            `step_epochs` epochs, the old examples' way) or `constant`.
        warm_up: epochs of linear warm-up of the policies cosine and step.
        step_epochs, step_ratio: see `policy`.
        early_stopping: epochs without a better validation error after which training ends; 0 never.
        class_balance: `balanced` weights classes by the inverse of their frequency in the loss.
        warm_start: whether the linear layer starts from the closed-form solution on the pretrained backbone; off,
            because its large weights on quiet figures can make the first updates of early stages diverge.
        weight_average: what is judged and kept is the running mean of the weights, of which so much stays at each
            update, 0 … below 1; 0 keeps the weights themselves.
        clip_norm: greatest norm of a gradient, 0 for no limit.
        augmentation: settings of `dlgui.engine.augmentation`; its `mirror` is `auto` by default.
    """

    hyperparameters: Hyperparameters = field(default_factory=lambda: Hyperparameters(
        batch_size=32, learning_rate=0.0007, weight_prior=1e-4, solver_type="adam", head_learning_rate_factor=3.0))
    epochs: int = 0
    stages: int = 0
    pooled_stages: str = "all"
    policy: str = "one_cycle"
    warm_up: float = 0.5
    step_epochs: int = 5
    step_ratio: float = 0.1
    early_stopping: int = 0
    class_balance: str = "none"
    warm_start: bool = False
    weight_average: float = 0.97
    clip_norm: float = 5.0
    augmentation: Mapping[str, Any] = field(default_factory=lambda: {"mirror": "auto"})

    def __post_init__(self) -> None:
        from dlgui.engine.augmentation import Augmentation

        for name, value, low, high in (("epochs", self.epochs, 0, 10000), ("step_epochs", self.step_epochs, 1, 10000),
                                       ("stages", self.stages, 0, 1000),
                                       ("early_stopping", self.early_stopping, 0, 10000)):
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise InvalidValue(name, value, f"a whole number from {low} to {high}")
        for name, number, most in (("warm_up", self.warm_up, 10000.0), ("step_ratio", self.step_ratio, 1.0),
                                   ("clip_norm", self.clip_norm, 1e6), ("weight_average", self.weight_average, 0.9999)):
            if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 <= number <= most:
                raise InvalidValue(name, number, f"a number from 0 to {most:g}")
        if self.policy not in POLICIES:
            raise InvalidValue("policy", self.policy, ", ".join(POLICIES))
        if self.class_balance not in BALANCES:
            raise InvalidValue("class_balance", self.class_balance, " or ".join(BALANCES))
        if self.pooled_stages not in POOLED:
            raise InvalidValue("pooled_stages", self.pooled_stages, " or ".join(POOLED))
        if not isinstance(self.warm_start, bool):
            raise InvalidValue("warm_start", self.warm_start, "true or false")
        Augmentation.from_dict(self.augmentation)

    def changed(self, **values: Any) -> TrainingSettings:
        """A copy with other values; names of `Hyperparameters` and of `Augmentation` are understood too.

        Raises:
            InvalidValue: unknown name or a value that is not allowed.
        """
        from dlgui.engine.augmentation import Augmentation

        own = {f.name for f in fields(self)} - {"hyperparameters"}
        of_update = {f.name for f in fields(Hyperparameters)}
        of_augmentation = {f.name for f in fields(Augmentation)}
        groups: tuple[dict[str, Any], dict[str, Any], dict[str, Any]] = ({}, {}, {})
        for name, value in values.items():
            for known, group in zip((own, of_update, of_augmentation), groups, strict=True):
                if name in known:
                    group[name] = value
                    break
            else:
                raise InvalidValue("setting", name, ", ".join(sorted(own | of_update | of_augmentation)))
        mine, update, augmentation = groups
        if update:
            mine["hyperparameters"] = self.hyperparameters.changed(**update)
        if augmentation:
            mine["augmentation"] = {**mine.get("augmentation", self.augmentation), **augmentation}
        return replace(self, **mine)

    def for_images(self, count: int) -> TrainingSettings:
        """These settings with a length: an automatic one makes `UPDATES` updates on `count` training images."""
        if self.epochs:
            return self
        h = self.hyperparameters
        each = max(count // min(h.batch_size * h.batch_size_multiplier, max(count, 1)), 1)
        return self.changed(epochs=min(max(-(-UPDATES // each), SHORTEST), LONGEST))

    def to_dict(self) -> dict[str, Any]:
        """Flat JSON form."""
        values = asdict(self)
        values.pop("hyperparameters")
        return {**values, **self.hyperparameters.to_dict(), "augmentation": dict(self.augmentation)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainingSettings:
        """The inverse of `to_dict`. Raises `InvalidValue`."""
        return cls().changed(**values)

    def learning_rate(self, epoch: float) -> float:
        """The learning rate after `epoch` epochs, which may be fractional."""
        import math

        peak = self.hyperparameters.learning_rate
        if self.policy == "one_cycle":
            share = min(epoch / self.epochs, 1.0)
            if share < 0.3:
                return peak * (0.04 + 0.96 * (1 - math.cos(math.pi * share / 0.3)) / 2)
            return peak * (1e-4 + (1 - 1e-4) * (1 + math.cos(math.pi * (share - 0.3) / 0.7)) / 2)
        if self.policy == "constant":
            return peak
        if epoch < self.warm_up:
            return float(peak * (0.05 + 0.95 * epoch / self.warm_up))
        if self.policy == "step":
            return float(peak * self.step_ratio ** int(epoch // self.step_epochs))
        share = (epoch - self.warm_up) / max(self.epochs - self.warm_up, 1e-9)
        return float(peak * max(1 + math.cos(math.pi * min(share, 1.0)), 1e-4) / 2)
