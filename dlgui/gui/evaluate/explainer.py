"""Heatmaps for the window: one loaded model, the last maps kept, neighbours found; everything runs in jobs' threads."""

from __future__ import annotations

import importlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlgui.engine.preload import preload, yield_to_the_window
from dlgui.engine.progress import Progress
from dlgui.gui.evaluate.samples import Sample
from dlgui.gui.words import short
from dlgui.project.operations import runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

if TYPE_CHECKING:
    from dlgui.engine.classifier import Classifier
    from dlgui.engine.heatmaps import Heatmap
    from dlgui.project.operations.embeddings import Embeddings

KEPT = 48
BESIDE = 4
"""Neighbours shown of each class."""

JUDGES = 8
"""Nearest training images that are asked for the verdict."""


@dataclass(frozen=True)
class Neighbours:
    """The nearest training images of one image.

    Attributes:
        of_class: class → paths, nearest first.
        votes: class → how many of the nearest training images have it.
    """

    of_class: dict[str, list[str]]
    votes: dict[str, int]


class Explainer:
    """Any thread may call; what is expensive is made once."""

    def __init__(self) -> None:
        self._guard, self._loading, self._building = threading.Lock(), threading.Lock(), threading.Lock()
        self._model: tuple[Path, tuple[float, list[str]], Classifier] | None = None
        self._maps: OrderedDict[tuple[Any, ...], Heatmap] = OrderedDict()
        self._pixels: OrderedDict[Path, np.ndarray] = OrderedDict()
        self._vectors: tuple[list[str], Embeddings] | None = None

    def warm(self, run: Run) -> None:
        """Loads the model and runs it once, so that the first heatmap comes at once."""
        self._classifier(run)

    def warm_guided(self, run: Run, progress: Progress | None = None) -> None:
        """Imports torch and builds the network, which guided Grad-CAM alone needs; the first time takes seconds."""
        classifier = self._classifier(run)
        with self._building:
            yield_to_the_window()
            preload("torch", "triton")
            for library in ("torch", "torchvision"):  # in parts, for an import cannot be cancelled
                importlib.import_module(library)
                if progress is not None:
                    progress.check()
            classifier.torch_module()

    def pixels(self, file: Path) -> np.ndarray:
        """The image. Raises `UnreadableImage`."""
        from dlgui.engine.images import read_image

        with self._guard:
            known = self._pixels.get(file)
        return known if known is not None else self._keep(self._pixels, file, read_image(file), 12)

    def heatmap(self, run: Run, file: Path, method: str, target: str | None,
                progress: Progress | None = None) -> Heatmap:
        """The map of an image for a class, None for the predicted one."""
        from dlgui.engine import heatmaps

        classifier = self._classifier(run)
        key = (run.model, file, method, target, *run.outputs.names)
        with self._guard:
            known = self._maps.get(key)
        if known is not None:
            return known
        if method == "guided_grad_cam":
            self.warm_guided(run, progress)
        targets = None if target is None else [run.outputs.members(target)]
        found = heatmaps.explain(classifier, [self.pixels(file)], method=method, targets=targets, progress=progress)[0]
        return self._keep(self._maps, key, found, KEPT)

    @property
    def knows_neighbours(self) -> bool:
        """Whether neighbours come at once; the first ones of a project may take long."""
        return self._vectors is not None

    def vectors(self, project: Project, progress: Progress | None = None) -> Embeddings:
        """Where the images lie; made anew only when images come or go."""
        from dlgui.project.operations.embeddings import embeddings

        paths = project.images().path
        if self._vectors is None or (self._vectors[0] is not paths and self._vectors[0] != paths):
            self._vectors = (paths, embeddings(project, progress))
        return self._vectors[1]

    def neighbours(self, project: Project, sample: Sample, progress: Progress | None = None) -> Neighbours:
        """The nearest training images of the image's true and of its predicted class, and what all nearest say."""
        known, table = self.vectors(project, progress), project.images()
        of_class: dict[str, list[str]] = {}
        votes: dict[str, int] = {}
        if sample.image_id is None or sample.image_id not in known.ids:
            return Neighbours(of_class, votes)
        train = table.rows("train")
        paths = dict(zip(table.id.tolist(), table.path, strict=True))
        for name in dict.fromkeys((sample.truth, sample.predicted)):
            if name in table.class_names:
                rows = train[table.label[train] == table.class_names.index(name)]
                of_class[name] = [paths[i] for i in known.nearest(sample.image_id, BESIDE, table.id[rows]).tolist()]
        nearest = known.nearest(sample.image_id, JUDGES, table.id[train])
        for row in table.row_of(nearest.tolist()).tolist():
            name = table.class_names[table.label[row]]
            votes[name] = votes.get(name, 0) + 1
        return Neighbours(of_class, votes)

    def _classifier(self, run: Run) -> Classifier:
        """The model, loaded and run once; who comes meanwhile waits for that."""
        from dlgui.engine import heatmaps

        stamp = run.model.stat().st_mtime, run.outputs.names
        with self._loading:
            if self._model is None or self._model[:2] != (run.model, stamp):
                preload("onnxruntime")
                made = runs.classifier(run)
                p = made.preprocessing
                heatmaps.explain(made, [np.zeros((p.height, p.width, 3), np.uint8)])
                with self._guard:
                    self._model = (run.model, stamp, made)
                    self._maps.clear()
            return self._model[2]

    def _keep(self, store: OrderedDict[Any, Any], key: Any, value: Any, most: int) -> Any:
        with self._guard:
            store[key] = value
            while len(store) > most:
                store.popitem(last=False)
        return value


def verdict(sample: Sample, votes: dict[str, int]) -> str:
    """What the nearest training images say: is it the label, the image or the network? Empty without neighbours."""
    total = sum(votes.values())
    if not total:
        return ""
    truth, predicted = short(sample.truth), short(sample.predicted)
    for_truth, for_answer = votes.get(sample.truth, 0), votes.get(sample.predicted, 0)
    if sample.correct and 2 * for_truth <= total:
        return (f"Right, although only {for_truth} of the {total} nearest training images are {truth}: more images "
                "like this one help.")
    if sample.correct:
        return f"{for_truth} of the {total} nearest training images are {truth}, as the network says."
    if for_answer > 0.6 * total:
        return (f"{for_answer} of the {total} nearest training images are {predicted}: look at the label of "
                "this image, and at theirs.")
    if for_truth > 0.6 * total:
        return (f"{for_truth} of the {total} nearest training images are {truth}: the network errs although it "
                "knows such images; another method or a larger input may help.")
    return (f"The {total} nearest training images are of several classes ({for_truth} {truth}, {for_answer} "
            f"{predicted}): a border case; more images like this one help.")
