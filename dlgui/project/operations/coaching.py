"""What the coach is shown of a run of the project."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from pathlib import Path

from dlgui.engine.coach import Advice, Case
from dlgui.engine.coach import advise as coach
from dlgui.project.operations import run_files, runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project


def advise(project: Project, run: Run) -> list[Advice]:
    """The coach's advice on a run and the data that it was trained on."""
    images = _images(project, run)
    quick = run.method == "quick"
    return coach(Case(
        runs.history(project, run), run.method, 1 if quick else run.parameters["settings"]["epochs"],
        run.state == "done", _training_images(run, images),
        sum(n for (subset, _), n in images.items() if subset == "validation"),
        run_files.quick_fit(run).get("top1_error") if quick else None, run.best_epoch, run.validation_top1_error))


def _training_images(run: Run, images: Counter[tuple[str | None, str]]) -> Counter[str]:
    found = Counter[str]()
    for (subset, label), count in images.items():
        if subset == "train":
            found[run.outputs.today(label)] += count
    return found


def _images(project: Project, run: Run) -> Counter[tuple[str | None, str]]:
    """How many images of each subset and class (by its name then) a run was trained on; remembered, for a snapshot may
    be long and the coach is asked after every epoch."""
    kept = _remembered(project.folder.resolve(), run.data_hash)
    if not kept:
        kept.update((subset, label) for label, subset in runs.snapshot(project, run).values())
    return kept


@lru_cache(maxsize=64)
def _remembered(folder: Path, data_hash: str) -> Counter[tuple[str | None, str]]:
    return Counter()
