"""Likeness of images."""

import numpy as np
import pytest

from dlgui.project.operations.embeddings import embeddings


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
