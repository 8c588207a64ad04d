"""Suspected label errors of a project as a queue for a person, and what was decided about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dlgui.engine import label_issues
from dlgui.engine.progress import Progress
from dlgui.engine.splitting import SUBSETS
from dlgui.errors import DlguiError
from dlgui.project.changes import Changes
from dlgui.project.operations import evaluations, labels, runs
from dlgui.project.operations.embeddings import embeddings
from dlgui.project.operations.runs import Run
from dlgui.project.project import ImageTable, Project

REVIEWED = "reviewed"
"""Origin of a label that a person confirmed or corrected: it is not doubted again."""


@dataclass(frozen=True)
class Suspect:
    """A label that is probably wrong.

    Attributes:
        image_id, path: of the image.
        given, suggested: names of classes.
        probability: that the suggestion is right rather than the label.
        gain: expected gain in accuracy, a fraction: of the classifier for a training image; of the honesty of the
            measured figure for one of the validation or test split.
        split: of the image, or empty.
    """

    image_id: int
    path: str
    given: str
    suggested: str
    probability: float
    gain: float
    split: str


def suspects(project: Project, run: Run, progress: Progress | None = None) -> list[Suspect]:
    """The queue, the greatest expected gain first.

    Training images are judged by out-of-fold confidences, all others by the run that never saw them. Labels that a
    person has reviewed are left out.

    Raises:
        DlguiError: nothing is known about the images.
        Cancelled: see `Progress`.
    """
    table = project.images()
    rows, confidences = _judged(project, run, table, progress)
    names = {name: i for i, name in enumerate(run.classes)}
    given = np.array([names.get(table.class_names[table.label[r]], -1) for r in rows], np.int64)
    rows, confidences, given = rows[given >= 0], confidences[given >= 0], given[given >= 0]
    if not len(rows):
        raise DlguiError(run.id, "nothing is known about the images of today", "train a quick run", "train")
    if progress is not None:
        progress.task("looking for label errors")
    found = label_issues.doubts(confidences, given)
    done = {row[0] for row in project.store.rows("SELECT id FROM images WHERE label_origin = ?", [REVIEWED])}
    found = [d for d in found if int(table.id[rows[d.index]]) not in done]
    gains = _gains(project, table, rows, given, found, progress)
    queue = [Suspect(int(table.id[rows[d.index]]), table.path[rows[d.index]], run.classes[d.given],
                     run.classes[d.suggested], d.probability, float(d.probability * gain),
                     SUBSETS[table.split[rows[d.index]]] if table.split[rows[d.index]] >= 0 else "")
             for d, gain in zip(found, gains, strict=True)]
    return sorted(queue, key=lambda s: (-s.gain, -s.probability, s.path))


def decide(project: Project, decisions: Mapping[int, str], who: str = "user") -> Changes:
    """Gives images the class that a person has decided on (the old one to keep it), as one step of undo.

    Raises:
        DlguiError: no such class.
    """
    ids = {info.name: info.id for info in project.classes()}
    for name in decisions.values():
        if name not in ids:
            raise DlguiError(f"class {name}", "not in the project", "add it or choose another")
    return labels.assign_many(project, {image: ids[name] for image, name in decisions.items()}, origin=REVIEWED,
                              who=who)


def _judged(project: Project, run: Run, table: ImageTable,
            progress: Progress | None) -> tuple[np.ndarray, np.ndarray]:
    """Rows and confidences float32 (n, classes of the run) of images, by classifiers that never saw them."""
    row_of = {path: row for row, path in enumerate(table.path)}
    found: dict[int, np.ndarray] = {}
    held_out = evaluations.out_of_fold(project, run) or evaluations.out_of_fold(project)
    if held_out is not None and set(held_out.classes) >= set(run.classes):
        columns = [held_out.classes.index(name) for name in run.classes]
        for path, confidence in zip(held_out.paths, held_out.confidences, strict=True):
            if path in row_of and table.trainable[row_of[path]]:
                found[row_of[path]] = confidence[columns]
    seen = {path for path, (_, subset) in runs.snapshot(project, run).items() if subset == "train"}
    for subset in ("validation", "test"):
        if len(table.rows(subset)):
            predictions = evaluations.predict(project, run, subset, progress=progress)
            for path, confidence in zip(predictions.paths, predictions.confidences, strict=True):
                if path not in seen:
                    found.setdefault(row_of[path], confidence)
    rows = np.array(sorted(found), np.int64)
    return rows, np.stack([found[r] for r in rows.tolist()]) if len(rows) else np.empty((0, len(run.classes)))


def _gains(project: Project, table: ImageTable, rows: np.ndarray, given: np.ndarray,
           found: list[label_issues.Doubt], progress: Progress | None) -> np.ndarray:
    """What each correction gains if the suggestion is right, float64."""
    gains = np.zeros(len(found))
    if not found:
        return gains
    split = table.split[rows]
    places = np.array([d.index for d in found], np.int64)
    for code in (1, 2):
        gains[split[places] == code] = 1 / max(int((split == code).sum()), 1)
    known = embeddings(project, progress)
    position = {int(image): i for i, image in enumerate(known.ids)}
    at = np.array([position.get(int(table.id[r]), -1) for r in rows], np.int64)
    train = np.flatnonzero((split <= 0) & (at >= 0))
    checked = np.flatnonzero((split == 1) & (at >= 0))
    if not len(checked):  # without a validation split, every tenth training image stands in for it
        checked, train = train[::10], np.delete(train, np.s_[::10])
    inside = {int(place): i for i, place in enumerate(train)}
    chosen = [i for i, place in enumerate(places.tolist()) if place in inside]
    suggested = np.array([found[i].suggested for i in chosen], np.int64)
    gains[chosen] = label_issues.worth(known.vectors[at[train]], given[train], np.array(
        [inside[int(places[i])] for i in chosen], np.int64), suggested, known.vectors[at[checked]], given[checked])
    return gains


def progress_of(project: Project, queue: list[Suspect]) -> tuple[list[Suspect], list[tuple[float, bool]]]:
    """How far a person has come, read from the project itself, so that undo brings a suspect back.

    Returns:
        the suspects still open, in their order; (probability, whether the label was wrong) of the others.
    """
    if not queue:
        return [], []
    table = project.images()
    reviewed = {row[0] for row in project.store.rows("SELECT id FROM images WHERE label_origin = ?", [REVIEWED])}
    row_of = {int(image): row for row, image in enumerate(table.id)}
    left, decided = [], []
    for suspect in queue:
        row = row_of.get(suspect.image_id)
        if row is None:
            continue
        name = table.class_names[table.label[row]] if table.label[row] >= 0 else ""
        if suspect.image_id in reviewed or table.excluded[row] or name != suspect.given:
            decided.append((suspect.probability, name != suspect.given or bool(table.excluded[row])))
        else:
            left.append(suspect)
    return left, decided
