"""Giving images their class, flags and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlgui.project.changes import Changes
from dlgui.project.project import Project


def assign(project: Project, ids: Sequence[int], class_id: int | None, *, origin: str = "person",
           who: str = "user") -> Changes:
    """Gives images a class (None takes it away); on disk when this returns."""
    return assign_many(project, dict.fromkeys(ids, class_id), origin=origin, who=who)


def assign_many(project: Project, labels: Mapping[int, int | None], *, origin: str = "person",
                who: str = "user") -> Changes:
    """Gives each image its own class, as one step of undo.

    The origin is kept with a label that is taken away, too: importing again does not bring that label back.
    """
    names = {info.id: info.name for info in project.classes()}
    table = project.images()
    rows = table.row_of(list(labels))
    paths = {table.path[row]: names.get(c or -1) for row, c in zip(rows, labels.values(), strict=True)}
    with project.store.transact("label", who=who, labels=paths) as t:
        t.update_each("images", ("class_id", "label_origin"),
                      [(i, c, origin) for i, c in labels.items()])
    return t.changes


def flag(project: Project, ids: Sequence[int], flag: bool = True, who: str = "user") -> Changes:
    """Marks images for later."""
    with project.store.transact("flag", who=who, flag=flag, count=len(ids), paths=_paths(project, ids)) as t:
        t.update("images", ids, {"flag": int(flag)})
    return t.changes


def exclude(project: Project, ids: Sequence[int], exclude: bool = True, who: str = "user") -> Changes:
    """Leaves images out of training and evaluation without deleting anything."""
    with project.store.transact("exclude", who=who, exclude=exclude, paths=_paths(project, ids)) as t:
        t.update("images", ids, {"excluded": int(exclude)})
    return t.changes


def note(project: Project, ids: Sequence[int], text: str, who: str = "user") -> Changes:
    """Writes a note on images."""
    with project.store.transact("note", who=who, count=len(ids), text=text, paths=_paths(project, ids)) as t:
        t.update("images", ids, {"note": text})
    return t.changes


def _paths(project: Project, ids: Sequence[int]) -> list[str]:
    table = project.images()
    return [table.path[row] for row in table.row_of(ids)]
