"""What more images would bring: learning curves by subsampling, a power law through them, and how sure that is.

Errors of classifiers fall with the number of images as a · m^(−b) + c (Cortes et al. 1993; Hestness et al. 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dlgui.engine.discriminant import fit_dual

EXPONENTS = np.linspace(0.1, 1.5, 29)
"""Exponents b that are tried."""

POINTS = 6
REPEATS = 2
DRAWS = 400
"""Bootstrap draws of the images."""


@dataclass(frozen=True)
class PowerLaw:
    """Curves a · m^(−b) + c; each attribute is float64 (k,), for k curves."""

    a: np.ndarray
    b: np.ndarray
    c: np.ndarray

    def at(self, images: float) -> np.ndarray:
        """Errors (k,) with so many images."""
        return np.clip(self.a * float(images) ** -self.b + self.c, 0, 1)


def fit_power_law(sizes: Sequence[int], errors: np.ndarray) -> PowerLaw:
    """Least squares with a ≥ 0 and c ≥ 0, the best of `EXPONENTS`.

    Args:
        sizes: (s,) numbers of images, ascending.
        errors: float (k, s), shares of errors of k curves.
    """
    m = np.asarray(sizes, np.float64)
    y = np.atleast_2d(np.asarray(errors, np.float64))
    best = PowerLaw(np.zeros(len(y)), np.full(len(y), EXPONENTS[0]), y.mean(1))
    lowest = np.square(y - best.c[:, None]).sum(1)
    for b in EXPONENTS:
        x = m ** -b
        mean_x, mean_y = x.mean(), y.mean(1)
        a = (y - mean_y[:, None]) @ (x - mean_x) / max(float(np.square(x - mean_x).sum()), 1e-300)
        c = mean_y - a * mean_x
        without_floor = np.maximum(y @ x / float(x @ x), 0)
        a, c = np.where(c < 0, without_floor, a), np.where(c < 0, 0.0, c)
        flat = a < 0
        a, c = np.where(flat, 0.0, a), np.where(flat, mean_y, c)
        squares = np.square(y - a[:, None] * x - c[:, None]).sum(1)
        better = squares < lowest - 1e-15
        lowest = np.where(better, squares, lowest)
        best = PowerLaw(np.where(better, a, best.a), np.where(better, b, best.b), np.where(better, c, best.c))
    return best


@dataclass(frozen=True)
class ClassCurve:
    """How the error of one class depends on its images, the other classes having all of theirs.

    Attributes:
        sizes: numbers of training images of the class.
        wrong: float64 (n, s), for each image of the class the share of trainings of that size that got it wrong.
    """

    sizes: tuple[int, ...]
    wrong: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """float64 (s,), error of the class at each size."""
        return self.wrong.mean(0)


@dataclass(frozen=True)
class Forecast:
    """What more images of a class would bring; errors are fractions, intervals of 95 %.

    Attributes:
        images: tested images of the class; wrong: of those, how many are wrong now.
        now, then: fitted error with today's training images and with more.
        then_interval: of `then`.
        gain, gain_interval: `now` − `then`.
        verdict: `helps` (surely better), `saturated` (surely less than one point), or `unknown`; where no image is
            wrong any more nothing can be seen to get better.
    """

    images: int
    wrong: float
    now: float
    then: float
    then_interval: tuple[float, float]
    gain: float
    gain_interval: tuple[float, float]
    verdict: str


LEAST_IMAGES = 10
LEAST_ERRORS = 3
POINT = 0.01


def forecast(curve: ClassCurve, today: int, more: int, seed: int = 42) -> Forecast:
    """Extrapolates a curve.

    The interval comes from drawing the tested images again (bootstrap): it knows how few there are, but not whether
    new images will be like the old.

    Args:
        curve: of the class.
        today: its training images now.
        more: how many are added.
        seed: of the bootstrap.
    """
    n = len(curve.wrong)
    fitted = fit_power_law(curve.sizes, curve.errors[None])
    now, then = float(fitted.at(today)[0]), float(fitted.at(today + more)[0])
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), DRAWS) / n
    drawn = fit_power_law(curve.sizes, weights @ curve.wrong)
    later = drawn.at(today + more)
    gains = drawn.at(today) - later
    low, high = np.quantile(gains, (0.025, 0.975))
    enough = n >= LEAST_IMAGES and curve.wrong.sum(0).max() >= LEAST_ERRORS and curve.wrong[:, -1].any()
    verdict = "unknown"
    if enough and low > 0.1 * POINT:
        verdict = "helps"
    elif n >= LEAST_IMAGES and high < POINT and curve.wrong.any():
        verdict = "saturated"
    then_low, then_high = np.quantile(later, (0.025, 0.975))
    return Forecast(n, float(curve.wrong[:, -1].sum()), now, then, (float(then_low), float(then_high)), now - then,
                    (float(low), float(high)), verdict)


def grid(most: int) -> tuple[int, ...]:
    """Numbers of images from few to `most`, evenly on a logarithmic scale."""
    return tuple(int(m) for m in np.unique(np.geomspace(min(max(3, most // 10), most), most, POINTS).round()))


def class_curve(gram: np.ndarray, labels: np.ndarray, classes: int, fold: np.ndarray, of: int, length: int,
                seed: int = 42, tick: Callable[[], None] | None = None) -> ClassCurve:
    """The curve of one class by cross-validation; in each fold its training images are thinned out.

    The discriminant's prior is that of all images throughout, so that the curve shows what images teach and not how
    often a class is guessed.

    Args:
        gram: floating point (n, n) inner products of standardized figures.
        labels: int (n,).
        classes: number of classes.
        fold: int (n,), which samples are held out together.
        of: the class.
        length: number of figures behind the inner products.
        seed: of what is left out.
        tick: called after each training.
    """
    mine = labels == of
    folds = np.unique(fold)
    fewest = min(int((mine & (fold != k)).sum()) for k in folds)
    sizes = grid(fewest)
    wrong = np.zeros((len(labels), len(sizes)))
    random = np.random.default_rng(seed)
    for k in folds:
        held = np.flatnonzero((fold == k) & mine)
        others, own = np.flatnonzero((fold != k) & ~mine), np.flatnonzero((fold != k) & mine)
        if not len(held):
            continue
        for _ in range(REPEATS):
            order = random.permutation(own)
            for j, m in enumerate(sizes):
                kept = np.concatenate([others, order[:m]])
                scores = fit_dual(gram[np.ix_(kept, kept)], labels[kept], classes, length).scores(
                    gram[np.ix_(held, kept)])
                scores[:, of] += np.log(len(own) / m)
                wrong[held, j] += (scores.argmax(1) != of) / REPEATS
                if tick is not None:
                    tick()
    return ClassCurve(sizes, wrong[mine])
