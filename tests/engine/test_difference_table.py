"""The difference of two confusion matrices against a brute-force count."""

import numpy as np
import pytest

from dlgui.engine.compare_runs import compare
from dlgui.engine.difference_table import difference_table
from dlgui.engine.evaluation import evaluate
from dlgui.engine.predictions import Predictions


def said(classes, truth, answers):
    confidences = np.eye(len(classes), dtype=np.float32)[[classes.index(a) for a in answers]]
    return Predictions(list(classes), confidences, np.array([classes.index(t) for t in truth]),
                       [str(i) for i in range(len(truth))])


@pytest.fixture
def table():
    random = np.random.default_rng(2)
    truth = random.choice(list("abc"), 200).tolist()
    one, two = (["abc"[i] if random.random() < 0.6 else random.choice(list(names)) for i in
                 ["abc".index(t) for t in truth]] for names in ("abc", "dcba"))
    return difference_table(compare(said("abc", truth, one), said("dcba", truth, two)), ("old", "new")), truth, one, two


def test_cells_count_what_came_and_left(table):
    found, truth, one, two = table
    assert found.rows == ["a", "b", "c", "d"]
    for i, answer in enumerate("abcd"):
        for j, true in enumerate("abcd"):
            before = {k for k in range(200) if (one[k], truth[k]) == (answer, true)}
            after = {k for k in range(200) if (two[k], truth[k]) == (answer, true)}
            assert found.counts[i, j] == len(after) - len(before)
            assert found.sentence(i, j).endswith(f"{len(before)} by old, {len(after)} by new "
                                                 f"({len(after - before)} came, {len(before - after)} left)")
            cells = np.zeros((5, 4), bool)
            cells[i, j] = True
            assert set(np.flatnonzero(found.moves(cells)).tolist()) == before ^ after
    assert found.shares == pytest.approx(found.counts / np.array([max(truth.count(t), 1) for t in "abcd"]))
    assert found.counts.sum(0).tolist() == [0, 0, 0, 0]


def test_margins_are_the_figures_of_either(table):
    found, truth, one, two = table
    a, b = evaluate(said("abc", truth, one)), evaluate(said("abcd", truth, two))
    assert found.truth_margin.texts[1] == [f"{100 * a.recall[1]:.1f} %", f"{100 * b.recall[1]:.1f} %"]
    assert found.answer_margin.texts[2] == [f"{100 * a.precision[2]:.1f} %", f"{100 * b.precision[2]:.1f} %"]
    assert found.answer_margin.texts[3][0] == "–"
    assert found.truth_margin.texts[3] == ["–", "–"]


def test_the_same_run_twice_shows_nothing(table):
    _, truth, one, _ = table
    found = difference_table(compare(said("abc", truth, one), said("abc", truth, one)), ("x", "y"))
    assert {found.text(i, j) for i in range(3) for j in range(3)} == {""}
    assert not found.moves(np.ones((4, 3), bool)).any()
    assert found.sum_sentence(0, "a", False) == "y says 'a' as often as x"
