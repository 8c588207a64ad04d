"""Likeness of images."""

import numpy as np
import pytest

from dlgui.engine import features
from dlgui.project.operations.embeddings import embeddings, seen


def test_likeness_finds_images_of_the_same_kind(project):
    found = embeddings(project)
    table = project.images()
    assert len(found.ids) == 72
    assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
    label = dict(zip(table.id.tolist(), table.label.tolist(), strict=True))
    same = [np.mean([label[int(n)] == label[int(i)] for n in found.nearest(int(i), 5)]) for i in found.ids]
    assert np.mean(same) > 0.5  # by chance: a third
    assert int(found.ids[0]) not in found.nearest(int(found.ids[0]), 71)
    among = found.ids[10:20]
    assert set(found.nearest(int(found.ids[0]), 99, among)) == set(among)
    with pytest.raises(KeyError):
        found.nearest(-1, 3)


def test_vectors_made_in_parts_are_those_made_at_once(project, monkeypatch):
    monkeypatch.setattr(features, "CHUNK", 7)
    known = embeddings(project)
    ids, vectors = seen(project)
    assert ids.tolist() == known.ids.tolist()
    places = np.arange(len(ids))[::-3]
    np.testing.assert_allclose(vectors[places], known.vectors[places], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(known.vectors, axis=1), 1, rtol=1e-5)
