"""What a run leaves in its folder beside model, checkpoint and confidences; each may be missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from dlgui.engine.storage import write_atomically
from dlgui.project.operations.runs import Run


class Worst(NamedTuple):
    """An image of the validation split: its path, class, predicted class, and the confidence of its class."""

    path: str
    truth: str
    predicted: str
    confidence: float


def write_worst(run: Run, rows: Sequence[tuple[str, str, str, float]]) -> None:
    """Keeps the validation images that speak most against the network, worst first, as in `Worst`."""
    _write(run, "worst.json", rows)


def worst(run: Run) -> list[Worst]:
    """The validation images that spoke most against the network after its last epoch, worst first."""
    try:
        return [Worst(str(p), str(t), str(q), float(c)) for p, t, q, c in _read(run, "worst.json")]
    except (ValueError, TypeError):
        return []


def write_quick_fit(run: Run, description: dict[str, Any]) -> None:
    """Keeps how a quick run chose its stages."""
    _write(run, "fit.json", description)


def quick_fit(run: Run) -> dict[str, Any]:
    """How a quick run chose its stages: `candidates` (name → top-1 error in cross-validation), `members` (names),
    `top1_error`; empty for other runs."""
    found = _read(run, "fit.json")
    return found if isinstance(found, dict) else {}


def add_notice(run: Run, text: str, instead: str = "") -> None:
    """Writes down something that the user should know about a run, once; in the place of what begins with `instead`."""
    before = [notice for notice in notices(run) if not (instead and notice.startswith(instead))]
    if text not in before:
        _write(run, "notices.json", [*before, text])


def notices(run: Run) -> list[str]:
    """What the user should know about a run, oldest first."""
    found = _read(run, "notices.json")
    return [str(text) for text in found] if isinstance(found, list) else []


def write_problem(run: Run, problem: Exception) -> None:
    """Keeps what helps against the problem that a run failed with."""
    _write(run, "problem.json", {"error": str(problem), "mend": getattr(problem, "mend", "")})


def mend(run: Run) -> str:
    """What helps against the problem that a run failed with, as `DlguiError.mend` says it; empty where nothing is
    known."""
    found = _read(run, "problem.json")
    return str(found["mend"]) if isinstance(found, dict) and found.get("error") == run.error else ""


def _write(run: Run, name: str, value: Any) -> None:
    content = json.dumps(value, ensure_ascii=False).encode()
    write_atomically(run.folder / name, lambda file: file.write(content))


def _read(run: Run, name: str) -> Any:
    try:
        return json.loads((run.folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
