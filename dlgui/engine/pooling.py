"""Which statistics of which stages of a backbone feed the linear layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlgui.errors import InvalidValue

STATISTICS = ("mean", "max", "min", "std")


@dataclass(frozen=True)
class Pooling:
    """Statistics over the positions of a stage's maps, for one or more stages.

    Attributes:
        parts: (stage index, statistics) pairs, e.g. `((0, ("mean", "max")), (7, ("mean",)))`. The pooled vector holds
            part after part, within a part statistic after statistic, within a statistic channel after channel.
    """

    parts: tuple[tuple[int, tuple[str, ...]], ...]

    def __post_init__(self) -> None:
        if not self.parts or not all(statistics for _, statistics in self.parts):
            raise InvalidValue("pooling", self.parts, "at least one stage with at least one statistic")
        for stage, statistics in self.parts:
            unknown = [s for s in statistics if s not in STATISTICS]
            if stage < 0 or unknown:
                raise InvalidValue("pooling", (stage, statistics), f"a stage from 0 and {', '.join(STATISTICS)}")

    @property
    def last_stage(self) -> int:
        """The deepest stage that must be computed."""
        return max(stage for stage, _ in self.parts)

    @property
    def stages(self) -> list[int]:
        """The stages whose maps are pooled, ascending."""
        return sorted({stage for stage, _ in self.parts})

    def length(self, channels: Sequence[int]) -> int:
        """Length of the pooled vector, given the channels of every stage."""
        return sum(channels[stage] * len(statistics) for stage, statistics in self.parts)

    def columns(self, of: Pooling, channels: Sequence[int]) -> np.ndarray:
        """Positions (int64) of this pooling's figures within the vector of the richer pooling `of`."""
        starts: dict[tuple[int, str], int] = {}
        position = 0
        for stage, statistics in of.parts:
            for statistic in statistics:
                starts[stage, statistic] = position
                position += channels[stage]
        return np.concatenate([np.arange(starts[stage, s], starts[stage, s] + channels[stage])
                               for stage, statistics in self.parts for s in statistics])

    @classmethod
    def union(cls, poolings: Sequence[Pooling]) -> Pooling:
        """Everything that any of the poolings uses, once, by stage."""
        found: dict[int, set[str]] = {}
        for pooling in poolings:
            for stage, statistics in pooling.parts:
                found.setdefault(stage, set()).update(statistics)
        return cls(tuple((stage, tuple(s for s in STATISTICS if s in found[stage])) for stage in sorted(found)))

    def pool(self, maps: dict[int, np.ndarray]) -> np.ndarray:
        """Pools maps (stage → float array (N, C, H, W)) to a float32 array (N, length)."""
        functions: dict[str, Any] = {"mean": np.mean, "max": np.max, "min": np.min, "std": np.std}
        return np.concatenate([functions[s](maps[stage], axis=(2, 3)) for stage, statistics in self.parts
                               for s in statistics], axis=1).astype(np.float32)

    def to_list(self) -> list[list[object]]:
        """JSON form: `[[stage, [statistic, …]], …]`."""
        return [[stage, list(statistics)] for stage, statistics in self.parts]

    @classmethod
    def from_list(cls, parts: Iterable[Sequence[object]]) -> Pooling:
        """The inverse of `to_list`. Raises `InvalidValue` on anything else."""
        try:
            return cls(tuple((int(stage), tuple(str(s) for s in statistics))  # type: ignore[call-overload, attr-defined]
                             for stage, statistics in parts))
        except (TypeError, ValueError) as problem:
            if isinstance(problem, InvalidValue):
                raise
            raise InvalidValue("pooling", parts, "a list of [stage, [statistic, …]]") from None
