"""Calibration errors and temperature scaling against independent computations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgui.engine.calibration import error_by_chance, fit_temperature, reliability_of, softmax
from dlgui.errors import InvalidValue


def sampled(n: int, k: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Logits and truths drawn from exactly the confidences that the logits claim."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(scale=2, size=(n, k))
    truth = (generator.random(n)[:, None] > softmax(logits).cumsum(1)).sum(1).clip(max=k - 1)
    return logits, truth


def test_calibration_error_is_the_definition() -> None:
    generator = np.random.default_rng(0)
    confidence, correct = generator.random(3000), generator.random(3000) < 0.6
    expected = worst = 0.0
    for i in range(15):
        inside = (confidence > i / 15) & (confidence <= (i + 1) / 15)
        gap = abs(correct[inside].mean() - confidence[inside].mean())
        expected, worst = expected + gap * inside.mean(), max(worst, gap)
    diagram = reliability_of(confidence, correct)
    assert diagram.expected_calibration_error == pytest.approx(expected)
    assert diagram.maximum_calibration_error == pytest.approx(worst)


def test_accuracy_by_bin_agrees_with_scikit_learn() -> None:
    from sklearn.calibration import calibration_curve

    generator = np.random.default_rng(3)
    confidence = generator.random(2000)
    correct = generator.random(2000) < confidence
    shares, means = calibration_curve(correct, confidence, n_bins=10)
    diagram = reliability_of(confidence, correct, bins=10)
    np.testing.assert_allclose(diagram.accuracy, shares)
    np.testing.assert_allclose(diagram.confidence, means)
    assert diagram.expected_calibration_error < 0.06


def test_borders_and_nothing() -> None:
    diagram = reliability_of(np.array([0.0, 1.0, 1.0000001]), np.array([False, True, True]), bins=5)
    assert diagram.count.tolist() == [1, 0, 0, 0, 2]
    assert reliability_of(np.empty(0), np.empty(0)).expected_calibration_error == 0
    with pytest.raises(InvalidValue):
        reliability_of(np.ones(1), np.ones(1), bins=0)


@pytest.mark.parametrize("factor", [0.02, 0.3, 1.0, 5.0])
def test_the_temperature_of_overconfident_logits_is_found(factor: float) -> None:
    logits, truth = sampled(20_000, 5)
    assert fit_temperature(logits * factor, truth) == pytest.approx(factor, rel=0.05)


def test_temperature_minimises_the_likelihood_loss() -> None:
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    logits, truth = sampled(500, 4)
    logits = logits * 3
    best = minimize_scalar(lambda t: -log_softmax(logits / t, axis=1)[np.arange(500), truth].mean(),
                           bounds=(0.1, 20), method="bounded").x
    assert fit_temperature(logits, truth) == pytest.approx(best, rel=0.05)


def test_a_perfect_classifier_gets_a_finite_temperature() -> None:
    truth = np.arange(30) % 3
    temperature = fit_temperature(np.eye(3)[truth], truth)
    confidence = softmax(np.eye(3)[truth], temperature).max()
    assert 0.9 < confidence < 0.999  # 30 samples prove no more


def test_a_good_classifier_is_not_made_less_sure_than_it_is() -> None:
    """Most answers far from any doubt, few at the border, as of a network on an easy set: 300 images, a few errors."""
    from scipy.special import log_softmax

    losses = []
    for seed in range(20):
        generator = np.random.default_rng(seed)
        logits = generator.normal(size=(4300, 3)) * generator.choice([3, 30], p=[0.1, 0.9], size=4300)[:, None]
        truth = (generator.random(4300)[:, None] > softmax(logits).cumsum(1)).sum(1).clip(max=2)
        temperature = fit_temperature(logits[:300], truth[:300])
        losses.append([-log_softmax(logits[300:] / t, axis=1)[np.arange(4000), truth[300:]].mean()
                       for t in (1.0, temperature)])
    perfect, fitted = np.mean(losses, axis=0)
    assert fitted < 1.05 * perfect


def test_without_errors_half_an_error_is_expected() -> None:
    generator = np.random.default_rng(5)
    logits = np.abs(generator.normal(size=(200, 1))) * [[1.0, 0.0, -1.0]] + [[0.01, 0, 0]]
    confidences = softmax(logits, fit_temperature(logits, np.zeros(200, int)))
    assert (1 - confidences[:, 0]).sum() == pytest.approx(0.5, rel=0.01)


def test_chance_alone_brings_a_calibration_error() -> None:
    generator = np.random.default_rng(6)
    confidence = generator.uniform(0.3, 1, 300)
    errors = [reliability_of(confidence, generator.random(300) < confidence).expected_calibration_error
              for _ in range(400)]
    assert np.mean(np.array(errors) < error_by_chance(confidence)) == pytest.approx(0.95, abs=0.04)
    assert error_by_chance(np.repeat(confidence, 100)) < 0.2 * error_by_chance(confidence)
    assert error_by_chance(np.ones(20)) == error_by_chance(np.empty(0)) == 0


def test_nothing_to_learn_from_leaves_confidences_alone() -> None:
    assert fit_temperature(np.empty((0, 3)), np.empty(0, int)) == 1
    assert fit_temperature(np.ones((4, 1)), np.zeros(4, int)) == 1
    assert fit_temperature(np.ones((4, 3)), np.zeros(4, int)) == 1
    assert fit_temperature(np.eye(3), np.full(3, -1)) == 1
    with pytest.raises(InvalidValue):
        fit_temperature(np.array([[np.nan, 1]]), np.array([0]))
    with pytest.raises(InvalidValue):
        fit_temperature(np.ones((2, 2)), np.array([0]))


@given(st.lists(st.tuples(st.integers(-1, 2), st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3)), min_size=1))
def test_any_logits_give_a_usable_temperature(rows: list[tuple[int, list[float]]]) -> None:
    logits, truth = np.array([row for _, row in rows]), np.array([t for t, _ in rows])
    temperature = fit_temperature(logits, truth)
    assert 1e-4 < temperature < 1e4
    confidences = softmax(logits, temperature)
    np.testing.assert_allclose(confidences.sum(1), 1, rtol=1e-5)
    assert confidences.dtype == np.float32
