"""Advice before a long training, from a frozen network and cross-validation: input size, and what more images bring.

Only the training and validation splits are looked at; the test split stays unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dlgui.engine import backbones, features, learning_curve, networks, quick, speed
from dlgui.engine.learning_curve import ClassCurve, Forecast
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Progress
from dlgui.engine.splitting import merge_groups
from dlgui.engine.statistics import Interval, mcnemar, paired_difference, wilson_interval
from dlgui.errors import DlguiError
from dlgui.project.operations.plans import Plan, preprocessing_of
from dlgui.project.project import ImageTable, Project

SIZES = (96, 128, 160, 192, 224, 256, 320, 384, 448)
SIZE_IMAGES = 200
"""Images that the sizes compete on."""

FORECAST_IMAGES = 800
"""Images that the learning curves are made of."""

FORECAST_CLASSES = 12
"""Classes that get a curve: those with most errors."""

TOLERANCE = 0.02
"""A faster size is proposed where it is surely (95 %) less than this worse."""


@dataclass(frozen=True)
class SizeResult:
    """One input size: of `images` how many are `wrong` in cross-validation, and images a second here."""

    size: int
    images: int
    wrong: int
    error_interval: Interval
    images_per_second: float


@dataclass(frozen=True)
class SizeAdvice:
    """Results by size, ascending, and what follows.

    Attributes:
        best: the size with the lowest error (of equal ones the fastest).
        proposed: the fastest size that is surely not much worse than the best.
        difference, difference_interval: error of `proposed` minus error of `best`, on the same images.
        p_value: that the difference is chance (McNemar's test).
    """

    results: list[SizeResult]
    best: int
    proposed: int
    difference: float
    difference_interval: Interval
    p_value: float


@dataclass(frozen=True)
class ClassForecast:
    """One class: its training images today, its curve, and what more of it would bring."""

    name: str
    today: int
    curve: ClassCurve
    forecast: Forecast


@dataclass(frozen=True)
class DataForecast:
    """Forecasts, the class whose images would save most errors first.

    Attributes:
        more: images added to a class.
        error, images: cross-validated top-1 error of all classes now, on so many images.
        classes: see `ClassForecast`.
        left_out: classes without a curve: too few images, or hardly any error.
    """

    more: int
    error: float
    images: int
    classes: list[ClassForecast]
    left_out: list[str]


@dataclass(frozen=True)
class _Sample:
    rows: np.ndarray
    labels: np.ndarray
    names: list[str]
    groups: list[str]
    table: ImageTable


def _sample(project: Project, most: int, seed: int) -> _Sample:
    table = project.images()
    rows = np.concatenate([table.rows("train"), table.rows("validation")])
    if not len(rows):
        if not len(table.rows("all")):
            raise DlguiError(project.folder, "no labeled, readable image", "label images first", "label")
        raise DlguiError(project.folder, "no image in the training split", "split the data first", "split")
    rows = rows[quick.evenly(table.label[rows], most, seed)]
    present, labels = np.unique(table.label[rows], return_inverse=True)
    if len(present) < 2:
        raise DlguiError("training split", "images of only one class", "label images of at least two classes")
    groups = merge_groups([table.group[r] for r in rows], [table.pixel_hash[r] for r in rows])
    return _Sample(rows, labels.astype(np.int64), [table.class_names[i] for i in present], [str(g) for g in groups],
                   table)


def _features(project: Project, plan: Plan, sample: _Sample, preprocessing: Preprocessing,
              progress: Progress | None) -> features.Features:
    pairs = [(sample.table.path[r], str(sample.table.content_hash[r])) for r in sample.rows]
    return features.extract(networks.info(plan.network).name, project.require_image_root(), pairs, preprocessing,
                            project.cache_folder / "features", progress, plan.pretrained)


def _channels(plan: Plan) -> list[int]:
    return (backbones.pretrained(plan.network) if plan.pretrained else backbones.random(plan.network)).channels


def candidate_sizes(project: Project, plan: Plan) -> list[int]:
    """Input sizes worth comparing: from small to what the images have, the plan's own among them.

    Raises:
        DlguiError: the network has one size only.
    """
    info, table = networks.info(plan.network), project.images()
    if info.fixed_size:
        raise DlguiError(info.name, f"takes {info.width} × {info.height} px only", "choose another network")
    rows = table.rows("train")
    own = preprocessing_of(table, rows, plan)
    side = int(np.median(np.maximum(table.width[rows], table.height[rows]))) if len(rows) else info.width
    most = max(side, info.width)
    sizes = {s for s in SIZES if info.minimum_size <= s <= most} | {own.width}
    spare = [s for s in sorted(sizes) if abs(s - own.width) >= 16 or s == own.width]
    while len(spare) > 5:  # thin out where they lie closest
        ratios = [spare[i + 1] / spare[i - 1] if spare[i] != own.width else np.inf for i in range(1, len(spare) - 1)]
        del spare[1 + int(np.argmin(ratios))]
    return spare


def input_size(project: Project, plan: Plan, progress: Progress | None = None, sizes: Sequence[int] | None = None,
               count: int = SIZE_IMAGES, listener: Callable[[SizeResult], None] | None = None) -> SizeAdvice:
    """Accuracy by cross-validation and speed here at several input sizes, on the same images.

    Args:
        project, plan: which images, network and preprocessing.
        progress: cancels.
        sizes: by default `candidate_sizes`.
        count: images at most.
        listener: called with each size's result.

    Raises:
        DlguiError: nothing to compare. Cancelled: see `Progress`.
    """
    chosen = sorted(sizes or candidate_sizes(project, plan))
    sample = _sample(project, count, plan.seed)
    channels = _channels(plan)
    own = preprocessing_of(sample.table, sample.table.rows("train"), plan)
    results: list[SizeResult] = []
    wrongs: dict[int, np.ndarray] = {}
    for size in chosen:
        preprocessing = Preprocessing.from_dict({**own.to_dict(), "width": size, "height": size})
        found = _features(project, plan, sample, preprocessing, progress)
        if not found.readable.all():
            bad = int((~found.readable).sum())
            raise DlguiError(project.folder, f"{bad} images cannot be read", "check the data first")
        fit = quick.fit(found, np.arange(len(sample.rows)), sample.labels, len(sample.names), channels,
                        groups=sample.groups, seed=plan.seed, progress=progress)
        wrong = wrongs[size] = fit.held_out.argmax(1) != sample.labels
        rate = speed.forward(plan.network, preprocessing, progress) or 0.0
        results.append(SizeResult(size, len(wrong), int(wrong.sum()), wilson_interval(int(wrong.sum()), len(wrong)),
                                  rate))
        if listener is not None:
            listener(results[-1])
    best = min(results, key=lambda r: (r.wrong, -r.images_per_second)).size
    fine = [r for r in results if r.size == best
            or paired_difference(wrongs[r.size], wrongs[best])[1][1] <= TOLERANCE]
    proposed = max(fine, key=lambda r: r.images_per_second).size
    difference, interval = paired_difference(wrongs[proposed], wrongs[best])
    return SizeAdvice(results, best, proposed, difference, interval, mcnemar(~wrongs[proposed], ~wrongs[best]))


def data_forecast(project: Project, plan: Plan, more: int = 50, progress: Progress | None = None,
                  listener: Callable[[ClassForecast], None] | None = None) -> DataForecast:
    """What `more` images of each class would bring: learning curves on features, one class thinned out at a time.

    Raises:
        DlguiError: nothing to learn from. Cancelled: see `Progress`.
    """
    sample = _sample(project, FORECAST_IMAGES, plan.seed)
    preprocessing = preprocessing_of(sample.table, sample.table.rows("train"), plan)
    found = _features(project, plan, sample, preprocessing, progress)
    kept = np.flatnonzero(found.readable)
    labels, names = sample.labels[kept], sample.names
    groups = [sample.groups[i] for i in kept]
    channels = _channels(plan)
    fit = quick.fit(found, kept, labels, len(names), channels, groups=groups, seed=plan.seed, progress=progress)
    pooling = quick.candidates(len(channels))[fit.members[0]]
    figures = quick.standardized(found.take(kept, pooling.columns(found.pooling, channels)))[0]
    gram = figures @ figures.T
    fold = quick.folds(labels, groups, plan.seed)
    wrong = fit.held_out.argmax(1) != labels
    rows = sample.table.rows("train")
    today = np.bincount(np.searchsorted(np.unique(sample.table.label[sample.rows]), sample.table.label[rows]),
                        minlength=len(names))
    errors = np.bincount(labels[wrong], minlength=len(names))
    enough = [i for i in range(len(names)) if _fewest(labels, fold, i) >= 4]
    asked = sorted(enough, key=lambda i: -int(errors[i]))[:FORECAST_CLASSES]
    if progress is not None:
        progress.task("learning curves", sum(
            learning_curve.REPEATS * len(np.unique(fold)) * len(learning_curve.grid(_fewest(labels, fold, i)))
            for i in asked))
    done: list[ClassForecast] = []
    for i in asked:
        curve = learning_curve.class_curve(gram, labels, len(names), fold, i, figures.shape[1], plan.seed,
                                           progress.advance if progress is not None else None)
        done.append(ClassForecast(names[i], int(today[i]), curve, learning_curve.forecast(curve, int(today[i]), more,
                                                                                          plan.seed)))
        if listener is not None:
            listener(done[-1])
    share = {names[i]: float((labels == i).mean()) for i in asked}
    done.sort(key=lambda c: -c.forecast.gain * share[c.name])
    return DataForecast(more, float(wrong.mean()), len(labels), done,
                        [name for i, name in enumerate(names) if i not in asked])


def _fewest(labels: np.ndarray, fold: np.ndarray, of: int) -> int:
    return min(int(((labels == of) & (fold != k)).sum()) for k in np.unique(fold))
