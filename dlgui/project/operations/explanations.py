"""Looking into a run: average heatmaps, the shortcut alarm, robustness; each over a bounded sample of images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlgui.engine import heat_summary, robustness, shortcuts
from dlgui.engine.classifier import Classifier
from dlgui.engine.heat_summary import Average
from dlgui.engine.images import read_image
from dlgui.engine.predictions import Predictions
from dlgui.engine.progress import Progress
from dlgui.engine.robustness import Robustness
from dlgui.engine.shortcuts import Finding
from dlgui.errors import DlguiError, UnreadableImage
from dlgui.project.operations import runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

AVERAGED, EXAMINED, DISTURBED = 60, 20, 120
"""Images at most: of an average, of a class in the shortcut alarm, of the robustness panel."""


@dataclass(frozen=True)
class Pair:
    """The averages of one set of images for two classes, and what tells them apart.

    Attributes:
        first, second: averages for either class.
        difference: float32 (height, width) in −1…1, positive where the first class is spoken for.
    """

    first: Average
    second: Average
    difference: np.ndarray


def average_pair(project: Project, run: Run, paths: Sequence[str], first: str, second: str,
                 progress: Progress | None = None, method: str = "grad_cam") -> Pair:
    """Average heatmaps of images (evenly chosen, `AVERAGED` at most) for two classes, as of a cell of the matrix.

    Raises:
        DlguiError: images gone, none of them readable, no such class.
    """
    classifier, chosen = runs.classifier(run), evenly(paths, AVERAGED)
    if progress is not None:
        progress.task("averaging heatmaps", 2 * len(chosen))
    one, two = (heat_summary.average(classifier, _images(project, chosen), run.outputs.members(name),
                                    method=method, progress=progress) for name in (first, second))
    return Pair(one, two, heat_summary.difference(one.map, two.map))


def shortcut_alarm(project: Project, run: Run, predictions: Predictions,
                   progress: Progress | None = None) -> list[Finding]:
    """Which classes rest on the border or the background; `EXAMINED` images a class at most, most confident first.

    Raises:
        DlguiError: images gone.
    """
    classifier = runs.classifier(run)
    wanted = {name: _most_confident(predictions, i) for i, name in enumerate(predictions.classes)}
    if progress is not None:
        progress.task("looking for shortcuts", sum(map(len, wanted.values())))
    found: list[Finding] = []
    for name, paths in wanted.items():
        found += shortcuts.examine(classifier, name, _images(project, paths),
                                   outputs=run.outputs.members(name), progress=progress)
    return sorted(found, key=lambda f: (not f.confirmed, not f.suspected, -f.drop))


def robust(project: Project, run: Run, predictions: Predictions, progress: Progress | None = None,
           most: int = DISTURBED) -> Iterator[Robustness]:
    """Accuracy under every disturbance, one after the other, on `most` images with the classes in their proportion.

    Raises:
        DlguiError: images gone, or none readable.
    """
    classifier = runs.classifier(run)
    pixels, truth = _sample(project, classifier, predictions, most)
    levels = sum(len(d.levels) for d in robustness.DISTURBANCES)
    if progress is not None:
        progress.task("disturbing images", levels * len(pixels))
    for disturbance in robustness.DISTURBANCES:
        yield robustness.measure(classifier, pixels, truth, disturbance, place=run.outputs.place,
                                 progress=progress)


def evenly(paths: Sequence[str], most: int) -> list[str]:
    """At most `most` of them, evenly spread."""
    if len(paths) <= most:
        return list(paths)
    return [paths[i] for i in np.linspace(0, len(paths) - 1, most).round().astype(int)]


def _most_confident(predictions: Predictions, label: int) -> list[str]:
    own = np.flatnonzero((predictions.truth == label) & predictions.correct)
    best = own[np.argsort(-predictions.confidence[own], kind="stable")][:EXAMINED]
    return [predictions.paths[i] for i in best]


def _sample(project: Project, classifier: Classifier, predictions: Predictions,
            most: int) -> tuple[np.ndarray, np.ndarray]:
    known = np.flatnonzero(predictions.truth >= 0)
    order = known[np.argsort(predictions.truth[known], kind="stable")]
    chosen = order[np.unique(np.linspace(0, len(order) - 1, min(most, len(order))).round().astype(int))]
    root, pixels, truth = project.require_image_root(), [], []
    for i in chosen.tolist():
        try:
            pixels.append(classifier.preprocessing.pixels(read_image(root / predictions.paths[i])))
        except UnreadableImage:
            continue
        truth.append(int(predictions.truth[i]))
    if not pixels:
        raise DlguiError(root, "none of the images can be read", "bring them back", "look again")
    return np.stack(pixels), np.array(truth, np.int64)


def _images(project: Project, paths: Sequence[str]) -> Iterator[np.ndarray]:
    root: Path = project.require_image_root()
    for path in paths:
        try:
            yield read_image(root / path)
        except UnreadableImage:
            continue
