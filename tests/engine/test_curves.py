"""Reduced curves hide no peak; progress is told right through pauses and sleep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgui.engine import faults, progress
from dlgui.engine.curves import Curve
from dlgui.errors import DlguiError


@given(st.lists(st.integers(1, 700), min_size=1, max_size=8), st.integers(8, 60), st.integers(0, 2 ** 32 - 1))
def test_a_window_keeps_least_and_greatest(parts, most, seed):
    random = np.random.default_rng(seed)
    y = random.normal(size=sum(parts))
    x = np.arange(len(y), dtype=float)
    curve, at = Curve(), 0
    for part in parts:
        curve.extend(x[at:at + part], y[at:at + part])
        at += part
    low, high = sorted(random.uniform(0, len(y), 2))
    seen_x, seen_y = curve.visible(low, high, most)
    inside = (x >= low) & (x <= high)
    if inside.any():
        assert seen_y.min() <= y[inside].min()
        assert seen_y.max() >= y[inside].max()
        assert seen_y.min() >= y.min()
        assert seen_x[0] <= x[inside][0]
    assert len(seen_x) == len(seen_y)
    assert (np.diff(seen_x) >= 0).all()
    assert len(seen_x) <= max(most, 2 * 8 + 4) + 4


def test_few_points_are_given_as_they_are():
    curve = Curve(np.array([1.0, 2, 3]), np.array([5.0, 4, 6]))
    x, y = curve.visible(-1, 9, 100)
    assert (x.tolist(), y.tolist()) == ([1, 2, 3], [5, 4, 6])
    assert curve.at(2.4) == 4
    assert Curve().at(1.0) is None


def test_smoothing_keeps_a_straight_line_and_calms_noise():
    x = np.arange(500.0)
    line = Curve(x, 2 * x)
    np.testing.assert_allclose(line.smoothed(0.1).y, 2 * x)
    noise = Curve(x, np.random.default_rng(0).normal(size=500))
    assert noise.smoothed(0.2).y[50:-50].std() < 0.2 * noise.y.std()
    assert noise.smoothed(0) is noise


class _Clock:
    def __init__(self, monkeypatch):
        self.now = 0.0
        monkeypatch.setattr(progress.time, "monotonic", lambda: self.now)


def test_sleep_and_pauses_do_not_spoil_the_time_left(monkeypatch):
    clock, told = _Clock(monkeypatch), []
    handle = progress.Progress(told.append)
    handle.task("training", 100)
    for _ in range(10):
        clock.now += 1
        handle.advance()
    clock.now += 8 * 3600  # the laptop slept
    handle.advance()
    assert told[-1].remaining == pytest.approx(89, rel=0.05)
    clock.now += 15
    handle.rest()  # paused by hand
    clock.now += 1
    handle.advance()
    assert told[-1].remaining == pytest.approx(88, rel=0.05)


def test_what_was_done_before_says_nothing_about_the_pace(monkeypatch):
    clock, told = _Clock(monkeypatch), []
    handle = progress.Progress(told.append)
    handle.task("training", 100)
    handle.skip(50)
    clock.now += 2
    handle.advance()
    assert (told[-1].done, told[-1].remaining) == (51, pytest.approx(98))


def test_a_stopwatch_leaves_out_pauses_and_the_sleep_of_the_machine(monkeypatch):
    clock, handle = _Clock(monkeypatch), progress.Progress()
    watch, blind = progress.Stopwatch(handle), progress.Stopwatch(None)

    def paused():
        clock.now += 15
        handle.rest()

    for task in ("reading", "training"):
        handle.task(task, 100)
        for _ in range(10):
            clock.now += 1
            handle.advance()
    clock.now += 3600  # the laptop slept
    handle.advance()
    handle.gate = paused
    handle.advance()
    assert watch.seconds == pytest.approx(21)
    assert blind.seconds == 3635


@pytest.mark.parametrize(("problem", "words"), [
    (MemoryError(), "memory"), (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "memory"),
    (RuntimeError("could not create a primitive"), "memory"),
    (RuntimeError("CUDA out of memory. Tried to allocate"), "memory"), (OSError(28, "No space left"), "disk"),
    (OSError(27, "File too large"), "disk"), (FileNotFoundError(2, "No such file", "a.png"), "a.png")])
def test_faults_get_a_sentence_with_a_remedy(problem, words):
    told = faults.explained(problem, "run-001")
    assert isinstance(told, DlguiError)
    assert words in str(told)
    assert told.remedy


def test_bugs_stay_bugs():
    bug = ZeroDivisionError("no")
    assert faults.explained(bug, "run-001") is bug
