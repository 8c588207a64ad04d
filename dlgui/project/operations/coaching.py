"""What the coach is shown of a run of the project."""

from __future__ import annotations

from collections import Counter

from dlgui.engine.coach import Advice, Case
from dlgui.engine.coach import advise as coach
from dlgui.project.operations import run_files, runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project


def advise(project: Project, run: Run) -> list[Advice]:
    """The coach's advice on a run and the data that it was trained on."""
    data = runs.snapshot(project, run).values()
    counts = Counter(label for label, subset in data if subset == "train")
    quick = run.method == "quick"
    return coach(Case(
        runs.history(project, run), run.method, 1 if quick else run.parameters["settings"]["epochs"],
        run.state == "done", dict(counts), sum(subset == "validation" for _, subset in data),
        run_files.quick_fit(run).get("top1_error")))
