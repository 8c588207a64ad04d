"""What a fine-tuning said about the validation images after every epoch."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlgui.engine.predictions import Predictions
from dlgui.engine.storage import write_atomically
from dlgui.errors import DlguiError
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

FOLDER, IMAGES = "epochs", "images.npz"


@dataclass(frozen=True, eq=False)
class Flips:
    """How steady the answers were.

    Attributes:
        paths: the validation images that are still there.
        epochs: how many epochs were looked at.
        changes: int64 (n,), how often the answer changed from one epoch to the next.
        forgotten: int64 (n,), how often a right answer became a wrong one (Toneva et al., 2019), by today's labels.
    """

    paths: list[str]
    epochs: int
    changes: np.ndarray
    forgotten: np.ndarray


def keep(run: Run, epoch: float, contents: Sequence[str], confidences: np.ndarray) -> None:
    """Keeps confidences float (n, outputs) of an epoch by content hash, in half precision."""
    if not len(contents):
        return
    folder = run.folder / FOLDER
    folder.mkdir(exist_ok=True)
    names = np.frombuffer("\n".join(contents).encode(), np.uint8)
    known = _read(folder / IMAGES)
    if known is None or not np.array_equal(known["names"], names):
        _write(folder / IMAGES, names=names)
    _write(folder / f"{epoch:09.3f}.npz", confidences=confidences.astype(np.float16))


def of_run(run: Run) -> list[float]:
    """The epochs that were kept, ascending; none where the run is no fine-tuning or has no validation images."""
    found = []
    for path in sorted((run.folder / FOLDER).glob("[0-9]*.npz")):
        try:
            found.append(float(path.stem))
        except ValueError:
            continue
    return found


def predictions(project: Project, run: Run, epoch: float) -> Predictions:
    """What the network said after an epoch, against today's labels; images that are gone or excluded are left out.

    Raises:
        DlguiError: that epoch was not kept, or none of its images is there any more.
    """
    contents, confidences = _load(run, epoch)
    places, rows = _today(project, contents)
    table, position = project.images(), {name: i for i, name in enumerate(run.classes)}
    truth = np.array([position.get(table.class_names[table.label[r]], -1) for r in rows], np.int64)
    return Predictions(run.classes, run.outputs.fold(confidences[places].astype(np.float32)), truth,
                       [table.path[r] for r in rows])


def flips(project: Project, run: Run) -> Flips:
    """How often each validation image's answer changed. Raises `DlguiError` as `predictions` does."""
    answers: list[np.ndarray] = []
    truth, paths = np.empty(0, np.int64), list[str]()
    for epoch in of_run(run):
        found = predictions(project, run, epoch)
        if answers and len(found) != len(answers[0]):
            raise DlguiError(run.id, "its epochs know different images", "train again")
        answers.append(found.predicted)
        truth, paths = found.truth, found.paths
    if not answers:
        raise DlguiError(run.id, "no epoch was kept", "fine-tune with a validation split")
    table = np.stack(answers)
    right = table == truth
    return Flips(paths, len(table), (np.diff(table, axis=0) != 0).sum(0), (right[:-1] & ~right[1:]).sum(0))


def _today(project: Project, contents: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Positions among `contents` and rows of the project's table, for images that still can be evaluated."""
    table = project.images()
    row_of: dict[str, int] = {}
    for row in table.rows("all"):
        row_of.setdefault(str(table.content_hash[row]), int(row))
    places = [i for i, content in enumerate(contents) if content in row_of]
    if not places:
        raise DlguiError("epochs", "none of their images is in the project any more", "train again")
    return np.array(places, np.int64), np.array([row_of[contents[i]] for i in places], np.int64)


def _load(run: Run, epoch: float) -> tuple[list[str], np.ndarray]:
    folder = run.folder / FOLDER
    images, found = _read(folder / IMAGES), _read(folder / f"{epoch:09.3f}.npz")
    if images is not None and found is not None:
        contents = images["names"].tobytes().decode().split("\n")
        if found["confidences"].shape == (len(contents), len(run.outputs)):
            return contents, found["confidences"]
    raise DlguiError(run.id, f"epoch {epoch:g} was not kept or is damaged", "choose another epoch")


def _write(path: Path, **arrays: np.ndarray) -> None:
    buffer, given = io.BytesIO(), dict[str, Any](arrays)
    np.savez(buffer, **given)
    write_atomically(path, lambda file: file.write(buffer.getvalue()))


def _read(path: Path) -> dict[str, np.ndarray] | None:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
