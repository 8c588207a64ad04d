"""What may be wrong with a data set: duplicates, leaks, contradictions, imbalance, doubtful labels."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

NEAR = 2
"""Bits in which the difference hashes of near duplicates may differ."""

FEW = 10
"""A class of fewer images is small."""

UNEQUAL = 10
"""From this ratio of the largest class to the smallest on the classes are unequal."""

_FLAT = 12  # a hash with fewer bits set (or unset) than this is that of a nearly flat image and says little


@dataclass(frozen=True)
class LabelIssue:
    """A label that is probably wrong; `score` is 1 − the confidence in the given label, 0 … 1."""

    index: int
    given: int
    suggested: int
    score: float


def duplicates(keys: Sequence[Hashable | None]) -> list[list[int]]:
    """Positions of equal keys (other than None), in groups of two and more."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for i, key in enumerate(keys):
        if key is not None:
            groups[key].append(i)
    return [members for members in groups.values() if len(members) > 1]


def near_duplicates(hashes: Sequence[int | None], max_distance: int = NEAR) -> list[list[int]]:
    """Groups of images whose 64-bit difference hashes differ in at most `max_distance` bits.

    Pairs are found through equal parts of the hash (with d + 1 parts, one must be equal: pigeonhole). Hashes of
    nearly flat images are left out.
    """
    index = np.array([i for i, h in enumerate(hashes) if h is not None and _FLAT <= int(h).bit_count() <= 64 - _FLAT],
                     np.int64)
    if len(index) < 2:
        return []
    values = np.array([int(hashes[i] or 0) for i in index], np.uint64)
    parts = max_distance + 1
    edges = [0, *(round(64 * (p + 1) / parts) for p in range(parts))]
    parent = list(range(len(values)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for low, high in itertools.pairwise(edges):
        part = (values >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        order = np.argsort(part, kind="stable")
        same = np.flatnonzero(np.diff(part[order])) + 1
        for bucket in np.split(order, same):
            for start in range(len(bucket) - 1):
                distance = np.bitwise_count(values[bucket[start]] ^ values[bucket[start + 1:]])
                for other in bucket[start + 1:][distance <= max_distance]:
                    parent[root(int(other))] = root(int(bucket[start]))
    groups = duplicates([root(i) for i in range(len(values))])
    return [index[members].tolist() for members in groups]


def leaks(groups: Sequence[Sequence[int]], splits: Sequence[str | None]) -> list[list[int]]:
    """Those groups of duplicates that straddle splits."""
    return [list(g) for g in groups if len({splits[i] for i in g if splits[i]}) > 1]


def conflicts(groups: Sequence[Sequence[int]], labels: Sequence[Hashable | None]) -> list[list[int]]:
    """Those groups of duplicates whose members have different labels."""
    return [list(g) for g in groups if len({labels[i] for i in g if labels[i] is not None}) > 1]


def imbalance(counts: Mapping[str, int]) -> dict[str, object]:
    """How unequal the classes are: largest and smallest class, their ratio, and warnings as sentences.

    `of` holds for each warning the class that has too few images, or None.
    """
    if not counts:
        return {"counts": {}, "largest": None, "smallest": None, "ratio": None, "warnings": ["no image has a label"],
                "of": [None]}
    largest, smallest = max(counts, key=lambda n: counts[n]), min(counts, key=lambda n: counts[n])
    ratio = counts[largest] / counts[smallest] if counts[smallest] else None
    found: list[tuple[str, str | None]] = [
        (f"class {name} has {'no image' if not count else 'only 1 image' if count == 1 else f'only {count} images'}",
         name) for name, count in counts.items() if count < FEW]
    if len(counts) == 1:
        found.insert(0, (f"{largest} is the only class: a classifier needs two at least", None))
    elif ratio is None or ratio > UNEQUAL:
        found.append((f"{largest} has {counts[largest]} images, {smallest} only {counts[smallest]}: "
                      "add images of the small classes or use class weights", smallest))
    return {"counts": dict(counts), "largest": largest, "smallest": smallest, "ratio": ratio,
            "warnings": [text for text, _ in found], "of": [name for _, name in found]}


def label_issues(confidences: np.ndarray, given: np.ndarray) -> list[LabelIssue]:
    """Labels that are probably wrong, worst first, by confident learning (Northcutt et al. 2021).

    A label is doubted where the model, which never saw it, believes in another class with at least the confidence
    that is usual for that class (the mean over the images labeled so).

    Args:
        confidences: float (n, classes), out-of-fold.
        given: int (n,), indices of the given labels.
    """
    count = confidences.shape[1]
    usual = np.array([confidences[given == k, k].mean() if (given == k).any() else np.inf for k in range(count)])
    above = np.where(confidences >= usual, confidences, -1.0)
    believed = above.argmax(axis=1)
    rows = np.arange(len(given))
    doubted = np.flatnonzero((above[rows, believed] > 0) & (believed != given)
                             & (confidences[rows, believed] > confidences[rows, given]))
    issues = [LabelIssue(int(i), int(given[i]), int(believed[i]), float(1 - confidences[i, given[i]])) for i in doubted]
    return sorted(issues, key=lambda issue: (-issue.score, issue.index))
