"""The matrix as it is shown."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgui.engine.matrix_table import ORDERS, MatrixTable, class_order, step_colours
from dlgui.engine.predictions import Predictions
from dlgui.engine.selection import Criteria
from dlgui.engine.what_if import decide
from dlgui.errors import InvalidValue

CLASSES = ["local", "nominal", "global"]


def shown(threshold=0.0):
    truth = [0] * 10 + [1] * 6 + [2] * 4
    answer = [0] * 7 + [1] * 3 + [1] * 6 + [2] * 3 + [0]
    confidences = np.full((20, 3), 0.1, np.float32)
    confidences[np.arange(20), answer] = 0.8
    confidences[7] = (0.3, 0.4, 0.3)
    return decide(Predictions(CLASSES, confidences, np.array(truth), [str(i) for i in range(20)]), threshold)


def table(threshold=0.0, mode="absolute", order="given", transposed=False):
    found = shown(threshold)
    return MatrixTable(found, mode, class_order(found.matrix[:-1], CLASSES, order), transposed)


def test_rows_are_answers_and_columns_the_truth():
    found = table()
    assert found.counts.tolist() == [[7, 0, 1], [3, 6, 0], [0, 0, 3]]
    assert found.sentence(1, 0) == "3 of 10 'local' were taken for 'nominal' (30.0 %)"
    assert found.sentence(2, 2) == "3 of 4 'global' were recognized (75.0 %)"
    assert found.sentence(0, 2) == "1 of 4 'global' was taken for 'local' (25.0 %)"
    turned = table(transposed=True)
    assert (turned.counts == found.counts.T).all()
    assert turned.sentence(0, 1) == found.sentence(1, 0)
    assert turned.cell(0, 1) == (1, 0)


def test_shares_are_of_the_truth_or_of_the_answer():
    assert table(mode="truth").shares.sum(0) == pytest.approx(np.ones(3))
    assert table(mode="prediction").shares.sum(1) == pytest.approx(np.ones(3))
    assert table(mode="truth").text(1, 0) == "0.30"
    assert table(mode="prediction").text(1, 0) == "0.33"


def test_not_sure_is_a_row_only_with_a_threshold():
    assert table().rows == CLASSES
    found = table(0.5)
    assert found.rows == [*CLASSES, "not sure"]
    assert found.sentence(3, 0) == "1 of 10 'local' was left as 'not sure' (10.0 %)"
    assert table(0.5, transposed=True).columns == [*CLASSES, "not sure"]


def test_classes_can_be_sorted():
    assert table(order="name").rows == ["global", "local", "nominal"]
    assert table(order="error").rows == ["local", "global", "nominal"]
    matrix = np.diag([50] * 6)
    matrix[0, 4] = matrix[4, 0] = 20
    matrix[4, 2] = 10
    order = class_order(matrix, list("abcdef"), "confused").tolist()
    assert abs(order.index(0) - order.index(4)) == abs(order.index(4) - order.index(2)) == 1
    with pytest.raises(InvalidValue):
        class_order(matrix, list("abcdef"), "colour")


@given(st.integers(1, 12), st.sampled_from(ORDERS), st.integers(0, 99))
def test_every_order_is_a_permutation(count, order, seed):
    matrix = np.random.default_rng(seed).integers(0, 4, (count, count))
    assert sorted(class_order(matrix, [str(i) for i in range(count)], order).tolist()) == list(range(count))


def test_the_table_as_text_has_margins():
    rows = list(csv.reader(io.StringIO(table().to_text(","))))
    assert rows[0] == ["predicted \\ truth", *CLASSES, "precision", "n"]
    assert rows[1] == ["local", "7", "0", "1", "87.5 %", "8"]
    assert rows[4] == ["recall", "70.0 %", "100.0 %", "75.0 %"]
    assert rows[6] == ["n", "10", "6", "4"]
    assert table().to_text().splitlines()[1].split("\t")[:2] == ["local", "7"]


def test_chosen_cells_are_the_images_of_a_brute_force_count():
    for threshold in (0.0, 0.5):
        for transposed in (False, True):
            found = table(threshold, order="name", transposed=transposed)
            decisions = found.decisions
            for i in range(len(found.rows)):
                for j in range(len(found.columns)):
                    cells = np.zeros(decisions.matrix.shape, bool)
                    found.cells(slice(i, i + 1), slice(j, j + 1), cells)
                    chosen = np.flatnonzero(Criteria(cells=cells).mask(decisions.predictions, decisions.answer))
                    answer, truth = found.cell(i, j)
                    assert chosen.tolist() == [s for s in range(20) if decisions.answer[s] == answer
                                               and decisions.predictions.truth[s] == truth]
                    assert len(chosen) == found.counts[i, j]


@pytest.mark.parametrize(("share", "wrong", "right"), [
    (0.0, "666666", "666666"), (0.001, "8C4D4D", "666666"), (0.05, "8C4D4D", "666666"), (0.051, "B33333", "666666"),
    (0.1, "B33333", "666666"), (0.101, "D91A1A", "666666"), (0.2, "D91A1A", "666666"), (0.201, "FF0000", "666666"),
    (0.6, "FF0000", "666666"), (0.601, "FF0000", "508650"), (0.8, "FF0000", "508650"), (0.801, "FF0000", "419C41"),
    (0.9, "FF0000", "419C41"), (0.901, "FF0000", "2BBD2B"), (0.95, "FF0000", "2BBD2B"), (0.951, "FF0000", "15DE15"),
    (0.98, "FF0000", "15DE15"), (0.981, "FF0000", "00FF00"), (1.0, "FF0000", "00FF00")])
def test_the_steps_of_the_legacy_colours(share, wrong, right):
    found = step_colours(np.array([share, share]), np.array([False, True]))
    assert [bytes(c).hex().upper() for c in found] == [wrong, right]
