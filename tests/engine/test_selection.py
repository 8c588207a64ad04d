"""Selecting images by what the classifier made of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_predictions import random_predictions

from dlgui.engine.evaluation import Predictions, evaluate
from dlgui.engine.selection import Criteria, select
from dlgui.errors import InvalidValue

FOUR = Predictions(["a", "b", "c"], np.array([[.7, .2, .1], [.5, .4, .1], [.2, .3, .5], [0, 0, 1]]),
                   np.array([0, 1, 0, -1]), ["d.png", "a.png", "c.png", "b.png"])


@pytest.mark.parametrize(("criteria", "expected"), [
    (Criteria(), [0, 1, 2, 3]), (Criteria("wrong"), [1, 2]), (Criteria("correct"), [0]),
    (Criteria(truth="a"), [0, 2]), (Criteria(predicted=["a", 2]), [0, 1, 2, 3]), (Criteria(predicted=[]), []),
    (Criteria("wrong", predicted="a"), [1]), (Criteria("wrong", truth=0), [2]),
    (Criteria(truth="b", predicted="a"), [1]), (Criteria(minimum_confidence=0.5, maximum_confidence=0.6), [1, 2]),
    (Criteria(minimum_confidence=0.7), [0, 3]), (Criteria(topk_miss=1), [1, 2]), (Criteria(topk_miss=2), [2])])
def test_criteria(criteria: Criteria, expected: list[int]) -> None:
    assert select(FOUR, criteria).tolist() == expected


def test_orders() -> None:
    assert select(FOUR, sort="confidence").tolist() == [3, 0, 1, 2]
    assert select(FOUR, sort="confidence", descending=False).tolist() == [1, 2, 0, 3]
    assert select(FOUR, sort="loss").tolist() == [2, 1, 0, 3]
    assert select(FOUR, sort="loss", descending=False).tolist() == [0, 1, 2, 3]
    assert select(FOUR, sort="file_name").tolist() == [1, 3, 2, 0]
    assert select(FOUR, sort="file_name", descending=True).tolist() == [0, 2, 3, 1]
    assert select(FOUR, Criteria(predicted=[]), "file_name").tolist() == []


@pytest.mark.parametrize("make", [
    lambda: Criteria("right"), lambda: Criteria(minimum_confidence=0.6, maximum_confidence=0.5),
    lambda: Criteria(maximum_confidence=1.5), lambda: Criteria(topk_miss=0),
    lambda: select(FOUR, Criteria(truth="z")), lambda: select(FOUR, sort="size")])
def test_nonsense_is_refused(make) -> None:
    with pytest.raises(InvalidValue):
        make()


@given(st.integers(0, 2), st.integers(0, 2))
def test_a_cell_of_the_matrix_selects_as_many_images_as_it_counts(predicted: int, truth: int) -> None:
    predictions = random_predictions(200, 3, unknown=0.1, skill=0.5)
    matrix = evaluate(predictions).confusion_matrix
    chosen = select(predictions, Criteria(truth=truth, predicted=predicted), "loss")
    assert len(chosen) == matrix[predicted, truth]
    assert (np.diff(predictions.loss[chosen]) <= 0).all()
