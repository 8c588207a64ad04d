"""Symmetric systems against NumPy's general solver."""

import numpy as np
import pytest

from dlgui.engine import cholesky


@pytest.mark.parametrize("count", [1, 63, 64, 65, 300])
@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 1e-3), (np.float64, 1e-10)])
def test_solves_systems_of_any_size_in_their_precision(count, dtype, error):
    rng = np.random.default_rng(count)
    root = rng.standard_normal((count, 2 * count))
    matrix = (root @ root.T / count + 0.1 * np.eye(count)).astype(dtype)
    right = rng.standard_normal((count, 3)).astype(dtype)
    found = cholesky.solve(matrix.copy(), right)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, np.linalg.solve(matrix.astype(np.float64), right), rtol=error, atol=error)


def test_nearly_singular_systems_are_as_exact_as_their_condition_allows():
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.standard_normal((200, 200)))[0]
    matrix = axes * np.logspace(0, -8, 200) @ axes.T
    wanted = rng.standard_normal((200, 2))
    np.testing.assert_allclose(cholesky.solve((matrix + matrix.T) / 2, matrix @ wanted), wanted, atol=1e-5)


def test_what_is_not_positive_definite_is_refused():
    matrix = np.eye(100)
    matrix[80, 80] = -1
    with pytest.raises(np.linalg.LinAlgError):
        cholesky.solve(matrix, np.ones((100, 1)))
