"""Label errors are found, the worth of correcting them is the true Shapley value, and the list says when to stop."""

import itertools
import math

import numpy as np
import pytest

from dlgui.engine import label_issues


def test_planted_errors_come_out_and_absent_classes_do_not_matter():
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 600)
    logits = random.normal(size=(600, 4))
    logits[np.arange(600), truth] += 5
    confidences = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    given = truth.copy()
    wrong = random.choice(600, 20, replace=False)
    given[wrong] = (given[wrong] + 1) % 3
    found = label_issues.doubts(confidences, given)
    hit = [d for d in found if d.index in set(wrong.tolist())]
    assert len(hit) >= 17
    assert len(found) <= 30
    assert sum(d.suggested == truth[d.index] for d in hit) >= 16
    assert [d.probability for d in found] == sorted((d.probability for d in found), reverse=True)
    assert label_issues.doubts(confidences, np.zeros(600, int)) == []


def test_the_worth_is_the_change_of_the_exact_shapley_value():
    """By brute force over every subset of the training images (Jia et al. 2019)."""
    random = np.random.default_rng(1)
    n, k = 6, label_issues.NEIGHBOURS
    vectors = random.normal(size=(n, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    checked = random.normal(size=(4, 3)).astype(np.float32)
    labels, truth = random.integers(0, 2, n), random.integers(0, 2, 4)

    def utility(subset, given):
        total = 0.0
        for vector, own in zip(checked, truth, strict=True):
            near = sorted(subset, key=lambda i: -float(vectors[i] @ vector))[:k]
            total += sum(given[i] == own for i in near) / k
        return total / len(checked)

    def shapley(i, given):
        others = [j for j in range(n) if j != i]
        return sum(math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
                   * (utility([*subset, i], given) - utility(subset, given))
                   for size in range(n) for subset in itertools.combinations(others, size))

    for i in range(n):
        other = labels.copy()
        other[i] = 1 - labels[i]
        found = label_issues.worth(vectors, labels, np.array([i]), np.array([1 - labels[i]]), checked, truth)
        assert found[0] == pytest.approx(shapley(i, other) - shapley(i, labels), abs=1e-9)


def test_the_outlook_follows_what_was_found():
    hopeful = label_issues.outlook([0.9] * 30, [0.01] * 30, [])
    assert not hopeful.stop
    assert hopeful.wrong == pytest.approx(9)
    sobered = label_issues.outlook([0.9] * 30, [0.01] * 30, [(0.9, False)] * 12)
    assert sobered.wrong < 1
    assert sobered.stop
    assert label_issues.outlook([0.9] * 30, [1e-5] * 30, []).stop  # the rest is worth less than a tenth of a point
    assert label_issues.outlook([], [], []).stop
