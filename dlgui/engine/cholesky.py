"""Symmetric systems of equations, solved without keeping Python's lock.

SciPy's Cholesky factor keeps the lock from beginning to end, and a window waits for it: a tenth of a second on an idle
machine, and more than a second where other programs use the processor. Matrix products give the lock away.
"""

from __future__ import annotations

import numpy as np

_BLOCK = 64


def solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The solution (n, k) of `matrix` · solution = `right`, by a factor made block column after block column.

    Args:
        matrix: floating point (n, n), symmetric and positive definite; overwritten.
        right: (n, k).

    Raises:
        numpy.linalg.LinAlgError: not positive definite.
    """
    count = len(matrix)
    blocks = [slice(i, min(i + _BLOCK, count)) for i in range(0, count, _BLOCK)]
    for own in blocks:  # the lower triangle becomes the factor, its diagonal blocks are inverted
        before, below = slice(0, own.start), slice(own.stop, count)
        matrix[own.start:, own] -= matrix[own.start:, before] @ matrix[own, before].T
        matrix[own, own] = inverse = np.linalg.inv(np.linalg.cholesky(matrix[own, own]))
        matrix[below, own] = matrix[below, own] @ inverse.T
    found = np.array(right, matrix.dtype)
    for own in blocks:
        found[own] = matrix[own, own] @ (found[own] - matrix[own, :own.start] @ found[:own.start])
    for own in reversed(blocks):
        found[own] = matrix[own, own].T @ (found[own] - matrix[own.stop:, own].T @ found[own.stop:])
    return found
