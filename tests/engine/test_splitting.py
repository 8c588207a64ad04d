"""Splits are stratified, seeded, grouped and fair."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgui.engine.splitting import merge_groups, select_percentage, split_fair, split_floor
from dlgui.errors import InvalidValue


def test_floor_rule_cuts_each_class_at_whole_images():
    labels = ["a"] * 10 + ["b"] * 7 + ["c"]
    subset = split_floor(labels, 70, 15, seed=42)
    count = Counter(zip(labels, subset, strict=True))
    assert count == {("a", "train"): 7, ("a", "validation"): 1, ("a", "test"): 2, ("b", "train"): 4,
                     ("b", "validation"): 1, ("b", "test"): 2, ("c", "test"): 1}
    assert subset == split_floor(labels, 70, 15, seed=42)
    assert subset != split_floor(labels, 70, 15, seed=43)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(0, 5), st.booleans())
def test_fair_split_keeps_groups_whole_and_reaches_every_subset(labels, seed, grouped):
    groups = [i // 3 if grouped and i % 4 else None for i in range(len(labels))]
    result = split_fair(labels, seed=seed, groups=groups)
    assert set(result.subset) <= {"train", "validation", "test"}
    for group in set(groups) - {None}:
        assert len({s for s, g in zip(result.subset, groups, strict=True) if g == group}) == 1
    if not grouped:
        for label, count in Counter(labels).items():
            present = {s for s, name in zip(result.subset, labels, strict=True) if name == label}
            assert len(present) == min(count, 3)
            if count == 2:
                assert present == {"train", "test"}


def test_fair_split_keeps_the_shares():
    labels = ["a"] * 1000 + ["b"] * 200
    count = Counter(zip(labels, split_fair(labels).subset, strict=True))
    assert count == {("a", "train"): 700, ("a", "validation"): 150, ("a", "test"): 150, ("b", "train"): 140,
                     ("b", "validation"): 30, ("b", "test"): 30}


def test_a_class_too_small_is_named():
    assert split_fair(["a"] * 9 + ["rare"]).warnings == [
        "class rare has too few images or groups to reach: validation, test"]


def test_merging_ties_chains_together():
    groups = merge_groups([1, 1, 2, None, None], [None, "x", "x", None, "y"])
    assert groups[0] == groups[1] == groups[2]
    assert len(set(groups)) == 3


def test_percentage_keeps_one_of_each_class():
    labels = [0] * 100 + [1]
    chosen = select_percentage(labels, 10, seed=1)
    assert Counter(labels[i] for i in chosen) == {0: 10, 1: 1}
    assert select_percentage(labels, 100, seed=1) == list(range(101))


@pytest.mark.parametrize(("train", "validation"), [(-1, 10), (10, -1), (60, 50), (float("nan"), 1)])
def test_impossible_percentages(train, validation):
    for rule in (lambda: split_floor(["a"], train, validation, 0),
                 lambda: split_fair(["a"], train=train, validation=validation)):
        with pytest.raises(InvalidValue, match="percent"):
            rule()


def test_nothing_to_split():
    with pytest.raises(InvalidValue, match="at least one image"):
        split_fair([])
    with pytest.raises(InvalidValue, match="from 0 to 100"):
        select_percentage([1], 101, 0)
