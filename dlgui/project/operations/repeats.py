"""Training a run again: the same result, or the first thing that differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dlgui.engine.progress import Progress
from dlgui.engine.training_events import Event
from dlgui.errors import DlguiError
from dlgui.project.operations import runs, seals, training
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project


@dataclass(frozen=True)
class Difference:
    """The first difference: what, and its value then and now.

    Attributes:
        stage: `data`, `environment` (both found before training) or `result`.
    """

    stage: str
    what: str
    then: str
    now: str


@dataclass(frozen=True)
class Repetition:
    """What came of repeating a run.

    Attributes:
        original, again: the runs; `again` is None where the data have changed, for then nothing was trained.
        difference: the first difference of the result (or of the data), None where there is none, to the last bit.
        environment: another version or processor than then, which may explain a difference; None without one.
        seal: of the original.
    """

    original: Run
    again: Run | None
    difference: Difference | None
    environment: Difference | None
    seal: str

    @property
    def same(self) -> bool:
        """Whether every loss, error and weight is the same."""
        return self.again is not None and self.difference is None


def sealed_runs(project: Project) -> list[Run]:
    """The finished runs that carry a seal, newest first."""
    return [run for run in reversed(runs.all_runs(project)) if run.state == "done" and seals.read(run) is not None]


def changed_data(project: Project, run: Run) -> Difference | None:
    """The first image, label or split that is not as it was when the run began."""
    before = {path: [content, run.outputs.today(label), subset]
              for path, content, label, subset in runs.snapshot_rows(project, run)}
    now = {path: rest for path, *rest in runs.current_rows(project)}
    for path in sorted(before.keys() | now.keys()):
        if before.get(path) == now.get(path):
            continue
        if path not in now:
            return Difference("data", path, "there", "gone, excluded or without a label")
        if path not in before:
            return Difference("data", path, "not there", "there")
        for i, what in enumerate(("content", "label", "split")):
            if before[path][i] != now[path][i]:
                return Difference("data", f"{what} of {path}", str(before[path][i]), str(now[path][i]))
    return None


def repeat(project: Project, run: Run, progress: Progress | None = None,
           listener: Callable[[Run, Event], None] | None = None) -> Repetition:
    """Trains a run again with the same data, seed and settings, as a run of its own, and compares.

    Args:
        project: which.
        run: a finished run with a seal.
        progress: cancels, which leaves the new run paused.
        listener: called with the new run and each of its events.

    Raises:
        DlguiError: the run has no seal, or what a training may raise. Cancelled: see `Progress`.
    """
    sealed = seals.read(run)
    if sealed is None:
        raise DlguiError(run.id, "it carries no reproduction seal", "repeat a finished run of this version of dlgui")
    changed = changed_data(project, run)
    if changed is not None:
        return Repetition(run, None, changed, None, sealed["seal"])
    again = runs.create(project, network=run.network, method=run.method, parameters=run.parameters, seed=run.seed,
                        device=run.device, classes=run.classes)
    runs.rename(project, again, f"{run.name or run.id} again")
    for event in training.execute(project, again, progress):
        if listener is not None:
            listener(again, event)
    again = runs.get(project, again.id)
    result = seals.read(again)
    if result is None:
        raise DlguiError(again.folder / seals.FILE, "the seal of the repeated run could not be written",
                         "free some disk space and repeat again")
    return Repetition(run, again, _difference("result", sealed["outcome"], result["outcome"]),
                      _difference("environment", *(_surroundings(s["ingredients"]) for s in (sealed, result))),
                      sealed["seal"])


def _surroundings(ingredients: dict[str, Any]) -> dict[str, Any]:
    """Without the data, which `changed_data` has compared: their hashes differ where a class was renamed."""
    return {name: value for name, value in ingredients.items() if name not in ("images", "labels", "split", "classes")}


def _difference(stage: str, then: Any, now: Any) -> Difference | None:
    found = seals.first_difference(then, now)
    return Difference(stage, found[0], _short(found[1]), _short(found[2])) if found else None


def _short(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)
