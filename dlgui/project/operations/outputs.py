"""What a run's network tells apart: the classes of its day, and what they are called today.

The book keeps the row of each class beside its name, so that a run follows classes that are renamed or merged later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dlgui.project.project import ClassInfo, Project
from dlgui.project.store import Transaction


@dataclass(frozen=True)
class Outputs:
    """The outputs of a network, in their order.

    Attributes:
        then: what each class was called when the run began; so does the model file.
        now: what each is called today; a name comes twice where classes were merged since.
    """

    then: list[str]
    now: list[str]

    def __len__(self) -> int:
        return len(self.then)

    @cached_property
    def classes(self) -> list[str]:
        """Names of today, each once, in the order of the first output of each."""
        return list(dict.fromkeys(self.now))

    @property
    def merged(self) -> bool:
        """Whether several outputs are one class today."""
        return len(self.classes) < len(self.now)

    @cached_property
    def names(self) -> list[str]:
        """A name an output, each once: that of today for one output of a class, that of its day for those merged in."""
        leading = {name: i for i, name in reversed(list(enumerate(self.now)))}
        leading.update({name: i for i, name in enumerate(self.now) if self.then[i] == name})
        taken = set(self.classes)
        made = []
        for i, name in enumerate(self.now):
            if leading[name] != i:
                name = _free(self.then[i], taken)
                taken.add(name)
            made.append(name)
        return made

    @cached_property
    def of_class(self) -> dict[str, int]:
        """Which output stands for a class of today."""
        return {name: self.names.index(name) for name in self.classes}

    @property
    def renamed(self) -> dict[str, str]:
        """Name then → name today, of the classes that are called otherwise or were merged into others."""
        return {then: now for then, now in zip(self.then, self.now, strict=True) if then != now}

    def members(self, name: str) -> tuple[str, ...]:
        """The `names` of all outputs that are one class today; the name alone where no output is."""
        return tuple(own for own, now in zip(self.names, self.now, strict=True) if now == name) or (name,)

    def today(self, name: str) -> str:
        """Today's name of a class of then; the name itself where it is none of this run's."""
        return self.renamed.get(name, name)

    @cached_property
    def place(self) -> np.ndarray:
        """int64 (outputs,): which of `classes` each output is."""
        return np.array([self.classes.index(name) for name in self.now], np.int64)

    def fold(self, confidences: np.ndarray) -> np.ndarray:
        """Confidences (n, outputs) as (n, classes) of today: those of merged classes add up."""
        if not self.merged:
            return confidences
        folded = np.zeros((len(confidences), len(self.classes)), confidences.dtype)
        for output, place in enumerate(self.place):
            folded[:, place] += confidences[:, output]
        return folded


def to_text(project: Project, names: Sequence[str]) -> str:
    """Classes of a new run, as the book keeps them."""
    ids = {info.name: info.id for info in project.classes()}
    return json.dumps([[ids[name], name] if name in ids else name for name in names])


def from_text(text: str, classes: Sequence[ClassInfo]) -> Outputs:
    """What `to_text` wrote, seen from the classes of today.

    A class that was deleted keeps its name, unless another one bears that name now.
    """
    today = {info.id: info.name for info in classes}
    entries = _entries(text)
    taken = {today[row] for row, _ in entries if row in today}
    now = []
    for row, name in entries:
        if row in today:
            name = today[row]
        else:
            name = _free(name, taken)
            taken.add(name)
        now.append(name)
    return Outputs([name for _, name in entries], now)


def follow(project: Project, t: Transaction, into: Mapping[int, int] | None = None) -> None:
    """Before classes are renamed or merged: lets the book's runs go along.

    Args:
        project: which.
        t: the open transaction.
        into: class that will be no more → class that its images go to.
    """
    into = into or {}
    ids = {info.name: info.id for info in project.classes()}
    for number, text in project.store.rows("SELECT id, classes FROM runs"):
        known = [(ids.get(name) if row is None else row, name) for row, name in _entries(text)]
        t.update("runs", [number], {"classes": json.dumps(
            [name if row is None else [into.get(row, row), name] for row, name in known])})


def _entries(text: str) -> list[tuple[int | None, str]]:
    """(row, name then) of every output; no row in books from before rows were kept."""
    return [(None, entry) if isinstance(entry, str) else (int(entry[0]), str(entry[1])) for entry in json.loads(text)]


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name = f"{name} (former)"
    return name
