"""The curves of runs for other programs: CSV, and event files for TensorBoard."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dlgui.engine.progress import Progress
from dlgui.engine.storage import unwritable, write_atomically
from dlgui.errors import DlguiError
from dlgui.project.operations import batches, runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

HEADER = ("run", "kind", "iteration", "epoch", "loss", "train_top1_error", "validation_top1_error", "learning_rate",
          "seconds")


def write_csv(project: Project, chosen: Sequence[Run], path: str | Path, progress: Progress | None = None) -> None:
    """Every epoch and every batch of runs as one table (columns `HEADER`, errors as fractions; kind is `epoch` or
    `batch`, a batch has no errors). Raises `DlguiError` where it cannot be written, `Cancelled` see `Progress`."""
    progress = progress or Progress()
    progress.task("writing curves", len(chosen))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for run in chosen:
        for row in runs.history(project, run):
            writer.writerow([run.id, "epoch", row["iteration"], row["epoch"], row["loss"], row["train_top1_error"],
                             row["validation_top1_error"], row["learning_rate"], row["seconds"]])
        for iteration, epoch, loss, rate in batches.rows(run):
            writer.writerow([run.id, "batch", int(iteration), epoch, loss, None, None, rate, None])
        progress.advance()
    write_atomically(path, lambda file: file.write(text.getvalue().encode()))


def write_tensorboard(project: Project, chosen: Sequence[Run], folder: str | Path,
                      progress: Progress | None = None) -> list[Path]:
    """Event files of runs, one folder each, for `tensorboard --logdir FOLDER`.

    Returns:
        the folders.

    Raises:
        DlguiError: tensorboardX is not installed, or the folder cannot be written. Cancelled: see `Progress`.
    """
    try:
        from tensorboardX import SummaryWriter
    except ImportError as problem:
        raise DlguiError("TensorBoard event files", "tensorboardX is not installed",
                         "pip install dlgui[tensorboard]") from problem
    progress = progress or Progress()
    progress.task("writing event files", sum(len(batches.read(run)) for run in chosen))
    written = []
    for run in chosen:
        target = Path(folder) / (_file_name(run.name) or run.id)
        began = datetime.fromisoformat(run.created).timestamp()
        try:
            with SummaryWriter(str(target)) as writer:
                writer.add_text("parameters", json.dumps(run.parameters, indent=2), 0, began)
                for iteration, _, loss, rate in batches.rows(run):
                    writer.add_scalar("batch/loss", loss, int(iteration), began)
                    writer.add_scalar("batch/learning_rate", rate, int(iteration), began)
                    progress.advance()
                for row in runs.history(project, run):
                    for key in ("loss", "train_top1_error", "validation_top1_error", "learning_rate"):
                        if row[key] is not None:
                            writer.add_scalar(f"epoch/{key}", row[key], row["iteration"], began + row["seconds"])
        except OSError as problem:
            raise unwritable(target, problem) from problem
        written.append(target)
    return written


def _file_name(text: str) -> str:
    return "".join(c if c.isalnum() or c in "-_ ." else "_" for c in text).strip(" .")
