"""A class that rests on a mark at the border is found out; one that rests on the object is not."""

import numpy as np
import pytest
from made_networks import gray, taught

from dlgui.engine import shortcuts
from dlgui.engine.pooling import STATISTICS, Pooling


def in_border(findings):
    return next(f for f in findings if f.region == "border")


@pytest.mark.parametrize(("at", "wrong"), [((0, 80), True), ((40, 40), False)])
def test_a_mark_at_the_border_raises_the_alarm_an_object_does_not(at, wrong):
    classifier, image = taught(Pooling(((1, STATISTICS),)), at, side=9)
    finding = in_border(shortcuts.examine(classifier, "spot", [image] * 3))
    assert finding.images == 3
    assert finding.area == pytest.approx(0.38, abs=0.02)
    assert finding.suspected == wrong
    assert finding.confirmed == wrong
    assert shortcuts.examine(classifier, "spot", [gray()]) == []  # taken for another class


def test_what_counts_as_background():
    image = np.full((60, 80, 3), 40, np.uint8)
    image[20:40, 20:60] = 200
    image += np.random.default_rng(0).integers(0, 5, image.shape, np.uint8)
    region = shortcuts.background(image)
    assert region.mean() == pytest.approx(1 - 800 / 4800, abs=0.02)
    assert not region[25:35, 25:55].any()
    assert shortcuts.background(np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)) is None
    assert shortcuts.background(np.full((60, 80, 3), 7, np.uint8)) is None


def test_the_control_is_as_large_and_elsewhere():
    region = shortcuts.border((50, 60))
    control = shortcuts._control(region)
    assert control.sum() == region.sum()
    assert not (control & region).any()
    assert shortcuts._control(~control).sum() == control.sum()


@pytest.mark.parametrize(("uncertainty", "sure"), [(0.02, True), (0.12, False), (float("inf"), False)])
def test_what_luck_may_bring_confirms_nothing(uncertainty, sure):
    finding = shortcuts.Finding("a", "border", 8, 0.2, 0.34, 0.6, 0.4, uncertainty)
    assert finding.confirmed == sure


def test_the_uncertainty_is_the_standard_error_of_the_difference():
    rows = [(0.0, 0.0, drop, control) for drop, control in ((0.5, 0.1), (0.3, 0.2), (0.9, 0.1))]
    assert shortcuts._uncertainty(rows) == pytest.approx(np.std([0.4, 0.1, 0.8], ddof=1) / 3 ** 0.5)
    assert shortcuts._uncertainty(rows[:1]) == float("inf")
