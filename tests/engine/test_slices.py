"""Slices against brute force and scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dlgui.engine.slices import by_quantile, by_value, slices


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=8, max_size=60))
def test_counts_and_p_values_agree_with_scipy(images):
    correct = np.array([right for _, right in images], bool)
    values = by_value([value for value, _ in images])
    found = slices(correct, {"letter": values}, smallest=1)
    assert len(found) == (len(values) if len(values) > 1 else 0)
    for one in found:
        inside = [right for value, right in images if value == one.value]
        assert one.errors == inside.count(False)
        chance = stats.hypergeom.sf(one.errors - 1, len(images), int((~correct).sum()), len(inside))
        assert one.p_value == pytest.approx(chance, abs=1e-9)
        assert one.interval[0] <= one.error <= one.interval[1]
    assert [s.p_value for s in found] == sorted(s.p_value for s in found)
    if found:
        expected = stats.false_discovery_control([min(s.p_value, 1) for s in found])
        assert [s.corrected for s in found] == pytest.approx(expected.tolist())


def test_quantiles_share_out_every_known_value():
    values = np.array([*np.arange(100), np.nan])
    found = by_quantile(values, "MB")
    assert len(found) == 4
    assert sorted(np.concatenate(list(found.values())).tolist()) == list(range(100))
    assert next(iter(found)).endswith("MB")
    assert by_quantile(np.full(5, 3.0)) == {}
    assert by_quantile(np.full(5, np.nan)) == {}


def test_ranges_that_are_close_keep_their_own_names_and_images():
    values = np.array([129.1, 129.2, 129.3, 129.4, 129.5, 129.6, 129.7, 129.8, 200.0])
    found = by_quantile(values)
    assert len(found) == 4
    assert sorted(np.concatenate(list(found.values())).tolist()) == list(range(9))
    close = by_quantile(1 + 1e-9 * np.arange(9))
    assert sorted(np.concatenate(list(close.values())).tolist()) == list(range(9))


def test_a_planted_bad_slice_comes_first():
    generator = np.random.default_rng(0)
    folder = [f"line {i}" for i in generator.integers(0, 5, 500)]
    correct = np.array([generator.random() > (0.4 if f == "line 3" else 0.05) for f in folder])
    brightness = by_quantile(generator.random(500) * 255)
    found = slices(correct, {"folder": by_value(folder), "brightness": brightness})
    assert (found[0].kind, found[0].value) == ("folder", "line 3")
    assert found[0].corrected < 1e-5
    assert [one.stands_out for one in found] == [True] + [False] * (len(found) - 1)
    assert slices(correct, {"folder": by_value(["one"] * 500)}) == []


def test_among_many_slices_without_any_difference_hardly_one_stands_out():
    generator, alarms, naive = np.random.default_rng(1), 0, 0
    for _ in range(120):
        correct = generator.random(400) > 0.1
        values = by_value([f"{i}" for i in generator.integers(0, 30, 400)])
        found = slices(correct, {"folder": values})
        alarms += any(one.stands_out for one in found)
        naive += any(one.p_value < 0.05 for one in found)
    assert alarms <= 10  # 5 % of 120, and some luck
    assert naive > 50  # what one sees without a correction
