"""Merging, refusing and costs against brute force and scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from dlgui.engine.predictions import Predictions
from dlgui.engine.what_if import best_threshold, decide, merge, standard_costs
from dlgui.errors import DlguiError, InvalidValue


def made(count=400, classes=5, seed=0):
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(count, classes)) * 2
    truth = np.where(generator.random(count) < 0.7, logits.argmax(1), generator.integers(0, classes, count))
    powers = np.exp(logits)
    return Predictions([f"c{i}" for i in range(classes)], powers / powers.sum(1, keepdims=True), truth,
                       [f"{i:04d}.png" for i in range(count)])


def test_decisions_agree_with_scikit_learn_on_the_answers_that_are_given():
    found = made()
    shown = decide(found, 0.6)
    given = found.confidence >= 0.6
    assert shown.unsure == int((~given).sum())
    assert shown.coverage == pytest.approx(given.mean())
    assert shown.error == pytest.approx(1 - metrics.accuracy_score(found.truth[given], found.predicted[given]))
    expected = metrics.confusion_matrix(found.truth[given], found.predicted[given], labels=range(5)).T
    assert (shown.matrix[:-1] == expected).all()
    assert (shown.matrix.sum(0) == np.bincount(found.truth, minlength=5)).all()
    precision = metrics.precision_score(found.truth[given], found.predicted[given], labels=range(5), average=None)
    assert shown.measures.precision == pytest.approx(precision)
    assert shown.measures.recall == pytest.approx(
        [(given & (found.truth == i) & found.correct).sum() / (found.truth == i).sum() for i in range(5)])


def test_without_a_threshold_nothing_changes():
    found = made()
    shown = decide(found)
    assert shown.unsure == 0
    assert shown.error == pytest.approx(1 - metrics.accuracy_score(found.truth, found.predicted))
    with pytest.raises(InvalidValue):
        decide(found, 1.5)


def test_merged_classes_add_up_and_stand_where_the_first_stood():
    found = made()
    joint = merge(found, [("c3", "c1"), ("nowhere", "c0")])
    assert joint.classes == ["c0", "c1 + c3", "c2", "c4"]
    assert joint.confidences.sum(1) == pytest.approx(np.ones(len(found)), abs=1e-5)
    assert joint.confidences[:, 1] == pytest.approx(found.confidences[:, 1] + found.confidences[:, 3])
    for i in range(len(found)):
        assert joint.classes[joint.truth[i]].find(found.classes[found.truth[i]]) >= 0
    assert merge(found, []) is found
    assert merge(found.with_truth(np.full(len(found), -1)), [("c0", "c1")]).truth.tolist() == [-1] * len(found)


@pytest.mark.parametrize("unsure", [0.0, 0.2, 0.5, 2.0])
def test_the_best_threshold_is_as_good_as_trying_all(unsure):
    found, costs = made(120), standard_costs(5, unsure=unsure)
    costs[1, 2] = 4.0
    proposal = best_threshold(found, costs)
    tried = [decide(found, t).cost(costs) for t in [0.0, *(found.confidence.astype(float) + 1e-7)]]
    tried = [decide(found, min(t, 1.0)).cost(costs) for t in np.linspace(0, 1, 2001)] + tried[:1]
    assert proposal.cost <= min(tried) + 1e-9
    assert decide(found, proposal.threshold).cost(costs) == pytest.approx(proposal.cost)
    assert proposal.cost_without == pytest.approx(decide(found).cost(costs))
    assert decide(found, proposal.threshold).coverage == pytest.approx(proposal.coverage)


def test_costs_that_make_no_sense_are_refused():
    found = made(20)
    for costs in (np.zeros((5, 5)), np.full((6, 5), -1.0), np.full((6, 5), np.nan)):
        with pytest.raises(InvalidValue):
            best_threshold(found, costs)
    with pytest.raises(DlguiError):
        best_threshold(found.with_truth(np.full(20, -1)), standard_costs(5))
