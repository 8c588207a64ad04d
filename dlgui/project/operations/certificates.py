"""The certificates of a run's exports, kept in its folder for the report."""

from __future__ import annotations

import contextlib
import json

from dlgui.engine.certificate import Certificate
from dlgui.engine.storage import write_atomically
from dlgui.errors import DlguiError
from dlgui.project.operations.runs import Run

_BOOK = "exports.json"
_KEPT = 50


def note(run: Run, name: str, certificate: Certificate) -> None:
    """Adds the certificate of the exported file `name`."""
    book = [*all_of(run), (name, certificate)][-_KEPT:]
    content = json.dumps([{"file": file, "certificate": c.to_dict()} for file, c in book]).encode()
    with contextlib.suppress(DlguiError):  # a protected project can still be exported from
        write_atomically(run.folder / _BOOK, lambda file: file.write(content))


def all_of(run: Run) -> list[tuple[str, Certificate]]:
    """File names and certificates of the run's exports so far, oldest first."""
    try:
        found = json.loads((run.folder / _BOOK).read_text(encoding="utf-8"))
        return [(str(item["file"]), Certificate.from_dict(item["certificate"])) for item in found]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # a lost note is no reason to stop
