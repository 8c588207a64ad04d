"""Two classifiers on the same images: where they differ, and whether one is really better."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlgui.engine.predictions import Predictions
from dlgui.engine.statistics import mcnemar
from dlgui.errors import DlguiError

LEVEL = 0.05
"""Below that p-value a difference is called real."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Classifiers A and B about the images that both were asked about.

    Attributes:
        a, b: their predictions about the m common images with known truth, in the same order.
        places: int64 (m,), positions of these images in the predictions of A that were given.
        right_a, right_b: bool (m,).
        differ: bool (m,), whether they name different classes.
        p_value: McNemar's exact two-sided test; 1 where they are right and wrong about the same images.
    """

    a: Predictions
    b: Predictions
    places: np.ndarray
    right_a: np.ndarray
    right_b: np.ndarray
    differ: np.ndarray
    p_value: float

    @property
    def only_a(self) -> np.ndarray:
        """bool (m,): A is right and B is wrong."""
        return self.right_a & ~self.right_b

    @property
    def only_b(self) -> np.ndarray:
        """bool (m,): B is right and A is wrong."""
        return self.right_b & ~self.right_a

    @property
    def both(self) -> np.ndarray:
        """bool (m,): both are right."""
        return self.right_a & self.right_b

    @property
    def neither(self) -> np.ndarray:
        """bool (m,): both are wrong."""
        return ~self.right_a & ~self.right_b

    def verdict(self, name_a: str, name_b: str) -> str:
        """The comparison in words."""
        n, only_a, only_b = len(self.places), int(self.only_a.sum()), int(self.only_b.sum())
        error_a, error_b = (100 * float((~right).mean()) for right in (self.right_a, self.right_b))
        figures = (f"On the {n} common images {name_a} errs on {error_a:.2f} % and {name_b} on {error_b:.2f} %; "
                   f"{only_a} only {name_a} gets right, {only_b} only {name_b}.")
        if not only_a + only_b:
            return f"{figures} They err on exactly the same images."
        chance = f"{100 * self.p_value:.1f} %" if self.p_value >= 0.001 else "less than 0.1 %"
        if self.p_value >= LEVEL:
            return (f"Nothing shows that one is better. {figures} Two equally good classifiers would differ as much or "
                    f"more in {chance} of such tests (McNemar).")
        better, worse = (name_b, name_a) if only_b > only_a else (name_a, name_b)
        return (f"{better} is really better than {worse}. {figures} Two equally good classifiers would differ as much "
                f"or more in {chance} of such tests (McNemar).")


def compare(a: Predictions, b: Predictions) -> Comparison:
    """Compares two classifiers on the images that both know the truth of; their classes may differ.

    Raises:
        DlguiError: they have no image in common.
    """
    place_b = {path: i for i, path in enumerate(b.paths)}
    pairs = [(i, place_b[path]) for i, path in enumerate(a.paths) if path in place_b]
    kept = [(i, j) for i, j in pairs if a.truth[i] >= 0 and b.truth[j] >= 0]
    if not kept:
        raise DlguiError("comparison", "the two runs have no evaluated image in common", "choose another split")
    left, right = np.array(kept, np.int64).T
    names_a, names_b = np.array(a.classes, object), np.array(b.classes, object)
    differ = names_a[a.predicted[left]] != names_b[b.predicted[right]]
    right_a, right_b = a.correct[left], b.correct[right]
    return Comparison(a.subset(left), b.subset(right), left, right_a, right_b, np.asarray(differ, bool),
                      mcnemar(right_a, right_b))
