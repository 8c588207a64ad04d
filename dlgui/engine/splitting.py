"""Splits samples into training, validation and test subsets."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from dlgui.errors import InvalidValue

SUBSETS = ("train", "validation", "test")


@dataclass
class FairSplit:
    """A subset for each sample, and a sentence for each wish that could not be met."""

    subset: list[str]
    warnings: list[str] = field(default_factory=list)


def split_floor(labels: Sequence[Hashable], training_percent: float, validation_percent: float,
                seed: int) -> list[str]:
    """The old rule of `split_dl_classifier_data_set`: each class is shuffled and cut at floor(n · percent).

    Small classes may end without images in a subset; `split_fair` avoids that.

    Raises:
        InvalidValue: no labels, a negative percentage, or more than 100 percent together.
    """
    _check(len(labels), training_percent, validation_percent)
    rng = np.random.default_rng(seed)
    subset = np.full(len(labels), "test", object)
    for members in _by_label(labels).values():
        order = rng.permutation(members)
        first = math.floor(len(order) * training_percent / 100)
        second = math.floor(len(order) * (training_percent + validation_percent) / 100)
        subset[order[:first]] = "train"
        subset[order[first:second]] = "validation"
    return subset.tolist()


def split_fair(labels: Sequence[Hashable], *, train: float = 70.0, validation: float = 15.0, seed: int = 42,
               groups: Sequence[Hashable | None] | None = None) -> FairSplit:
    """Stratified split in which no group straddles subsets and every class reaches every subset where it can.

    A unit is a group, or a sample without one; a unit counts for the class most frequent in it. Each class gives its
    units to the subsets in the wanted shares (largest remainder), and at least one to test, then training, then
    validation while it has units enough.

    Args:
        labels: one per sample.
        train, validation: percent; the rest is test.
        seed: equal seeds give equal splits.
        groups: samples with equal values other than None stay together.

    Raises:
        InvalidValue: no samples, or impossible percentages.
    """
    _check(len(labels), train, validation)
    rng = np.random.default_rng(seed)
    units = _units(labels, groups)
    shares = np.array([train, validation, 100.0 - train - validation]) / 100
    result = FairSplit([""] * len(labels))
    for label in sorted(units, key=str):
        members = units[label]
        order = [members[i] for i in rng.permutation(len(members))]
        order.sort(key=len, reverse=True)  # stable: large groups first, chance within equal sizes
        needs = _needs(shares, len(order))
        for subset, chosen in zip(SUBSETS, _deal(order, shares, needs), strict=True):
            for unit in chosen:
                for sample in unit:
                    result.subset[sample] = subset
    result.warnings = _warnings(labels, result.subset, shares)
    return result


def merge_groups(*keys: Sequence[Hashable | None]) -> list[int]:
    """Ties samples together that share a key other than None in any of the columns (union-find).

    Returns:
        A group number for each sample; samples tied to nobody have a number of their own.
    """
    parent = list(range(len(keys[0])))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for column in keys:
        first: dict[Hashable, int] = {}
        for i, key in enumerate(column):
            if key is not None:
                parent[root(i)] = root(first.setdefault(key, i))
    return [root(i) for i in range(len(parent))]


def select_percentage(labels: Sequence[Hashable], percent: float, seed: int) -> list[int]:
    """Indices of a class-wise share, at least one of each class, grouped by class; all of them for 100 percent.

    Source: procedure `select_percentage_dl_classifier_data`.

    Raises:
        InvalidValue: no samples, or a percentage outside 0 … 100.
    """
    if not len(labels):
        raise InvalidValue("images", "an empty list", "at least one image")
    if not 0 <= percent <= 100:
        raise InvalidValue("select percentage", percent, "a number from 0 to 100")
    if percent == 100:
        return list(range(len(labels)))
    rng = np.random.default_rng(seed)
    chosen: list[int] = []
    for members in _by_label(labels).values():
        count = max(1, math.floor(len(members) * percent / 100))
        chosen += rng.permutation(members)[:count].tolist()
    return chosen


def _check(count: int, train: float, validation: float) -> None:
    if not count:
        raise InvalidValue("images", "an empty list", "at least one image")
    for name, value in (("training percent", train), ("validation percent", validation)):
        if not math.isfinite(value) or value < 0:
            raise InvalidValue(name, value, "a number from 0 to 100")
    if train + validation > 100:
        raise InvalidValue("training and validation percent", train + validation, "at most 100 together")


def _by_label(labels: Sequence[Hashable]) -> dict[Hashable, list[int]]:
    members: dict[Hashable, list[int]] = defaultdict(list)
    for i, label in enumerate(labels):
        members[label].append(i)
    return {label: members[label] for label in sorted(members, key=str)}


def _units(labels: Sequence[Hashable], groups: Sequence[Hashable | None] | None) -> dict[Hashable, list[list[int]]]:
    together: dict[Hashable, list[int]] = defaultdict(list)
    for i in range(len(labels)):
        group = groups[i] if groups is not None else None
        together[("alone", i) if group is None else ("group", group)].append(i)
    units: dict[Hashable, list[list[int]]] = defaultdict(list)
    for members in together.values():
        counts = Counter(labels[i] for i in members)
        label = min(counts, key=lambda name: (-counts[name], str(name)))
        units[label].append(members)
    return units


def _needs(shares: np.ndarray, units: int) -> list[int]:
    """Units that each subset must get at least: test before training before validation, as far as they go."""
    needs, left = [0, 0, 0], units
    for index in (0, 2, 1) if units > 1 else (0,):
        if shares[index] > 0 and left:
            needs[index], left = 1, left - 1
    return needs


def _deal(units: list[list[int]], shares: np.ndarray, needs: list[int]) -> list[list[list[int]]]:
    """Gives units, largest first, to the subset that lacks most of its share; the last ones fill what is needed."""
    total = sum(len(unit) for unit in units)
    wanted = _rounded(shares, total)
    have = np.zeros(3)
    dealt: list[list[list[int]]] = [[], [], []]
    for position, unit in enumerate(units):
        missing = [index for index in range(3) if len(dealt[index]) < needs[index]]
        if len(units) - position <= len(missing):
            index = missing[0]
        else:
            index = int(np.argmax(np.where(shares > 0, wanted - have, -np.inf)))
        dealt[index].append(unit)
        have[index] += len(unit)
    return dealt


def _rounded(shares: np.ndarray, total: int) -> np.ndarray:
    exact = shares * total
    whole = np.floor(exact + 1e-9)
    for index in np.argsort(whole - exact, kind="stable")[:round(total - whole.sum())]:
        whole[index] += 1
    return whole


def _warnings(labels: Sequence[Hashable], subset: Sequence[str], shares: np.ndarray) -> list[str]:
    present = set(zip(labels, subset, strict=True))
    sentences = []
    for name in sorted(set(labels), key=str):
        absent = [s for s, share in zip(SUBSETS, shares, strict=True) if share > 0 and (name, s) not in present]
        if absent:
            sentences.append(f"class {name!s} has too few images or groups to reach: {', '.join(absent)}")
    return sentences
