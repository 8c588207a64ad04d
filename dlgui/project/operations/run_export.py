"""The curves of runs for other programs: CSV, and event files for TensorBoard."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np

from dlgui.engine import event_file
from dlgui.engine.progress import Progress
from dlgui.engine.storage import unwritable, write_atomically
from dlgui.project.operations import batches, runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

HEADER = ("run", "kind", "iteration", "epoch", "loss", "train_top1_error", "validation_top1_error", "learning_rate",
          "seconds")


def write_csv(project: Project, chosen: Sequence[Run], path: str | Path, progress: Progress | None = None) -> None:
    """Every epoch and every batch of runs as one table (columns `HEADER`, errors as fractions; kind is `epoch` or
    `batch`, a batch has no errors). Raises `DlguiError` where it cannot be written, `Cancelled` see `Progress`."""
    progress = progress or Progress()
    progress.task("writing curves", _batches(chosen))

    def write(file: IO[bytes]) -> None:
        file.write(_table([HEADER]))
        for run in chosen:
            file.write(_table([run.id, "epoch", row["iteration"], row["epoch"], row["loss"], row["train_top1_error"],
                               row["validation_top1_error"], row["learning_rate"], row["seconds"]]
                              for row in runs.history(project, run)))
            for part in batches.parts(run):
                file.write(_table([run.id, "batch", int(iteration), epoch, loss, None, None, rate, None]
                                  for iteration, epoch, loss, rate in part.tolist()))
                progress.advance(len(part))

    write_atomically(path, write)


def _table(rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows as they stand in the file. The window waits much longer for one writer on the file, whose many small pieces
    each give Python's lock away and take it again."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def write_tensorboard(project: Project, chosen: Sequence[Run], folder: str | Path,
                      progress: Progress | None = None) -> list[Path]:
    """Event files of runs, one folder each, for `tensorboard --logdir FOLDER`.

    Returns:
        the folders.

    Raises:
        DlguiError: the folder cannot be written. Cancelled: see `Progress`.
    """
    progress = progress or Progress()
    progress.task("writing event files", _batches(chosen))
    written = []
    for run in chosen:
        target = Path(folder) / (_file_name(run.name) or run.id)
        began = datetime.fromisoformat(run.created).timestamp()
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise unwritable(target, problem) from problem
        write_atomically(target / f"events.out.tfevents.{int(began)}.{run.id}", partial(
            _write_events, project=project, run=run, began=began, progress=progress))
        written.append(target)
    return written


def _write_events(file: IO[bytes], project: Project, run: Run, began: float, progress: Progress) -> None:
    file.write(event_file.version(began))
    file.write(event_file.text("parameters/text_summary", json.dumps(run.parameters, indent=2), began))
    for part in batches.parts(run):
        for tag, column in (("batch/loss", 2), ("batch/learning_rate", 3)):
            file.writelines(event_file.scalars(tag, began, part[:, 0], part[:, column]))
        progress.advance(len(part))
    history = runs.history(project, run)
    for key in ("loss", "train_top1_error", "validation_top1_error", "learning_rate"):
        rows = [row for row in history if row[key] is not None]
        file.writelines(event_file.scalars(f"epoch/{key}", np.array([began + row["seconds"] for row in rows]), np.array(
            [row["iteration"] for row in rows]), np.array([row[key] for row in rows])))


def _batches(chosen: Sequence[Run]) -> int:
    return sum(len(batches.read(run)) for run in chosen)


def _file_name(text: str) -> str:
    return "".join(c if c.isalnum() or c in "-_ ." else "_" for c in text).strip(" .")
