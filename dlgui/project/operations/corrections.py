"""Labels that a colleague marked as wrong in a report, coming back as proposals."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlgui.errors import DlguiError
from dlgui.project.changes import Changes
from dlgui.project.operations.label_queue import REVIEWED
from dlgui.project.project import Project

FORMAT, VERSION = "dlgui-corrections", 1
MAX_FILE = 64 << 20
_REMEDY = "use the file that the report's “Save corrections” wrote"


@dataclass(frozen=True)
class Proposal:
    """One marked label.

    Attributes:
        path: of the image, relative to the image root.
        image_id: its row, None where the project has no such image.
        current: its class today.
        given: its class in the report.
        proposed: what it should be, None for no label at all.
        comment: the colleague's words.
        problem: why it cannot simply be taken; empty where it can.
    """

    path: str
    image_id: int | None
    current: str | None
    given: str | None
    proposed: str | None
    comment: str
    problem: str = ""


def read(project: Project, path: str | Path) -> list[Proposal]:
    """Reads a corrections file against the project as it is today.

    Raises:
        DlguiError: no such file, none of a report, or of one of another project.
    """
    path = Path(path)
    document = _document(path)
    found = _against(project, document["corrections"])
    if not found:
        raise DlguiError(path, "no label is marked in it", "mark labels in the report, then save again")
    if all(p.image_id is None for p in found):
        raise DlguiError(path, f"of a report of {document.get('project') or 'another project'}; none of its images is "
                         f"in {project.name}", "open the project that the report is about")
    return found


def _document(path: Path) -> dict[str, Any]:
    """The contents of a corrections file, of the form that this version knows."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise DlguiError(path, f"larger than {MAX_FILE >> 20} MB", _REMEDY)
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except DlguiError:
        raise
    except OSError as problem:
        raise DlguiError(path, problem.strerror or str(problem), "name a file that can be read") from None
    except (ValueError, RecursionError):
        raise DlguiError(path, "not JSON", _REMEDY) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise DlguiError(path, "no corrections of a report", _REMEDY)
    version = document.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise DlguiError(path, "written by a newer dlgui", "update dlgui")
    rows = document.get("corrections")
    if not isinstance(rows, list) or not all(_sound(row) for row in rows):
        raise DlguiError(path, "its list of corrections is damaged", _REMEDY)
    return document


def is_corrections(path: Path) -> bool:
    """Whether a file looks like what a report's “Save corrections” wrote."""
    try:
        with path.open("rb") as file:
            return path.suffix.lower() == ".json" and FORMAT.encode() in file.read(200)
    except OSError:
        return False


def accept(project: Project, proposals: Sequence[Proposal], who: str = "user") -> Changes:
    """Takes proposals over, with their comments as notes, as one step of undo. Those with a `problem` count too, where
    the image and the class are there: whoever accepts has seen it."""
    ids = {info.name: info.id for info in project.classes()}
    usable = [p for p in proposals if p.image_id is not None and (p.proposed is None or p.proposed in ids)]
    table = project.images()
    rows = table.row_of([p.image_id for p in usable if p.image_id is not None])
    with project.store.transact("accept corrections", who=who, labels={p.path: p.proposed for p in usable},
                                comments={p.path: p.comment for p in usable if p.comment}) as t:
        t.update_each("images", ("class_id", "label_origin"), [
            (p.image_id, None if p.proposed is None else ids[p.proposed], REVIEWED) for p in usable])
        t.update_each("images", ("note",), [
            (p.image_id, "\n".join(filter(None, (table.note[row], p.comment))))
            for p, row in zip(usable, rows.tolist(), strict=True) if p.comment and p.comment not in table.note[row]])
    return t.changes


def _sound(row: Any) -> bool:
    return (isinstance(row, dict) and isinstance(row.get("path"), str) and "proposed" in row
            and all(row.get(key) is None or isinstance(row.get(key), str)
                    for key in ("content_hash", "given", "proposed", "comment")))


def _against(project: Project, rows: list[dict[str, Any]]) -> list[Proposal]:
    table, known = project.images(), {info.name for info in project.classes()}
    by_path = {path: i for i, path in enumerate(table.path)}
    by_content = {content: i for i, content in enumerate(table.content_hash) if content}
    found = []
    for row in rows:
        place = by_path.get(row["path"])
        if place is None and row.get("content_hash"):
            place = by_content.get(row["content_hash"])  # the file was moved or renamed
        path, image_id, current, problem = row["path"], None, None, "no such image in the project"
        if place is not None:
            path, image_id, current = table.path[place], int(table.id[place]), table.label_names([place])[0]
            problem = _problem(row, table.content_hash[place], current, known)
        found.append(Proposal(path, image_id, current, row.get("given"), row["proposed"],
                              (row.get("comment") or "")[:10000], problem))
    return found


def _problem(row: dict[str, Any], content: str | None, current: str | None, known: set[str]) -> str:
    """Why a proposal cannot simply be taken, held against the image as it is today; empty where it can."""
    proposed = row["proposed"]
    if row.get("content_hash") and content not in (None, row["content_hash"]):
        return "the file shows something else now"
    if proposed is not None and proposed not in known:
        return f"no class {proposed!r} in the project"
    if current == proposed:
        return "has that label already"
    if row.get("given") is not None and current != row["given"]:
        return f"labeled {current or 'nothing'} by now"
    return ""
