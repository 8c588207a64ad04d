"""Measures against scikit-learn's, and their definitions at the edges."""

import json
import time
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_predictions import random_predictions

from dlgui.engine.evaluation import (
    Predictions,
    confusion_matrix,
    evaluate,
    most_confused,
    relative,
    reliability,
    topk_error,
)
from dlgui.errors import DlguiError, InvalidValue

CONTRACT_KEYS = {"num_samples", "classes", "top1_error", "top2_error", "precision", "recall", "f_score",
                 "mean_precision", "mean_recall", "global_f_score", "mean_f_score", "expected_calibration_error",
                 "confusion_matrix"}


@pytest.mark.parametrize(("n", "k"), [(500, 2), (500, 3), (2000, 17), (50, 30), (20, 1)])
def test_measures_agree_with_scikit_learn(n: int, k: int) -> None:
    from sklearn import metrics

    predictions = random_predictions(n, k)
    evaluation = evaluate(predictions)
    labels = list(range(k))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about classes that are never predicted
        matrix = metrics.confusion_matrix(predictions.truth, predictions.predicted, labels=labels)
        precision, recall, f_score, support = metrics.precision_recall_fscore_support(
            predictions.truth, predictions.predicted, labels=labels, zero_division=0)
    assert np.array_equal(evaluation.confusion_matrix, matrix.T)
    np.testing.assert_allclose(evaluation.precision, precision)
    np.testing.assert_allclose(evaluation.recall, recall)
    np.testing.assert_allclose(evaluation.f_score, f_score)
    assert np.array_equal(evaluation.support, support)
    assert evaluation.top1_error == pytest.approx(1 - metrics.accuracy_score(predictions.truth, predictions.predicted))
    assert evaluation.mean_f_score == pytest.approx(f_score.mean())
    p, r = precision.mean(), recall.mean()
    assert evaluation.global_f_score == pytest.approx(2 * p * r / (p + r))
    if k > 2:
        for top in (1, 2, k - 1):
            hits = metrics.top_k_accuracy_score(predictions.truth, predictions.confidences, k=top, labels=labels)
            assert topk_error(predictions, top) == pytest.approx(1 - hits)
    assert topk_error(predictions, k) == 0


def test_a_matrix_worked_out_by_hand() -> None:
    confidences = np.array([[.9, .1, 0], [.2, .7, .1], [.6, .3, .1], [.1, .5, .4], [.3, .3, .4]])
    evaluation = evaluate(Predictions(["a", "b", "c"], confidences, np.array([0, 0, 1, 1, -1]), list("vwxyz")))
    assert evaluation.confusion_matrix.tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert evaluation.num_samples == 4
    assert (evaluation.top1_error, evaluation.top2_error) == (0.5, 0.0)
    assert evaluation.precision.tolist() == evaluation.recall.tolist() == [0.5, 0.5, 0.0]
    assert evaluation.mean_recall == pytest.approx(1 / 3)  # over all classes, the absent one too
    assert evaluation.absent == ["c"]
    assert relative(evaluation.confusion_matrix).tolist() == [[.5, .5, 0], [.5, .5, 0], [0, 0, 0]]
    assert most_confused(evaluation.confusion_matrix) == [(0, 1, 1), (1, 0, 1)]
    assert most_confused(evaluation.confusion_matrix, limit=1) == [(0, 1, 1)]


def test_topk_error_of_one_class() -> None:
    confidences = [[.5, .3, .2], [.5, .3, .2], [.2, .3, .5]]
    predictions = Predictions(["a", "b", "c"], np.array(confidences), np.array([2, 1, 2]), list("xyz"))
    assert topk_error(predictions, 1, "c") == 0.5
    assert topk_error(predictions, 2, 2) == 0.5
    assert topk_error(predictions, 1, "b") == 1.0
    assert topk_error(predictions, 2, "b") == 0.0
    assert topk_error(predictions, 1, "a") == 0.0  # no sample is considered
    for wrong in ("d", 3, -1):
        with pytest.raises(InvalidValue):
            topk_error(predictions, 1, wrong)
    with pytest.raises(InvalidValue):
        topk_error(predictions, 0)


def test_ties_go_to_the_first_class_everywhere() -> None:
    tied = Predictions(["a", "b", "c"], np.full((3, 3), 1 / 3), np.array([0, 1, 2]), list("xyz"))
    assert tied.predicted.tolist() == [0, 0, 0]
    assert tied.rank.tolist() == [0, 1, 2]
    assert tied.order.tolist() == [[0, 1, 2]] * 3
    assert topk_error(tied, 2) == pytest.approx(1 / 3)


@given(st.integers(1, 6).flatmap(lambda k: st.lists(
    st.tuples(st.integers(-1, k - 1), st.lists(st.floats(0, 1, width=16), min_size=k, max_size=k)),
    min_size=1, max_size=40).map(lambda rows: (k, rows))))
def test_what_holds_for_any_predictions(case: tuple[int, list[tuple[int, list[float]]]]) -> None:
    k, rows = case
    predictions = Predictions([str(i) for i in range(k)], np.array([row for _, row in rows]),
                              np.array([truth for truth, _ in rows]), [str(i) for i in range(len(rows))])
    if not (predictions.truth >= 0).any():
        with pytest.raises(DlguiError):
            evaluate(predictions)
        return
    evaluation = evaluate(predictions)
    assert evaluation.confusion_matrix.sum() == evaluation.num_samples == np.count_nonzero(predictions.truth >= 0)
    assert evaluation.top1_error == pytest.approx(topk_error(predictions, 1))
    errors = [topk_error(predictions, top) for top in range(1, k + 1)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] == 0
    ranks = np.array([list(row).index(t) if t >= 0 else k
                      for row, t in zip(predictions.order, predictions.truth, strict=True)])
    assert np.array_equal(predictions.rank, ranks)
    text = json.dumps(evaluation.to_json(samples=True), allow_nan=False)
    figures = [evaluation.precision, evaluation.recall, evaluation.f_score,
               [evaluation.global_f_score, evaluation.expected_calibration_error]]
    assert all(0 <= x <= 1 for values in figures for x in values)
    assert json.loads(text)["num_samples"] == evaluation.num_samples
    sums = relative(evaluation.confusion_matrix).sum(0)
    assert np.allclose(sums[evaluation.support > 0], 1)


def test_json_has_exactly_the_keys_of_the_contract() -> None:
    predictions = random_predictions(30, 3, unknown=0.2)
    document = evaluate(predictions).to_json()
    assert set(document) == CONTRACT_KEYS
    assert set(document["precision"]) == set(predictions.classes)
    samples = evaluate(predictions).to_json(samples=True)["samples"]
    assert len(samples) == document["num_samples"] < 30
    assert set(samples[0]) == {"path", "truth", "predicted", "confidence", "confidences"}
    matrix = np.zeros((3, 3), int)
    for sample in samples:
        assert sample["confidence"] == max(sample["confidences"].values())
        matrix[predictions.classes.index(sample["predicted"]), predictions.classes.index(sample["truth"])] += 1
    assert matrix.tolist() == document["confusion_matrix"]


def test_100_000_samples_take_milliseconds() -> None:
    predictions = random_predictions(100_000, 10)
    start = time.perf_counter()
    evaluate(predictions)
    first = time.perf_counter() - start
    assert first < 0.5  # about 0.02 s; the rest is for busy machines
    many = evaluate(random_predictions(5_000, 1000))
    assert many.confusion_matrix.shape == (1000, 1000)


def test_confusion_matrix_refuses_what_it_cannot_count() -> None:
    assert confusion_matrix([], [], 2).tolist() == [[0, 0], [0, 0]]
    assert confusion_matrix([-1, 0], [1, 1], 2).tolist() == [[0, 0], [1, 0]]
    with pytest.raises(InvalidValue):
        confusion_matrix([0], [0, 1], 2)
    with pytest.raises(InvalidValue):
        confusion_matrix([0, 2], [0, 1], 2)
    with pytest.raises(InvalidValue):
        confusion_matrix([0], [-1], 2)


@pytest.mark.parametrize("change", [
    {"truth": np.array([0])}, {"truth": np.array([0, 2])}, {"truth": np.array([0, -2])}, {"paths": ["x"]},
    {"classes": ["a"]}, {"classes": [], "confidences": np.empty((2, 0))},
    {"confidences": np.array([[0.5, np.nan], [1, 0]])}])
def test_predictions_that_do_not_fit_together_are_refused(change: dict) -> None:
    arguments = {"classes": ["a", "b"], "confidences": np.eye(2), "truth": np.array([0, 1]), "paths": ["x", "y"]}
    Predictions(**arguments)
    with pytest.raises(InvalidValue):
        Predictions(**arguments | change)


def test_predictions_survive_a_file(tmp_path) -> None:
    predictions = random_predictions(20, 4, unknown=0.3)
    odd = Predictions(["ä", "b,\n", "\0c", "d"], predictions.confidences, predictions.truth,
                      ["\udcff.png", *predictions.paths[1:]])
    odd.write(tmp_path / "predictions.npz")
    back = Predictions.read(tmp_path / "predictions.npz")
    assert (back.classes, back.paths) == (odd.classes, odd.paths)
    assert np.array_equal(back.confidences, odd.confidences)
    assert np.array_equal(back.truth, odd.truth)
    whole = (tmp_path / "predictions.npz").read_bytes()
    np.save(tmp_path / "array.npy", np.eye(2))
    flipped = bytearray(whole)
    flipped[200] ^= 255
    for content in (b"", b"not a zip", whole[:200], bytes(flipped), (tmp_path / "array.npy").read_bytes()):
        (tmp_path / "broken.npz").write_bytes(content)
        with pytest.raises(DlguiError):
            Predictions.read(tmp_path / "broken.npz")
    np.savez(tmp_path / "foreign.npz", confidences=np.eye(2))
    for missing in ("foreign.npz", "missing.npz"):
        with pytest.raises(DlguiError):
            Predictions.read(tmp_path / missing)


def test_a_relabel_changes_the_figures_without_another_inference() -> None:
    predictions = random_predictions(100, 3)
    assert evaluate(predictions.with_truth(predictions.predicted)).top1_error == 0
    wrong = predictions.subset(~predictions.correct)
    assert evaluate(wrong).top1_error == 1
    assert len(predictions.subset([])) == 0
    assert predictions.subset([5, 2]).paths == ["folder/000005.png", "folder/000002.png"]


def test_loss_is_cross_entropy() -> None:
    from sklearn.metrics import log_loss

    predictions = random_predictions(200, 5, unknown=0.1)
    known = predictions.known()
    assert known.loss.mean() == pytest.approx(log_loss(known.truth, known.confidences, labels=range(5)), rel=1e-4)
    assert np.isnan(predictions.loss[predictions.truth < 0]).all()
    never = Predictions(["a", "b"], np.array([[1, 0]]), np.array([1]), ["x"])
    assert np.isfinite(never.loss).all()


def test_reliability_counts_every_known_sample_once() -> None:
    predictions = random_predictions(1000, 3, unknown=0.1)
    diagram = reliability(predictions)
    assert len(diagram.edges) == 16
    assert diagram.count.sum() == np.count_nonzero(predictions.truth >= 0)
    certain = Predictions(["a", "b"], np.array([[1, 0], [1, 0]]), np.array([0, 1]), ["x", "y"])
    assert reliability(certain).expected_calibration_error == 0.5
    assert reliability(certain).count.tolist() == [0] * 14 + [2]
