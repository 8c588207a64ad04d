"""What is learned from a few labels, and which images come next."""

import numpy as np
import pytest

from dlgui.engine import suggesting
from dlgui.engine.features import Features
from dlgui.engine.pooling import STATISTICS, Pooling

CHANNELS = [6, 10]
POOLING = Pooling(tuple((i, STATISTICS) for i in range(2)))


@pytest.fixture
def made():
    """Features of 300 images in three separable classes and their labels."""
    random = np.random.default_rng(3)
    truth = random.integers(0, 3, 300)
    length = POOLING.length(CHANNELS)
    vectors = random.normal(size=(300, length)) + 1.6 * random.normal(size=(3, length))[truth]
    return Features.of(vectors.astype(np.float32), POOLING), truth


def few(truth, count):
    labels = np.full(len(truth), -1)
    for k in range(3):
        labels[np.flatnonzero(truth == k)[:count]] = k
    return labels


def test_two_labels_a_class_are_enough_to_begin(made):
    found, truth = made
    assert suggesting.learn(found, few(truth, 1), CHANNELS) is None
    labels = few(truth, 2)
    learned = suggesting.learn(found, labels, CHANNELS)
    rest = np.flatnonzero(labels < 0)
    assert (learned.labeled, learned.classes.tolist()) == (6, [0, 1, 2])
    assert (learned.fit.confidences(found, rest, CHANNELS).argmax(1) == truth[rest]).mean() > 0.8
    labels[truth == 1] = -1  # a class without labels is not suggested; the others keep their numbers
    assert suggesting.learn(found, labels, CHANNELS).classes.tolist() == [0, 2]


def test_the_choice_of_statistics_is_kept_while_few_labels_come(made):
    found, truth = made
    first = suggesting.learn(found, few(truth, 10), CHANNELS)
    second = suggesting.learn(found, few(truth, 12), CHANNELS, first)
    assert (second.chosen_at, second.fit.members) == (30, first.fit.members)
    assert suggesting.learn(found, few(truth, 20), CHANNELS, second).chosen_at == 60


def test_many_labels_are_drawn_from_and_small_classes_stay_whole(made, monkeypatch):
    found, truth = made
    monkeypatch.setattr(suggesting, "LEARNING", 90)
    monkeypatch.setattr(suggesting, "CHOOSING", 60)
    labels = truth.copy()
    labels[np.flatnonzero(truth == 2)[5:]] = -1
    learned = suggesting.learn(found, labels, CHANNELS)
    assert learned.fit.held_out.shape == (90, 3)
    rest = np.flatnonzero(labels < 0)
    assert (learned.fit.confidences(found, rest, CHANNELS).argmax(1) == 2).mean() > 0.8


def test_pages():
    confidences = np.array([[.9, .1, 0], [.5, .45, .05], [.2, .7, .1], [.6, .3, .1], [.05, .9, .05]], np.float32)
    assert suggesting.page("confident", confidences, 3).tolist() == [0, 4, 2]  # class after class
    assert suggesting.page("confident", confidences[::-1], 3).tolist() == [4, 0, 2]
    assert suggesting.page("doubtful", confidences, 2).tolist() == [1, 3]
    assert suggesting.page("class", confidences, 2).tolist() == [0, 3]
    assert suggesting.page("class", confidences, 1).tolist() == [0]
    refused = np.zeros((5, 3), bool)
    refused[[0, 3], 0] = True
    assert suggesting.page("class", confidences, 3, refused).tolist() == [4, 2, 3]
    assert suggesting.page("class", confidences[:0], 3).tolist() == []
    np.testing.assert_allclose(suggesting.doubt(confidences)[:2], [0.2, 0.95], atol=1e-6)


def test_groups_hold_images_that_are_alike(made):
    _, truth = made
    vectors = np.random.default_rng(0).normal(size=(3, 20))[truth] * 5 + np.random.default_rng(1).normal(size=(300, 20))
    found = suggesting.groups(vectors.astype(np.float32), 30)
    assert sorted(np.concatenate(found).tolist()) == list(range(300))
    assert max(map(len, found)) <= 30
    assert np.mean([len(np.unique(truth[g])) == 1 for g in found]) > 0.9
    assert suggesting.groups(np.empty((0, 4), np.float32), 30) == []
    assert sorted(map(len, suggesting.groups(np.ones((40, 4), np.float32), 30))) == [10, 30]
