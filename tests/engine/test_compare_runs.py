"""Two classifiers on the same images, against brute force and scipy."""

import numpy as np
import pytest
from scipy import stats

from dlgui.engine.compare_runs import compare
from dlgui.engine.predictions import Predictions
from dlgui.errors import DlguiError


def answers(right, classes=("a", "b"), paths=None, truth=0):
    chosen = np.where(np.asarray(right, bool), truth, 1 - truth)
    confidences = np.full((len(chosen), 2), 0.2, np.float32)
    confidences[np.arange(len(chosen)), chosen] = 0.8
    return Predictions(list(classes), confidences, np.full(len(chosen), truth),
                       paths or [f"{i:03d}" for i in range(len(chosen))])


def test_the_four_fields_and_the_p_value():
    a, b = [1] * 50 + [0] * 20 + [1] * 3, [1] * 50 + [1] * 14 + [0] * 6 + [0] * 3
    found = compare(answers(a), answers(b))
    assert [int(m.sum()) for m in (found.both, found.only_a, found.only_b, found.neither)] == [50, 3, 14, 6]
    assert found.differ.sum() == 17
    assert found.p_value == pytest.approx(stats.binomtest(3, 17).pvalue)
    words = found.verdict("old", "new")
    assert words.startswith("new is really better than old")
    assert "3 only old gets right, 14 only new" in words


def test_chance_is_called_chance():
    found = compare(answers([1, 1, 0, 0]), answers([1, 0, 1, 1]))
    assert found.verdict("old", "new").startswith("Nothing shows that one is better")
    assert "exactly the same images" in compare(answers([1, 0]), answers([1, 0])).verdict("old", "new")


def test_only_common_images_count_and_classes_may_stand_elsewhere():
    a = answers([1, 0, 1], paths=["x", "y", "z"])
    b = answers([1, 1], classes=("b", "a"), paths=["z", "y"], truth=1)
    found = compare(a, b)
    assert found.places.tolist() == [1, 2]
    assert found.differ.tolist() == [True, False]
    with pytest.raises(DlguiError):
        compare(a, answers([1], paths=["other"]))
