"""What leaks between splits are worth: the accuracy of a quick training with them and without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlgui.engine import health, quick
from dlgui.engine.progress import Progress
from dlgui.errors import DlguiError
from dlgui.project.operations import embeddings
from dlgui.project.project import Project


@dataclass(frozen=True)
class LeakPrice:
    """Accuracies (0 … 1) on the same test images.

    Attributes:
        leaked: training images that are duplicates, exact or near, of test images.
        affected: test images with such a double in training.
        test: number of test images.
        with_leaks: accuracy after training with the leaked images.
        without_leaks: accuracy after training without them.
    """

    leaked: int
    affected: int
    test: int
    with_leaks: float
    without_leaks: float

    @property
    def price(self) -> float:
        """How much the leaks flatter the result."""
        return self.with_leaks - self.without_leaks


def leak_price(project: Project, progress: Progress | None = None) -> LeakPrice:
    """Trains twice on the training split, with and without what is also in the test split, and tests both.

    Nothing is stored but the features that a quick training keeps anyway.

    Raises:
        DlguiError: no training or test images, fewer than two classes, the image folder is gone.
        Cancelled: see `Progress`.
    """
    table = project.images()
    train, test = table.rows("train"), table.rows("test")
    if not len(train) or not len(test):
        raise DlguiError("leak price", "there are no training or no test images", "split the data first", "split")
    both = np.concatenate([train, test])
    subset = ["train"] * len(train) + ["test"] * len(test)
    groups = [*health.duplicates([table.pixel_hash[r] for r in both]),
              *health.near_duplicates([table.perceptual_hash[r] for r in both])]
    leaking = {i for group in health.leaks(groups, subset) for i in group}
    leaked = np.array([i in leaking for i in range(len(train))], bool)
    affected = sum(i >= len(train) for i in leaking)
    found = embeddings.backbone_features(project, both, progress)
    readable = found.readable
    here, there = readable[:len(train)], np.flatnonzero(readable[len(train):]) + len(train)

    def accuracy(used: np.ndarray) -> float:
        positions = np.flatnonzero(used & here)
        classes, labels = np.unique(table.label[both[positions]], return_inverse=True)
        fit = quick.fit(found, positions, labels, len(classes), embeddings.channels(), progress=progress)
        predicted = classes[fit.confidences(found, there, embeddings.channels()).argmax(1)]
        return float((predicted == table.label[both[there]]).mean())

    everything = accuracy(np.ones(len(train), bool))
    return LeakPrice(int(leaked.sum()), affected, len(there), everything,
                     accuracy(~leaked) if leaked.any() else everything)
