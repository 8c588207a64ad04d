"""The learning-rate range test (Smith 2017): which rate is the highest that still learns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from dlgui.engine.classifier import Classifier
from dlgui.engine.finetune import FineTuning, TrainingData
from dlgui.engine.progress import Progress
from dlgui.engine.settings import TrainingSettings
from dlgui.errors import DlguiError


def learning_rate_range(classifier: Classifier, data: TrainingData, settings: TrainingSettings, *, seed: int = 42,
                        device: str = "cpu", low: float = 1e-5, high: float = 1.0, steps: int = 60,
                        progress: Progress | None = None) -> Iterator[tuple[float, float]]:
    """The loss while the rate rises geometrically; ends when it explodes.

    The classifier is spoilt afterwards.

    Yields:
        learning rate and smoothed loss.
    """
    settings = replace(settings.for_images(len(data.train)), policy="constant", warm_up=0.0)
    training = FineTuning(classifier, data, settings, seed=seed, device=device, checkpoint=Path(), model=Path())
    training.standardize()
    smooth, lowest = 0.0, float("inf")
    if progress is not None:
        progress.task("learning-rate range test", steps)
    for i in range(steps):
        training.settings = settings.changed(learning_rate=low * (high / low) ** (i / (steps - 1)))
        k = i % training.iterations_per_epoch
        order = np.random.default_rng([seed, i // training.iterations_per_epoch]).permutation(len(data.train))
        try:
            done = training.update(order, k)
        except DlguiError:  # the loss is infinite: the test is over
            return
        smooth = 0.9 * smooth + 0.1 * done.loss
        loss = smooth / (1 - 0.9 ** (i + 1))
        lowest = min(lowest, loss)
        yield done.learning_rate, loss
        if progress is not None:
            progress.advance()
        if i > 5 and loss > 4 * lowest + 1e-6:
            return


def suggested_rate(curve: list[tuple[float, float]]) -> float:
    """A third of the rate at which the smoothed loss is lowest: still safe, and close to the fastest."""
    if not curve:
        raise DlguiError("learning-rate range test", "no point of the curve is finite", "look at the images")
    return min(curve, key=lambda point: point[1])[0] / 3
