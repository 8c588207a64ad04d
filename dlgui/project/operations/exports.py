"""A run's model in formats for other programs, measured on the project's own images."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlgui.engine.exporters import Int8, Prepared
from dlgui.engine.loading import load_batches
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Progress
from dlgui.engine.storage import absolute
from dlgui.errors import DlguiError, UnreadableImage
from dlgui.project.operations import certificates, reports, runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

COMPARED = 32
"""Images that an exported file is compared on."""
JUDGED = 1000
"""Most validation images that the cost of quantization is measured on."""


def prepare(project: Project, run: Run, kind: str, *, int8: bool = False, progress: Progress | None = None) -> Prepared:
    """Makes the run's network in another format and measures it on images of the project; nothing is saved yet.

    Args:
        project, run: what to export.
        kind: one of `dlgui.engine.exporters.formats()`.
        int8: quantizes (ONNX only) and measures what that costs on the validation split.
        progress: told of each step; cancels between them.

    Raises:
        DlguiError: see `dlgui.engine.exporters.prepare`; no model or no image; for int8 no training or validation
            image.
    """
    from dlgui.engine import exporters

    if not run.model.exists():
        raise DlguiError(run.id, "it has no model yet", "finish or resume the training", "train")
    classifier = runs.classifier(run)
    classifier.provenance["card"] = reports.card_of(project, run, progress).to_markdown()
    data = _int8(project, run, classifier.preprocessing, progress) if int8 else None
    return exporters.prepare(classifier, kind, images_to_compare(project), data, progress)


def save(project: Project, run: Run, prepared: Prepared, path: str | Path) -> list[Path]:
    """Writes a prepared export with its examples, and notes its certificate in the run's folder for the report."""
    written = prepared.save(path)
    certificates.note(run, Path(path).name, prepared.certificate)
    found = prepared.certificate
    project.store.note("export model", run=run.id, format=found.format, file=absolute(path),
                       int8=found.precision == "int8")
    return written


def images_to_compare(project: Project, count: int = COMPARED) -> list[np.ndarray]:
    """Real images of every class, as decoded; from the test split first. Raises `DlguiError` where there is none."""
    from dlgui.engine.images import read_image

    table, root, found = project.images(), project.require_image_root(), []
    rows = [row for subset in ("test", "validation", "train", "none") for row in _spread(project, subset, count)]
    for row in rows:
        with contextlib.suppress(UnreadableImage):
            found.append(read_image(root / table.path[row]))
        if len(found) == count:
            break
    if not found:
        raise DlguiError(root, "no readable image to compare the export on", "bring the images back", "look again")
    return found


def _spread(project: Project, subset: str, count: int) -> list[int]:
    """At most `count` rows of a subset, taking the classes in turn."""
    table = project.images()
    rows = table.rows(subset)
    turn: dict[int, int] = {}
    places = []
    for label in table.label[rows].tolist():
        places.append(turn.get(label, 0))
        turn[label] = places[-1] + 1
    return [int(rows[i]) for i in np.lexsort((table.label[rows], np.array(places, np.int64)))[:count]]


def _int8(project: Project, run: Run, preprocessing: Preprocessing, progress: Progress | None) -> Int8:
    from dlgui.engine.quantization import CALIBRATION

    table = project.images()
    known = run.outputs.of_class

    def pick(subset: str, count: int) -> list[int]:
        rows = [r for r in _spread(project, subset, count) if table.class_names[table.label[r]] in known]
        if not rows:
            raise DlguiError(f"split {subset}", "no image in it, and quantization needs some",
                             "split the data first: dlgui split", "split")
        return rows

    training, validation = pick("train", CALIBRATION), pick("validation", JUDGED)
    calibration, _ = _pixels(project, training, preprocessing, progress)
    judged, kept = _pixels(project, validation, preprocessing, progress)
    return Int8(calibration, judged, np.array([known[table.class_names[table.label[r]]] for r in kept], np.int64))


def _pixels(project: Project, rows: Sequence[int], preprocessing: Preprocessing,
            progress: Progress | None) -> tuple[np.ndarray, list[int]]:
    root, table = project.require_image_root(), project.images()
    if progress is not None:
        progress.task("reading images", len(rows))
    parts: list[Any] = []
    kept: list[int] = []
    for batch in load_batches([root / table.path[r] for r in rows], preprocessing, 32, progress):
        parts.append(batch.pixels)
        kept += [rows[i] for i in batch.indices.tolist()]
    if not kept:
        raise DlguiError(root, "none of the images can be read", "bring the images back", "look again")
    return np.concatenate([part for part in parts if len(part)]), kept
