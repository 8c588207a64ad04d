"""The book of training runs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from dlgui.engine.splitting import SUBSETS
from dlgui.errors import DlguiError
from dlgui.project import own_images
from dlgui.project.changes import Changes
from dlgui.project.operations import outputs
from dlgui.project.operations.outputs import Outputs
from dlgui.project.project import ClassInfo, Project

if TYPE_CHECKING:
    from dlgui.engine.classifier import Classifier

STATES = ("running", "paused", "interrupted", "done", "failed")
HISTORY = ("epoch", "iteration", "loss", "train_top1_error", "validation_top1_error", "learning_rate", "seconds")
PIECE = 500
"""Rows of a snapshot that are written in one go."""

GOES_ON = "training goes on"
"""Kind of the commits that tell how far a training is; what is listed as trained does not change with them."""

_COLUMNS = ("id", "name", "note", "network", "method", "state", "error", "parameters", "classes", "seed", "device",
            "created", "pid", "data_hash", "train_seconds", "epochs", "best_epoch", "validation_top1_error",
            "test_top1_error", "images_per_second")

_read: WeakKeyDictionary[Project, tuple[object, list[ClassInfo], dict[int, tuple[tuple[Any, ...], Run]]]] = (
    WeakKeyDictionary())
"""Version of the book when it was read last, the classes that its rows were seen from, and by number row and run: it is
read many times after every commit, and hardly ever is a row new."""


@dataclass(frozen=True)
class Run:
    """One training run; errors are fractions, times seconds.

    Attributes:
        outputs: the classes of its network, then and today.
    """

    id: str
    number: int
    folder: Path
    name: str
    note: str
    network: str
    method: str
    state: str
    error: str
    parameters: dict[str, Any]
    outputs: Outputs
    seed: int
    device: str
    created: str
    pid: int | None
    data_hash: str
    train_seconds: float | None
    epochs: int | None
    best_epoch: int | None
    validation_top1_error: float | None
    test_top1_error: float | None
    images_per_second: float | None

    @property
    def classes(self) -> list[str]:
        """Today's names of the classes that it tells apart, each once."""
        return self.outputs.classes

    @cached_property
    def model(self) -> Path:
        """The best network so far."""
        return self.folder / "best.dlclassifier"

    @property
    def checkpoint(self) -> Path:
        """Where training goes on from."""
        return self.folder / "checkpoint.safetensors"


def create(project: Project, *, network: str, method: str, parameters: dict[str, Any], seed: int, device: str,
           classes: Sequence[str], who: str = "user") -> Run:
    """A new run in state running, with the data it is trained on kept for later."""
    digest = data_hash(project)
    with project.under_way.committed(), project.store.transact(
            "train", who=who, undoable=False, network=network, method=method, parameters=parameters, seed=seed,
            device=device) as t:
        if not project.store.rows("SELECT 1 FROM snapshots WHERE data_hash = ?", [digest]):
            t.insert("snapshots", {"data_hash": digest, "data": _snapshot(project)})
        number = t.insert("runs", {
            "network": network, "method": method, "state": "running", "parameters": json.dumps(parameters),
            "classes": outputs.to_text(project, classes), "seed": seed, "device": device, "pid": os.getpid(),
            "created": datetime.now(UTC).isoformat(timespec="seconds"), "data_hash": digest})
        project.under_way.begin(number, project.runs_folder / _identity(number))
    return get(project, _identity(number))


def append(project: Project, run: Run, row: dict[str, Any], **figures: Any) -> None:
    """Adds a row of history (keys of `HISTORY`) and changes the run's figures with it."""
    with project.store.transact(GOES_ON, undoable=False, journal=False) as t:
        t.insert("history", {"run_id": run.number, **{key: row.get(key) for key in HISTORY}})
        t.update("runs", [run.number], figures)


def update(project: Project, run: Run, **figures: Any) -> Run:
    """Changes a run's state or figures; not undoable."""
    with project.store.transact("progress" if "state" in figures else GOES_ON, undoable=False, journal=False) as t:
        t.update("runs", [run.number], figures)
    if "state" in figures:
        project.under_way.unwritten.pop(run.number, None)
    return get(project, run.id)


def set_parameters(project: Project, run: Run, parameters: Mapping[str, Any]) -> Run:
    """Fills in what a run's parameters left open; not undoable."""
    return update(project, run, parameters=json.dumps(dict(parameters)))


def resume(project: Project, run: Run, after_iteration: int, parameters: Mapping[str, Any] | None = None) -> Run:
    """Sets a run going again, with other parameters where some are given; history behind the checkpoint is cut."""
    changed = {} if parameters is None else {"parameters": json.dumps(dict(parameters))}
    rate = {} if parameters is None else {"learning_rate": parameters["settings"]["learning_rate"]}
    with project.under_way.committed(), project.store.transact("resume", undoable=False, run=run.id, **rate) as t:
        late = project.store.rows("SELECT id FROM history WHERE run_id = ? AND iteration > ?",
                                  [run.number, after_iteration])
        t.delete("history", [row[0] for row in late])
        t.update("runs", [run.number], {"state": "running", "error": "", "pid": os.getpid(), **changed})
        project.under_way.begin(run.number, run.folder)
    project.under_way.unwritten.pop(run.number, None)
    return get(project, run.id)


def end(project: Project, run: Run, state: str, error: str = "") -> None:
    """A training is over and has not come to its end: that is known at once, and written as soon as the disk has
    room."""
    project.under_way.unwritten[run.number] = {"state": state, "pid": None, "error": error}
    write_ends(project)


def write_ends(project: Project) -> bool:
    """Writes what a full disk kept out of the book; says whether nothing is left of it."""
    unwritten = project.under_way.unwritten
    for number, figures in list(unwritten.items()):
        with contextlib.suppress(DlguiError):
            with project.store.transact("progress", undoable=False, journal=False) as t:
                t.update("runs", [number], figures)
            unwritten.pop(number, None)
    return not unwritten


def waiting(project: Project) -> list[Run]:
    """The runs that were paused or interrupted, oldest first."""
    return [run for run in all_runs(project) if run.state in ("paused", "interrupted")]


def all_runs(project: Project) -> list[Run]:
    """All runs, oldest first."""
    version, classes = project.store.version(), project.classes()
    before, of, known = _read.get(project, (None, classes, {}))
    if before != version or of is not classes:
        rows = project.store.rows(f"SELECT {', '.join(_COLUMNS)} FROM runs ORDER BY id")
        old = known if of is classes else {}
        known = {row[0]: old[row[0]] if row[0] in old and old[row[0]][0] == row else (row, _run(project, row, classes))
                 for row in rows}
        _read[project] = version, classes, known
    return [_as_it_is(project, run) for _, run in known.values()]


def some(project: Project) -> bool:
    """Whether there is any run."""
    return bool(project.store.rows("SELECT 1 FROM runs LIMIT 1"))


def get(project: Project, run: str | None = None) -> Run:
    """A run by id, number or name; by default the newest that has a model.

    Raises:
        DlguiError: no such run.
    """
    every = all_runs(project)
    if run is None:
        done = [r for r in every if r.state == "done"] or [r for r in every if r.model.exists()]
        if done:
            return done[-1]
        raise DlguiError(project.folder, "no finished run", "train first: dlgui train PROJECT", "train")
    for candidate in every:
        if run in (candidate.id, str(candidate.number), candidate.name):
            return candidate
    raise DlguiError(f"run {run}", "not in the project",
                     f"use one of: {', '.join(r.id for r in every)}" if every else "train first: dlgui train PROJECT")


def history(project: Project, run: Run) -> list[dict[str, Any]]:
    """The run's history, oldest first."""
    rows = project.store.rows(f"SELECT {', '.join(HISTORY)} FROM history WHERE run_id = ? ORDER BY id", [run.number])
    return [dict(zip(HISTORY, row, strict=True)) for row in rows]


def error_curve(project: Project, run: Run) -> list[float]:
    """Validation errors of a run over the epochs."""
    return [row[0] for row in project.store.rows(
        "SELECT validation_top1_error FROM history WHERE run_id = ? AND validation_top1_error IS NOT NULL ORDER BY id",
        [run.number])]


def rename(project: Project, run: Run, name: str, who: str = "user") -> Changes:
    """Gives a run a name."""
    with project.store.transact("rename run", who=who, run=run.id, name=name) as t:
        t.update("runs", [run.number], {"name": name})
    return t.changes


def note(project: Project, run: Run, text: str, who: str = "user") -> Changes:
    """Writes a note on a run."""
    with project.store.transact("note run", who=who, run=run.id, text=text) as t:
        t.update("runs", [run.number], {"note": text})
    return t.changes


def delete(project: Project, run: Run, who: str = "user") -> Changes:
    """Takes a run off the list; its files stay, so that undo brings it back."""
    return delete_many(project, [run], who)


def delete_many(project: Project, chosen: Sequence[Run], who: str = "user") -> Changes:
    """Takes runs off the list as one deed; their files stay, so that undo brings them back."""
    with project.store.transact("delete run", who=who, run=", ".join(run.id for run in chosen)) as t:
        numbers = [run.number for run in chosen]
        for table in ("history", "evaluations"):
            t.delete(table, [row[0] for row in project.store.rows(
                f"SELECT id FROM {table} WHERE run_id IN (SELECT value FROM json_each(?))", [json.dumps(numbers)])])
        t.delete("runs", numbers)
    return t.changes


def data_hash(project: Project) -> str:
    """A hash of today's trainable images, labels and split."""
    digest = hashlib.sha256()
    for piece in _pieces(project):
        digest.update(piece)
    return digest.hexdigest()[:32]


def snapshot(project: Project, run: Run) -> dict[str, tuple[str, str | None]]:
    """Path → (class, split) of the images a run was trained on, as they were then."""
    return {path: (label, subset) for path, _, label, subset in snapshot_rows(project, run)}


def snapshot_today(project: Project, run: Run) -> dict[str, tuple[str, str | None]]:
    """The same with the classes' names of today: who was only renamed or merged is not relabeled."""
    return {path: (run.outputs.today(label), subset) for path, (label, subset) in snapshot(project, run).items()}


def unchanged(project: Project, run: Run) -> bool:
    """Whether images, labels and split are still those that a run was trained on; names of classes do not matter."""
    if data_hash(project) == run.data_hash:
        return True
    if run.outputs.merged or not run.outputs.renamed:
        return False
    then = [(path, content, run.outputs.today(label), subset)
            for path, content, label, subset in snapshot_rows(project, run)]
    return then == current_rows(project)


def classifier(run: Run) -> Classifier:
    """The run's model, its classes named as they are today (`Outputs.names`). Raises `ModelFileError`."""
    from dlgui.engine.model_file import read_model

    made = read_model(run.model)
    made.rename_classes(run.outputs.names)
    return made


def snapshot_rows(project: Project, run: Run) -> list[tuple[str, str, str, str | None]]:
    """(path, content hash, class, split) of the images a run was trained on, as they were then."""
    found = project.store.rows("SELECT data FROM snapshots WHERE data_hash = ?", [run.data_hash])
    return [(own_images.from_store(project.folder, path), content, label, subset)
            for path, content, label, subset in json.loads(zlib.decompress(found[0][0]))]


def current_rows(project: Project) -> list[tuple[str, str, str, str | None]]:
    """What a run that began now would be trained on, as `snapshot_rows` gives it."""
    table = project.images()
    rows, subsets = table.rows("all"), [*SUBSETS, None]  # the last for -1
    return [(table.path[row], str(table.content_hash[row]), table.class_names[label], subsets[subset])
            for row, label, subset in zip(rows.tolist(), table.label[rows].tolist(), table.split[rows].tolist(),
                                          strict=True)]


def _snapshot(project: Project) -> bytes:
    packer = zlib.compressobj(1)
    return b"".join([*map(packer.compress, _pieces(project)), packer.flush()])


def _pieces(project: Project) -> Iterator[bytes]:
    """Today's rows as JSON, a piece at a time: one call for all of them would keep Python's lock from the window."""
    rows = [(own_images.to_store(project.folder, path), *rest) for path, *rest in current_rows(project)]
    yield b"["
    for start in range(0, len(rows), PIECE):
        text = json.dumps(rows[start:start + PIECE], ensure_ascii=False)[1:-1]
        yield (", " * bool(start) + text).encode()
    yield b"]"


def _identity(number: int) -> str:
    return f"run-{number:03d}"


def _run(project: Project, row: tuple[Any, ...], classes: Sequence[ClassInfo]) -> Run:
    """What a row of the book says."""
    values = dict(zip(_COLUMNS, row, strict=True))
    number = values.pop("id")
    values["parameters"] = json.loads(values["parameters"])
    values["outputs"] = outputs.from_text(values.pop("classes"), classes)
    folder = project.runs_folder / _identity(number)
    return Run(id=folder.name, number=number, folder=folder, **values)


def _as_it_is(project: Project, run: Run) -> Run:
    """With what could not be written; one that the book says is running and that nobody trains was interrupted."""
    if run.number in project.under_way.unwritten:
        run = replace(run, **project.under_way.unwritten[run.number])
    if run.state == "running" and not project.under_way.trains(run.number, run.folder):
        run = replace(run, state="interrupted")
    return run
