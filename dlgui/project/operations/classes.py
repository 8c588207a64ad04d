"""Making, naming, merging, ordering and deleting classes."""

from __future__ import annotations

from collections.abc import Sequence

from dlgui.errors import DlguiError, InvalidValue
from dlgui.project.changes import Changes
from dlgui.project.operations import costs, outputs
from dlgui.project.project import ClassInfo, Project
from dlgui.project.store import Transaction

COLOURS = ("#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#b07aa1", "#76b7b2", "#edc948", "#ff9da7", "#9c755f",
           "#8cd17d", "#499894", "#d37295", "#a0cbe8", "#ffbe7d", "#79706e", "#d4a6c8")
"""Colours of new classes, in turn; chosen to differ also for colour-blind eyes where they are few."""

RESERVED = "adfnx"
"""Letters that do something else in the grid: A and D move, F flags, N writes a note, X excludes."""

_KEYS = "1234567890qwertyuiopghjklzcvbms"


def ensure(project: Project, t: Transaction, names: Sequence[str]) -> dict[str, int]:
    """Ids of classes by name, made in the open transaction where they are missing."""
    ids = {info.name: info.id for info in project.classes()}
    taken = {info.shortcut for info in project.classes()}
    place = max((info.position for info in project.classes()), default=-1) + 1
    for name in names:
        if name in ids:
            continue
        key = next((k for k in _KEYS if k not in taken), None)
        taken.add(key)
        ids[name] = t.insert("classes", {"name": name, "colour": COLOURS[place % len(COLOURS)], "shortcut": key,
                                         "position": place})
        place += 1
    return ids


def find(project: Project, name: str) -> ClassInfo:
    """The class of that name. Raises `DlguiError`."""
    for info in project.classes():
        if info.name == name:
            return info
    raise DlguiError(f"class {name}", "not in the project",
                     f"use one of: {', '.join(c.name for c in project.classes())}")


def add(project: Project, name: str, who: str = "user") -> Changes:
    """A new class at the end of the list. Raises `InvalidValue` on an empty or taken name."""
    _check_name(project, name)
    with project.store.transact("add class", who=who, name=name) as t:
        ensure(project, t, [name])
    return t.changes


def rename(project: Project, class_id: int, name: str, who: str = "user") -> Changes:
    """Gives a class another name. Raises `InvalidValue`."""
    old = _get(project, class_id).name
    if name == old:
        return Changes()
    _check_name(project, name)
    with project.store.transact("rename class", who=who, name=old, to=name) as t:
        outputs.follow(project, t)
        costs.follow(project, t, old, name)
        t.update("classes", [class_id], {"name": name})
    return t.changes


def recolour(project: Project, class_id: int, colour: str, who: str = "user") -> Changes:
    """Gives a class another colour, `#rrggbb`."""
    with project.store.transact("recolour class", who=who, name=_get(project, class_id).name, colour=colour) as t:
        t.update("classes", [class_id], {"colour": colour})
    return t.changes


def set_shortcut(project: Project, class_id: int, key: str | None, who: str = "user") -> Changes:
    """Gives a class a key, taking it from the class that had it; None or empty takes the key away.

    Raises:
        InvalidValue: not a single digit or letter, or one of `RESERVED`.
    """
    key = key.lower() if key else None
    if key is not None and (len(key) != 1 or not key.isalnum() or key in RESERVED):
        raise InvalidValue("key", key, f"one digit or letter, but none of {', '.join(RESERVED.upper())}")
    with project.store.transact("set shortcut", who=who, name=_get(project, class_id).name, key=key) as t:
        t.update("classes", [c.id for c in project.classes() if key and c.shortcut == key], {"shortcut": None})
        t.update("classes", [class_id], {"shortcut": key})
    return t.changes


def reorder(project: Project, class_ids: Sequence[int], who: str = "user") -> Changes:
    """Puts the classes into a new order (all ids, once each)."""
    if sorted(class_ids) != sorted(c.id for c in project.classes()):
        raise InvalidValue("order", list(class_ids), "every class once")
    names = {c.id: c.name for c in project.classes()}
    with project.store.transact("reorder classes", who=who, names=[names[c] for c in class_ids]) as t:
        t.update_each("classes", ["position"], [(c, i) for i, c in enumerate(class_ids)])
    return t.changes


def merge(project: Project, class_ids: Sequence[int], into_id: int, who: str = "user") -> Changes:
    """Gives all images of some classes to another class and deletes the emptied ones."""
    away = [c for c in class_ids if c != into_id]
    names = [_get(project, c).name for c in away]
    with project.store.transact("merge classes", who=who, names=names, into=_get(project, into_id).name) as t:
        outputs.follow(project, t, dict.fromkeys(away, into_id))
        t.update("images", _images_of(project, away), {"class_id": into_id})
        t.delete("classes", away)
    return t.changes


def delete(project: Project, class_id: int, who: str = "user") -> Changes:
    """Deletes a class; its images lose their label (undo brings both back)."""
    with project.store.transact("delete class", who=who, name=_get(project, class_id).name) as t:
        t.update("images", _images_of(project, [class_id]), {"class_id": None, "label_origin": "person"})
        t.delete("classes", [class_id])
    return t.changes


def _images_of(project: Project, class_ids: Sequence[int]) -> list[int]:
    return [row[0] for c in class_ids
            for row in project.store.rows("SELECT id FROM images WHERE class_id = ?", [c])]


def _get(project: Project, class_id: int) -> ClassInfo:
    for info in project.classes():
        if info.id == class_id:
            return info
    raise DlguiError(f"class {class_id}", "not in the project", "choose a class that is")


def _check_name(project: Project, name: str) -> None:
    if not name.strip():
        raise InvalidValue("class name", name, "a name that is not empty")
    if any(info.name == name for info in project.classes()):
        raise InvalidValue("class name", name, "a name that is not taken")
