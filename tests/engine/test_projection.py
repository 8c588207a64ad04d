"""Images in the plane."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgui.engine import projection
from dlgui.engine.progress import Cancelled, Progress


@pytest.fixture
def clouds():
    """Vectors of 240 points in four groups."""
    random = np.random.default_rng(0)
    group = np.repeat(np.arange(4), 60)
    return (random.normal(size=(4, 40))[group] * 4 + random.normal(size=(240, 40))).astype(np.float32), group


def own_neighbours(places, group):
    distances = np.linalg.norm(places[:, None] - places[None], axis=2) + np.diag(np.full(len(places), np.inf))
    return np.mean(group[np.argsort(distances, axis=1)[:, :5]] == group[:, None])


def test_groups_stay_together_and_the_map_is_the_same_again(clouds):
    vectors, group = clouds
    heard = []
    places = projection.plane(vectors, told=heard.append)
    assert own_neighbours(places, group) > 0.98
    assert np.quantile(np.abs(places), 0.98) == pytest.approx(1, abs=0.01)
    assert len(heard) > 5
    np.testing.assert_array_equal(places, projection.plane(vectors))


def test_points_beyond_the_landmarks_lie_beside_their_likes(clouds, monkeypatch):
    vectors, group = clouds
    monkeypatch.setattr(projection, "LANDMARKS", 80)
    assert own_neighbours(projection.plane(vectors), group) > 0.95


@pytest.mark.parametrize("count", [0, 1, 2, 5, 17])
def test_few_images(count):
    places = projection.plane(np.random.default_rng(0).normal(size=(count, 8)).astype(np.float32))
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()


def test_it_can_be_cancelled(clouds):
    progress = Progress()
    with pytest.raises(Cancelled):
        projection.plane(clouds[0], progress, lambda _: progress.cancel())


def test_principal_components_are_those_of_a_whole_decomposition(clouds):
    vectors = clouds[0]
    ours = projection.principal_components(vectors, 3)
    _, _, axes = np.linalg.svd(vectors - vectors.mean(0), full_matrices=False)
    theirs = (vectors - vectors.mean(0)) @ axes[:3].T
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), atol=2e-3)
    few = projection.principal_components(vectors[:20], 3)
    _, _, axes = np.linalg.svd(vectors[:20] - vectors[:20].mean(0), full_matrices=False)
    np.testing.assert_allclose(np.abs(few), np.abs((vectors[:20] - vectors[:20].mean(0)) @ axes[:3].T), atol=2e-3)


@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=3, max_size=7),
       st.floats(-5, 5), st.floats(-5, 5))
def test_inside_counts_crossings(polygon, x, y):
    """Against the same rule written for one point."""
    corners, odd = np.array(polygon, float), False
    for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if (y0 <= y) != (y1 <= y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            odd = not odd
    assert bool(projection.inside(corners, np.array([[x, y]]))[0]) == odd


def test_a_lasso_that_is_no_area_catches_nothing():
    assert not projection.inside(np.zeros((2, 2)), np.zeros((3, 2))).any()
