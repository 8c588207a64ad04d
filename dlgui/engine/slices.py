"""Where the errors sit: groups of images that share a property, the worst first.

Of many groups the worst looks bad by luck alone, so each is judged by a p-value that is corrected for their number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from dlgui.engine.statistics import Interval, false_discovery_rates, wilson_interval

SMALLEST = 5
"""Slices of fewer images say nothing."""

MOST_DIGITS = 6
"""Ranges that even so many digits do not tell apart are one."""

REAL = 0.05
"""Below that corrected p-value a slice stands out."""


@dataclass(frozen=True, eq=False)
class Slice:
    """Images that share a property.

    Attributes:
        kind, value: such as `folder` and `line 3`.
        positions: int64 (m,), of the samples.
        errors: how many of them are wrong.
        interval: 95 % interval of the share of errors (Wilson).
        p_value: that chance alone brings at least as many errors here (Fisher's exact test, one-sided).
        corrected: the same in view of all the slices that were compared (Benjamini-Hochberg), at least `p_value`.
    """

    kind: str
    value: str
    positions: np.ndarray
    errors: int
    interval: Interval
    p_value: float
    corrected: float

    @property
    def stands_out(self) -> bool:
        """Whether chance is no good explanation, although the slice was chosen among many."""
        return self.corrected < REAL

    @property
    def error(self) -> float:
        """Share of errors, 0…1."""
        return self.errors / len(self.positions)


def by_value(values: Sequence[str | None]) -> dict[str, np.ndarray]:
    """Positions of every value; None belongs to none."""
    found: dict[str, list[int]] = {}
    for i, value in enumerate(values):
        if value is not None:
            found.setdefault(value, []).append(i)
    return {value: np.array(places, np.int64) for value, places in found.items()}


def by_quantile(values: np.ndarray, unit: str = "", parts: int = 4, digits: int = 0) -> dict[str, np.ndarray]:
    """Positions in up to `parts` ranges that hold about equally many samples; NaN belongs to none.

    Args:
        values: float (n,).
        unit: behind the numbers of a range.
        parts: how many ranges.
        digits: behind the decimal point, at least; more where ranges would be called alike.
    """
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return {}
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, parts + 1)))
    if len(edges) < 2:
        return {}
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    suffix = f" {unit}" if unit else ""
    while digits < MOST_DIGITS and len({f"{edge:.{digits}f}" for edge in edges}) < len(edges):
        digits += 1
    names = [f"{low:.{digits}f} – {high:.{digits}f}{suffix}" for low, high in pairwise(edges)]
    found: dict[str, list[np.ndarray]] = {}
    for i, name in enumerate(names):
        found.setdefault(name, []).append(known[place[known] == i])
    return {name: np.sort(np.concatenate(ranges)) for name, ranges in found.items()}


def slices(correct: np.ndarray, properties: Mapping[str, Mapping[str, np.ndarray]], smallest: int = SMALLEST,
           ) -> list[Slice]:
    """Slices, the worst first: those whose excess of errors is least likely to be chance, then by share of errors.

    Args:
        correct: bool (n,).
        properties: name of a property → value → positions; a property with a single value is passed over.
        smallest: slices of fewer images are left out.
    """
    found, total, wrong = [], len(correct), int(np.count_nonzero(~correct))
    for name, values in properties.items():
        if len(values) < 2:
            continue
        for value, positions in values.items():
            if len(positions) >= max(smallest, 1):
                errors = int(np.count_nonzero(~correct[positions]))
                found.append(Slice(name, value, positions, errors, wilson_interval(errors, len(positions)),
                                   _excess(errors, len(positions), wrong, total), 1.0))
    corrected = false_discovery_rates(np.array([s.p_value for s in found])).tolist()
    found = [replace(s, corrected=value) for s, value in zip(found, corrected, strict=True)]
    return sorted(found, key=lambda s: (s.p_value, -s.error, -len(s.positions)))


def _excess(errors: int, size: int, wrong: int, total: int) -> float:
    """P(X ≥ errors) where X is hypergeometric: `size` drawn of `total`, of which `wrong` are wrong."""
    from math import exp, lgamma

    def choose(n: int, k: int) -> float:
        return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    if not errors:
        return 1.0
    whole = choose(total, size)
    terms = [exp(choose(wrong, x) + choose(total - wrong, size - x) - whole)
             for x in range(errors, min(size, wrong) + 1) if size - x <= total - wrong]
    return min(1.0, sum(terms))
