"""Learning curves against known answers."""

import numpy as np
import pytest

from dlgui.engine.learning_curve import ClassCurve, class_curve, fit_power_law, forecast, grid
from dlgui.engine.statistics import paired_difference
from dlgui.errors import InvalidValue

SIZES = (5, 9, 17, 32, 60, 110)


@pytest.mark.parametrize(("a", "b", "c"), [(0.8, 0.5, 0.02), (0.9, 1.0, 0.0), (2.0, 0.75, 0.1), (0.5, 0.2, 0.0)])
def test_a_power_law_is_found_and_extrapolated(a, b, c):
    errors = a * np.array(SIZES, float) ** -b + c
    found = fit_power_law(SIZES, errors[None])
    for m in (50, 160, 400):
        assert found.at(m)[0] == pytest.approx(a * m ** -b + c, abs=2e-3)


def test_flat_and_rising_curves_promise_nothing():
    for errors in (np.full(6, 0.1), np.linspace(0.05, 0.1, 6)):
        found = fit_power_law(SIZES, errors[None])
        assert found.at(20)[0] == pytest.approx(found.at(2000)[0], abs=1e-9)


def simulated(seed, images, law):
    random = np.random.default_rng(seed)
    hardness = random.random((images, 1))  # an image that is wrong with many images is wrong with few
    return ClassCurve(SIZES, (hardness < law(np.array(SIZES, float))[None]).astype(float))


def test_the_interval_holds_the_truth_as_often_as_it_says():
    def law(m):
        return 0.9 * m ** -0.5 + 0.01
    inside = 0
    for seed in range(100):
        low, high = forecast(simulated(seed, 150, law), 110, 50).then_interval
        inside += low <= law(160.0) <= high
    assert inside >= 85


def test_verdicts_are_honest():
    helps = forecast(simulated(1, 400, lambda m: 1.2 * m ** -0.5), 110, 110)
    assert helps.verdict == "helps"
    assert helps.gain_interval[0] > 0
    assert helps.gain == pytest.approx(1.2 * (110 ** -0.5 - 220 ** -0.5), abs=0.03)
    saturated = forecast(simulated(2, 400, lambda m: np.full_like(m, 0.1)), 110, 50)
    assert saturated.verdict == "saturated"
    few = forecast(simulated(3, 6, lambda m: 1.2 * m ** -0.5), 110, 50)
    assert few.verdict == "unknown"
    faultless = forecast(ClassCurve(SIZES, np.zeros((50, 6))), 110, 50)
    assert faultless.verdict == "unknown"
    assert faultless.wrong == 0


def test_the_curve_of_a_class_falls_with_its_images_and_of_noise_it_does_not():
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 60)
    means = random.standard_normal((3, 40)) * 0.45
    figures = (random.standard_normal((180, 40)) + means[labels]).astype(np.float32)
    fold = np.arange(180) % 5
    curve = class_curve(figures @ figures.T, labels, 3, fold, 1, 40)
    assert curve.wrong.shape == (60, len(curve.sizes))
    assert curve.sizes[-1] == 48
    assert curve.errors[0] > curve.errors[-1] + 0.03
    noise = random.standard_normal((180, 40)).astype(np.float32)
    assert class_curve(noise @ noise.T, labels, 3, fold, 1, 40).errors[-1] > 0.4


def test_the_grid_is_ascending_and_ends_at_the_most():
    for most in (3, 4, 10, 48, 5000):
        sizes = grid(most)
        assert sizes[-1] == most
        assert list(sizes) == sorted(set(sizes))


def test_paired_difference_of_known_counts():
    a, b = np.zeros(100, bool), np.zeros(100, bool)
    a[:10], b[8:12] = True, True
    difference, (low, high) = paired_difference(a, b)
    assert difference == pytest.approx(0.06)
    assert low < 0.06 < high
    assert low > -0.02
    assert paired_difference(a, a)[0] == 0
    mirrored = paired_difference(b, a)[1]
    assert mirrored == pytest.approx((-high, -low))
    with pytest.raises(InvalidValue):
        paired_difference(a, b[:5])
