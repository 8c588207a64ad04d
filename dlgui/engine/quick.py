"""Quick training: a frozen backbone, run once, and a closed-form linear layer on the stages that suit the task.

No set of stages is best for every task: a defect of a few pixels is seen by the first stage and lost by the last, an
object is the other way round. So a handful of candidates compete by cross-validation within the training split.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from dlgui.engine import networks
from dlgui.engine.calibration import fit_temperature, softmax
from dlgui.engine.discriminant import chunks, fit_dual, fit_primal
from dlgui.engine.features import CHUNK, Features
from dlgui.engine.pooling import STATISTICS, Pooling
from dlgui.engine.progress import Progress
from dlgui.errors import DlguiError

FOLDS = 5
CHOOSING = 1600
"""Most samples that the candidates compete on; a larger training split is drawn from evenly."""

DUAL = 4000
"""Up to so many samples the discriminant is solved by samples, beyond by figures."""


MEMBERS = 4
"""Most discriminants that are added up."""

GAIN = 0.98
"""Another discriminant joins where it lowers the cross-validated loss at least to this share."""


@dataclass(frozen=True)
class QuickFit:
    """A linear layer on a frozen backbone.

    Attributes:
        pooling: the statistics that it uses.
        weight: float32 (classes, length); bias: float32 (classes,).
        temperature: calibrates the confidences; from samples held out in cross-validation.
        top1_error: of cross-validation.
        candidates: top-1 error in cross-validation by candidate; empty where the members were given.
        members: names of the candidates whose discriminants were added up; a sum of linear layers is a linear layer.
        held_out: float32 (n, classes), confidences of each sample by layers that never saw it.
    """

    pooling: Pooling
    weight: np.ndarray
    bias: np.ndarray
    temperature: float
    top1_error: float
    candidates: dict[str, float]
    members: list[str]
    held_out: np.ndarray

    def confidences(self, found: Features, positions: np.ndarray, channels: Sequence[int]) -> np.ndarray:
        """float32 (m, classes) for the images at `positions`."""
        columns = self.pooling.columns(found.pooling, channels)
        parts = [softmax(found.take(positions[i:i + CHUNK], columns) @ self.weight.T + self.bias, self.temperature)
                 for i in range(0, len(positions), CHUNK)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.bias)), np.float32)


def candidates(stages: int) -> dict[str, Pooling]:
    """The sets of statistics that compete, for a backbone of so many stages."""
    def whole(chosen: range) -> tuple[tuple[int, tuple[str, ...]], ...]:
        return tuple((i, STATISTICS) for i in chosen)

    early = range(math.ceil(0.7 * stages) if stages > 1 else 1)
    late = range(len(early), stages)
    named = {f"first {count}": whole(range(count)) for count in (1, 2, 3, 4, 5, 7) if count < stages}
    named |= {
        "all means": tuple((i, ("mean",)) for i in range(stages)),
        "means and deviations": tuple((i, ("mean", "std")) for i in range(stages)),
        "early whole, late means": (*whole(early), *((i, ("mean", "max", "std") if i < stages - 1 else ("mean",))
                                                    for i in late)),
        "last 3": whole(range(max(stages - 3, 0), stages)),
        "all": whole(range(stages)),
        "last mean": ((stages - 1, ("mean",)),),
    }
    unique: dict[Pooling, str] = {}
    for name, parts in named.items():
        unique.setdefault(Pooling(parts), name)
    return {name: pooling for pooling, name in unique.items()}


def choose_size(network: str, widths: np.ndarray, heights: np.ndarray) -> tuple[int, int]:
    """Input width and height in pixels: the images' own where all share one near the network's, else the network's.

    Their own size spares the scaling, which blurs what is only a few pixels large; much smaller images gain from being
    enlarged, for the network knows things of a certain size.
    """
    info = networks.info(network)
    if info.fixed_size or not len(widths):
        return info.width, info.height
    width, height = int(widths[0]), int(heights[0])
    same = bool((widths == width).all() and (heights == height).all())
    area = width * height / (info.width * info.height)
    if same and 0.7 <= area <= 2.0 and min(width, height) >= max(info.minimum_size, 0.5 * info.height):
        return width, height
    return info.width, info.height


def fit(found: Features, positions: np.ndarray, labels: np.ndarray, classes: int, channels: Sequence[int], *,
        groups: Sequence[Hashable] | None = None, competing: dict[str, Pooling] | None = None,
        members: Sequence[str] | None = None, seed: int = 42, progress: Progress | None = None) -> QuickFit:
    """Fits the linear layer.

    Args:
        found: every statistic of every stage.
        positions: the images of the training split, int (n,).
        labels: int (n,).
        classes: number of classes, each with at least one sample.
        channels: channels of every stage.
        groups: samples of one group are held out together; by default each sample is its own.
        competing: the sets of statistics to choose from; by default `candidates`.
        members: takes these instead of choosing, as when a few labels have changed.
        seed: of the folds.
        progress: one task with a unit a candidate, and one of solving.

    Raises:
        DlguiError: fewer than two classes have samples.
    """
    counts = np.bincount(labels, minlength=classes)
    if classes < 2 or (counts == 0).any():
        raise DlguiError("training split", "fewer than two classes, or a class without images",
                         "label images of at least two classes and split again")
    drawn = evenly(labels, CHOOSING, seed)
    fold = folds(labels[drawn], [groups[i] for i in drawn] if groups is not None else None, seed)
    competing = competing if competing is not None else candidates(len(channels))
    if members is not None:
        competing = {name: competing[name] for name in members}
    if progress is not None:
        progress.task("choosing stages", len(competing))
    sample = standardized(found.take(positions[drawn]))[0]
    held_out, temperatures = {}, {}
    for name, gram in _grams(sample, competing, found.pooling, channels):
        scores = held_out_scores(gram, labels[drawn], classes, fold, competing[name].length(channels))
        temperatures[name] = fit_temperature(scores, labels[drawn])
        held_out[name] = scores / temperatures[name]
        if progress is not None:
            progress.advance()
    del sample
    errors = {name: float((s.argmax(1) != labels[drawn]).mean()) for name, s in held_out.items()}
    chosen = list(members) if members is not None else _combined(held_out, errors, labels[drawn], {
        name: pooling.length(channels) for name, pooling in competing.items()})
    combined = np.sum([held_out[name] for name in chosen], axis=0)
    temperature = fit_temperature(combined, labels[drawn])

    if progress is not None:
        progress.task("solving", len(chosen) * (chunks(len(labels)) if len(labels) > DUAL else 1))
    union = Pooling.union([competing[name] for name in chosen])
    figures, centre, spread = standardized(found.take(positions, union.columns(found.pooling, channels)))
    weight, bias = _sum_of_layers(figures, labels, classes, [
        (competing[name].columns(union, channels), temperatures[name]) for name in chosen],
        progress.advance if progress is not None else lambda: None)
    everything = combined if len(drawn) == len(labels) else figures @ weight.T.astype(np.float32) + bias
    confidences = softmax(everything, temperature)
    confidences[drawn] = softmax(combined, temperature)
    weight = weight / spread
    bias = bias - weight @ centre
    return QuickFit(union, weight.astype(np.float32), bias.astype(np.float32), temperature,
                    float((combined.argmax(1) != labels[drawn]).mean()), errors if members is None else {}, chosen,
                    confidences)


def _sum_of_layers(figures: np.ndarray, labels: np.ndarray, classes: int,
                   parts: Sequence[tuple[np.ndarray, float]],
                   step: Callable[[], object]) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias of the discriminants of (columns, temperature), each on its columns, added up."""
    weight, bias = np.zeros((classes, figures.shape[1])), np.zeros(classes)
    for columns, temperature in parts:
        own_weight, own_bias = _final(figures[:, columns], labels, classes, step)
        weight[:, columns] += own_weight / temperature
        bias += own_bias / temperature
    return weight, bias


def _combined(held_out: dict[str, np.ndarray], errors: dict[str, float], labels: np.ndarray,
              lengths: dict[str, int]) -> list[str]:
    """The best candidate, and those that make it better when added (greedy selection, Caruana et al. 2004)."""
    chosen = [min(errors, key=lambda name: (round(errors[name], 4), lengths[name]))]
    total = held_out[chosen[0]]
    loss = _loss(total, labels)
    while len(chosen) < MEMBERS:
        losses = {name: _loss(total + scores, labels) for name, scores in held_out.items() if name not in chosen}
        best = min(losses, key=lambda name: losses[name], default=None)
        if best is None or losses[best] > GAIN * loss:
            break
        chosen.append(best)
        total, loss = total + held_out[best], losses[best]
    return chosen


def _loss(scores: np.ndarray, labels: np.ndarray) -> float:
    """Cross-entropy of calibrated scores."""
    own = softmax(scores, fit_temperature(scores, labels))[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(own, 1e-9)).mean())


def folds(labels: np.ndarray, groups: Sequence[Hashable] | None, seed: int, count: int = FOLDS) -> np.ndarray:
    """A fold 0 … count − 1 for each sample (int64 (n,)): classes spread evenly, groups kept together."""
    random = np.random.default_rng(seed)
    units: dict[Hashable, list[int]] = {}
    for i, group in enumerate(groups if groups is not None else range(len(labels))):
        units.setdefault(group, []).append(i)
    members = list(units.values())
    order = random.permutation(len(members))
    order = order[np.argsort(labels[[members[i][0] for i in order]], kind="stable")]
    fold = np.empty(len(labels), np.int64)
    for place, unit in enumerate(order):
        fold[members[unit]] = place % count
    return fold


def standardized(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`vectors`, changed in place to mean 0 and deviation 1, and what they were."""
    centre = vectors.mean(0, dtype=np.float64)
    vectors -= centre.astype(np.float32)
    spread = np.sqrt(np.einsum("ij,ij->j", vectors, vectors, dtype=np.float64) / len(vectors))
    spread = np.where(spread > 1e-6 * (1 + np.abs(centre)), spread, np.inf)  # a constant figure says nothing
    vectors /= spread.astype(np.float32)
    return vectors, centre, spread


def evenly(labels: np.ndarray, most: int, seed: int) -> np.ndarray:
    """At most `most` positions, every class in its proportion and with at least one."""
    if len(labels) <= most:
        return np.arange(len(labels))
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    chosen = order[np.unique(np.linspace(0, len(order) - 1, most).round().astype(np.int64))]
    firsts = order[np.unique(labels[order], return_index=True)[1]]
    return np.union1d(chosen, firsts)


def _grams(z: np.ndarray, competing: dict[str, Pooling], of: Pooling,
           channels: Sequence[int]) -> list[tuple[str, np.ndarray]]:
    """Inner products (n, n), float32, of each candidate; those of the parts are computed once and add up."""
    grams = {name: np.zeros((len(z), len(z)), np.float32) for name in competing}
    members = {name: {(stage, s) for stage, statistics in pooling.parts for s in statistics}
               for name, pooling in competing.items()}
    for part in sorted(set().union(*members.values())):
        figures = z[:, Pooling(((part[0], (part[1],)),)).columns(of, channels)]
        product = figures @ figures.T
        for name, parts in members.items():
            if part in parts:
                grams[name] += product
    return list(grams.items())


def held_out_scores(gram: np.ndarray, labels: np.ndarray, classes: int, fold: np.ndarray, length: int) -> np.ndarray:
    """Scores (n, classes) of samples by discriminants that never saw their fold, from inner products (n, n)."""
    scores = np.zeros((len(labels), classes))
    for k in np.unique(fold):
        kept, out = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        if len(kept):
            scores[out] = fit_dual(gram[np.ix_(kept, kept)], labels[kept], classes, length).scores(
                gram[np.ix_(out, kept)])
    return scores


def _final(figures: np.ndarray, labels: np.ndarray, classes: int,
           step: Callable[[], object]) -> tuple[np.ndarray, np.ndarray]:
    """Weight (classes, length) and bias on standardized figures."""
    if len(labels) > DUAL:
        return fit_primal(figures, labels, classes, step)
    found = fit_dual(figures @ figures.T, labels, classes, figures.shape[1])
    step()
    return (figures.T.astype(np.float64) @ found.dual).T, found.bias
