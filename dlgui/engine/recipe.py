"""What fine-tuning does unasked: input size, pooling, length and mirroring, by rules from the data.

Each rule answers to what the ablation in docs/performance.md showed. A person who sets a value is obeyed; what is left
open is filled in here and written down with the run.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np

from dlgui.engine import networks, quick
from dlgui.engine.classifier import Classifier
from dlgui.engine.features import Features
from dlgui.engine.pooling import Pooling
from dlgui.engine.settings import TrainingSettings
from dlgui.engine.statistics import clearly_better

SMALLEST = 128
"""Smaller images are enlarged to this side: the deepest stages see a thirty-second of it."""

DEEPER = 3
"""Stages beyond those that quick chose: a frozen early stage tells textures apart, what lies above it learns shapes."""

MIRRORED = 128
"""Most images that are mirrored to see whether a classifier minds."""

LENT = 24.0
"""Most images' worth of the common spread that a figure is lent where images are few."""

TOLERATED = 0.02
"""Share of images that mirroring may cost before it counts as changing what an image shows."""


def input_size(network: str, widths: np.ndarray, heights: np.ndarray) -> tuple[int, int]:
    """Input width and height in pixels: small images stay small, others as in quick training.

    A fine-tuned network learns the scale it is shown; enlarging small images to the size of the pretraining costs time
    with the square of the side and adds nothing that was not there.

    Args:
        network: name in the registry.
        widths, heights: of the training images, pixels.
    """
    info = networks.info(network)
    if info.fixed_size or not len(widths):
        return info.width, info.height
    side = max(math.ceil(float(np.median(np.maximum(widths, heights))) / 32) * 32, SMALLEST, info.minimum_size)
    if side < min(info.width, info.height):
        return side, side
    return quick.choose_size(network, widths, heights)


def pooling(settings: TrainingSettings, stages: int) -> Pooling:
    """Mean and maximum of every stage that is used, or of the last of them.

    A defect of a few pixels is gone from the last map. A linear layer that sees every stage finds it, and hands its
    gradient to the early stages without a detour.

    Args:
        settings: `stages` and `pooled_stages`.
        stages: of the backbone.
    """
    used = min(settings.stages or stages, stages)
    chosen = range(used) if settings.pooled_stages == "all" else range(used - 1, used)
    return Pooling(tuple((stage, ("mean", "max")) for stage in chosen))


def spread(figures: np.ndarray, pooling: Pooling, channels: Sequence[int], enough: int) -> np.ndarray:
    """By what each pooled figure is divided: its standard deviation; where images are few, drawn towards its kind's.

    A channel that is silent on twenty images is not silent on all: divided by the little that it varied, one that does
    show it would outweigh everything else.

    Args:
        figures: float32 (n, length), of training images.
        pooling, channels: which figure belongs to which stage and statistic.
        enough: images from which on each figure speaks for itself; so many as are missing, in part, count as if they
            varied like the others of their stage and statistic.
    """
    own = figures.std(0)
    missing = LENT * max(1 - len(figures) / enough, 0.0)
    if not missing:
        return own
    kinds = np.repeat(np.arange(sum(len(names) for _, names in pooling.parts)),
                      [channels[stage] for stage, names in pooling.parts for _ in names])
    variance = own.astype(np.float64) ** 2
    common = (np.bincount(kinds, variance) / np.bincount(kinds))[kinds]
    return np.sqrt((len(figures) * variance + missing * common) / (len(figures) + missing)).astype(np.float32)


def stages(chosen: Pooling, available: int) -> int:
    """How many stages to use, given what quick training found best: what it looked at, and room to learn shapes."""
    return min(chosen.last_stage + 1 + DEEPER, available)


def mirror(classifier: Classifier, pixels: np.ndarray, labels: np.ndarray) -> str:
    """Which mirrorings leave an image what it is, as `Augmentation.mirror`: what a classifier made without them thinks.

    Args:
        classifier: knows the classes, has never seen a mirrored image.
        pixels: uint8 (n, H, W, C), images it was not fitted on, at its size.
        labels: int (n,), their class indices.
    """
    if not len(pixels):
        return "off"
    predict = classifier.predictor("cpu").predict_pixels

    def wrong(images: np.ndarray) -> int:
        return int((predict(np.ascontiguousarray(images)).argmax(1) != labels).sum())
    most = wrong(pixels) + max(TOLERATED * len(pixels), 1)
    rows, columns = wrong(pixels[:, ::-1]) <= most, wrong(pixels[:, :, ::-1]) <= most
    return {(True, True): "rc", (True, False): "r", (False, True): "c", (False, False): "off"}[rows, columns]


def can_be_beaten(wrong: np.ndarray) -> bool:
    """Whether a classifier leaves enough errors for another to do clearly better on the same images.

    Args:
        wrong: bool (n,), its errors.
    """
    return clearly_better(np.zeros_like(wrong), wrong)


def warm_start(classifier: Classifier, found: Features, positions: np.ndarray, labels: np.ndarray, seed: int,
               groups: Sequence[Hashable] | None = None) -> None:
    """Gives a classifier the closed-form linear layer, softened to calibrated confidences, as the point to start from.

    Args:
        classifier: with the pretrained backbone.
        found: every statistic of every stage; positions, labels: the training images in it, and their class indices.
        seed, groups: as in `quick.fit`.
    """
    fit = quick.fit(found, positions, labels, len(classifier.classes), classifier.channels, groups=groups,
                    competing={"given": classifier.pooling}, seed=seed)
    softened = np.float32(fit.temperature)
    classifier.set_head(fit.weight / softened, fit.bias / softened)


def decided(settings: TrainingSettings, used: int, mirrored: str) -> TrainingSettings:
    """Settings in which stages and mirroring are no longer left open; the last stage alone is the network's."""
    if settings.augmentation.get("mirror") == "auto":
        settings = settings.changed(mirror=mirrored)
    if settings.stages or settings.pooled_stages == "last":
        return settings
    return settings.changed(stages=used)
