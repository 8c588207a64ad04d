"""What undo and redo would do next."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dlgui.project.project import Project
from dlgui.project.store import NEXT_REDO, NEXT_UNDO

_WITH_LARGE_FILES = frozenset({"store rule"})
"""Deeds whose undo and redo write large files."""

_MUCH = 2_000
"""Bytes, packed, of what undo or redo write into the book, that are much: a thousand rows."""

_LONGEST = 20_000
"""Longest details, in characters, that are read to name a deed."""


@dataclass(frozen=True)
class Deed:
    """One step of undo or redo.

    Attributes:
        kind: as in the journal, e.g. `label`.
        details: as in the journal; empty where they are long.
        large: whether undo or redo take too long for a window to wait.
    """

    kind: str
    details: dict[str, Any]
    large: bool = False


def next_undo(project: Project) -> Deed | None:
    """What undo would take back, None where there is nothing."""
    return _deed(project, NEXT_UNDO)


def next_redo(project: Project) -> Deed | None:
    """What redo would do again, None where there is nothing."""
    return _deed(project, NEXT_REDO)


def _deed(project: Project, query: str) -> Deed | None:
    found = project.store.rows(f"SELECT kind, CASE WHEN length(details) <= ? THEN details ELSE '{{}}' END, "
                               f"length(inverse) FROM journal WHERE id = ({query})", [_LONGEST])
    if not found:
        return None
    kind, details, size = found[0]
    return Deed(kind, json.loads(details), kind in _WITH_LARGE_FILES or size > _MUCH)
