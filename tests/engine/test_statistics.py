"""Intervals, tests and curves against scipy's and scikit-learn's."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_predictions import random_predictions

from dlgui.engine.evaluation import Predictions, evaluate
from dlgui.engine.statistics import (
    interval,
    mcnemar,
    precision_recall_curve,
    rejection_curve,
    roc_curve,
    wilson_interval,
)
from dlgui.errors import DlguiError, InvalidValue


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
       st.sampled_from([.8, .95, .99]))
def test_wilson_interval_agrees_with_scipy(counts: tuple[int, int], level: float) -> None:
    from scipy.stats import binomtest

    expected = binomtest(*counts).proportion_ci(level, method="wilson")
    low, high = wilson_interval(*counts, level)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert 0 <= low <= counts[0] / counts[1] <= high <= 1


def test_wilson_interval_at_the_edges() -> None:
    assert wilson_interval(0, 0) == (0, 1)
    for arguments in ((-1, 5), (6, 5), (1, 5, 0.0), (1, 5, 1.0)):
        with pytest.raises(InvalidValue):
            wilson_interval(*arguments)


@pytest.mark.parametrize("measure", ["top1_error", "top2_error", "mean_precision", "mean_recall", "mean_f_score",
                                     "global_f_score"])
def test_bootstrap_interval_agrees_with_drawing_images(measure: str) -> None:
    predictions = random_predictions(300, 4, unknown=0.1, skill=1.0)
    low, high = interval(predictions, measure)
    generator, known = np.random.default_rng(0), predictions.known()
    groups = [np.arange(len(known))] if measure.startswith("top") else [
        np.flatnonzero(known.truth == k) for k in range(4)]
    drawn = [getattr(evaluate(known.subset(np.concatenate([generator.choice(g, len(g)) for g in groups]))), measure)
             for _ in range(400)]
    assert (low, high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.02)
    assert low < getattr(evaluate(predictions), measure) < high
    assert interval(predictions, measure) == (low, high)
    narrow = interval(predictions, measure, level=0.5)
    assert low < narrow[0] < narrow[1] < high


@pytest.mark.parametrize("measure", ["mean_precision", "mean_recall", "mean_f_score"])
def test_the_interval_of_classes_with_few_images_holds_the_figure(measure: str) -> None:
    truth = np.repeat(np.arange(50), 2)
    predicted = truth.copy()
    predicted[[0, 30]] = 7
    predictions = Predictions([f"class {k}" for k in range(50)], np.eye(50, dtype=np.float32)[predicted], truth,
                              [str(i) for i in range(100)])
    low, high = interval(predictions, measure)
    assert low <= getattr(evaluate(predictions), measure) <= high
    assert high - low < 0.1


def test_bootstrap_refuses_nonsense() -> None:
    predictions = random_predictions(10, 2)
    for arguments in ({"measure": "top0_error"}, {"measure": "accuracy"}, {"level": 2}, {"resamples": 0}):
        with pytest.raises(InvalidValue):
            interval(predictions, **arguments)
    with pytest.raises(DlguiError):
        interval(predictions.with_truth(np.full(10, -1)))


def test_bootstrap_is_quick_for_many_images() -> None:
    predictions = random_predictions(100_000, 10)
    evaluate(predictions)
    start = time.perf_counter()
    interval(predictions, "mean_recall")
    assert time.perf_counter() - start < 1


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60))
def test_mcnemar_is_a_binomial_test_of_the_disagreements(pairs: list[tuple[bool, bool]]) -> None:
    from scipy.stats import binomtest

    a, b = np.array([p[0] for p in pairs], bool), np.array([p[1] for p in pairs], bool)
    only_a, only_b = int((a & ~b).sum()), int((~a & b).sum())
    expected = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert mcnemar(a, b) == pytest.approx(expected)
    assert mcnemar(b, a) == pytest.approx(expected)


def test_mcnemar_of_many_images_neither_overflows_nor_underflows() -> None:
    better = np.ones(100_000, bool)
    worse = better.copy()
    worse[:50_000] = False
    assert mcnemar(better, worse) == 0
    assert mcnemar(better, better) == 1
    with pytest.raises(InvalidValue):
        mcnemar(better, better[:5])


@pytest.mark.parametrize("rounded", [None, 1])
def test_curves_agree_with_scikit_learn(rounded: int | None) -> None:
    from sklearn import metrics

    predictions = random_predictions(400, 3, unknown=0.1, skill=1.0)
    if rounded is not None:  # many equal confidences
        predictions = Predictions(predictions.classes, predictions.confidences.round(rounded), predictions.truth,
                                  predictions.paths)
    known = predictions.known()
    for index, name in enumerate(predictions.classes):
        positive, scores = known.truth == index, known.confidences[:, index]
        x, y, thresholds = metrics.roc_curve(positive, scores, drop_intermediate=False)
        roc = roc_curve(predictions, name)
        np.testing.assert_allclose(roc.x, x)
        np.testing.assert_allclose(roc.y, y)
        np.testing.assert_allclose(roc.thresholds, thresholds)
        assert roc.area == pytest.approx(metrics.roc_auc_score(positive, scores))
        precision, recall, thresholds = metrics.precision_recall_curve(positive, scores)
        curve = precision_recall_curve(predictions, index)
        np.testing.assert_allclose(curve.x, recall[::-1])
        np.testing.assert_allclose(curve.y, precision[::-1])
        np.testing.assert_allclose(curve.thresholds[1:], thresholds[::-1])
        assert curve.area == pytest.approx(metrics.average_precision_score(positive, scores))


def test_curves_of_a_class_that_is_absent_have_no_area() -> None:
    predictions = Predictions(["a", "b"], np.array([[.8, .2], [.4, .6]]), np.array([0, 0]), ["x", "y"])
    assert roc_curve(predictions, "a").area is None
    assert roc_curve(predictions, "b").area is None
    assert precision_recall_curve(predictions, "b").area is None
    assert precision_recall_curve(predictions, "a").area == 1
    empty = predictions.with_truth([-1, -1])
    assert roc_curve(empty, 0).x.tolist() == [0]
    assert precision_recall_curve(empty, 0).area is None
    assert rejection_curve(empty).area is None
    with pytest.raises(InvalidValue):
        roc_curve(predictions, "c")


def test_rejection_curve_ends_at_the_error_of_all() -> None:
    predictions = random_predictions(500, 3, skill=1.0)
    curve = rejection_curve(predictions)
    assert curve.x[-1] == 1
    assert curve.y[-1] == pytest.approx(evaluate(predictions).top1_error)
    accepted = predictions.confidence >= curve.thresholds[100]
    assert curve.x[100] == pytest.approx(accepted.mean())
    assert curve.y[100] == pytest.approx((~predictions.correct[accepted]).mean())
