"""The journal as lines of Python over `dlgui.project.scripting`: what each click stands for."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from dlgui.project.project import Project

LIMIT = 2000
"""Newest entries that are shown."""
_MOVES = ("relocate", "unpack")
_EXPORTS = frozenset({"export model", "export report", "export card", "export script", "export data set", "pack"})
SHORT = 2
"""Paths that a shortened line names."""


@dataclass(frozen=True)
class Entry:
    """One deed.

    Attributes:
        id: its row.
        time: ISO 8601, UTC.
        kind: what it was, as the journal names it.
        state: `done`, `undone`, or `dropped` (undone, and something else was done since).
        details: as the journal keeps them.
    """

    id: int
    time: str
    kind: str
    state: str
    details: dict[str, Any]

    @cached_property
    def line(self) -> str:
        """The Python that does it again; a comment where no line can."""
        return line(self.kind, self.details)

    @cached_property
    def short(self) -> str:
        """The same with long lists cut, for reading."""
        return line(self.kind, self.details, short=True)


def entries(project: Project, limit: int = LIMIT, known: Sequence[Entry] = ()) -> list[Entry]:
    """The newest deeds, oldest of them first.

    Args:
        project: whose journal.
        limit: at most so many.
        known: what was read before; its details are not read again.
    """
    old = {entry.id: entry for entry in known}
    last = max(old, default=0)
    states = project.store.rows("SELECT id, state FROM journal ORDER BY id DESC LIMIT ?", [limit])
    fresh = {row[0]: row for row in project.store.rows(
        "SELECT id, time, kind, details FROM journal WHERE id > ? ORDER BY id DESC LIMIT ?", [last, limit])}
    found = []
    for row, state in reversed(states):
        if row in fresh:
            _, time, kind, details = fresh[row]
            found.append(Entry(row, time, kind, state, json.loads(details)))
        elif row in old:
            found.append(old[row] if old[row].state == state else replace(old[row], state=state))
    return found


def script(project: Project, chosen: Sequence[Entry] | None = None) -> str:
    """A script that does deeds again, on a new project where their first is the making of one.

    What was undone is left out, but named in a comment: a training in between saw it. So are exports, which would write
    over what they wrote, unless they are among the `chosen`. Where the images have moved since the project was made, it
    is made where they are now. `dlgui script` writes what a run saw.
    """
    left_out = _EXPORTS if chosen is None else frozenset()
    chosen = entries(project, 1 << 30) if chosen is None else list(chosen)
    lines = ['"""Steps of a dlgui project.', "", "    python SCRIPT PROJECT", '"""', "", "import sys", "",
             "from dlgui.project.scripting import ProjectScript", ""]
    if not chosen or chosen[0].kind != "create":
        lines.append("project = ProjectScript.open(sys.argv[1])")
    elif moved := [e for e in chosen if e.kind in _MOVES]:
        place = str(project.folder / moved[-1].details["images"])
        lines.append(line("create", {**chosen[0].details, "images": place}))
        chosen = [e for e in chosen[1:] if e.kind not in _MOVES]
    for e in chosen:
        if e.state != "done":
            lines.append(f"# undone: {e.line}")
        else:
            lines.append(f"# not again: {e.line}" if e.kind in left_out else e.line)
    return "\n".join([*lines, "project.close()", ""])


def line(kind: str, details: dict[str, Any], short: bool = False) -> str:
    """The Python line of one deed."""
    maker = _LINES.get(kind)
    try:
        if maker is not None:
            return maker(details, (lambda value: _short(value)) if short else repr)
    except (KeyError, TypeError):
        pass  # written by an earlier version, which noted less
    text = ", ".join(f"{k} {v}" for k, v in details.items() if not isinstance(v, (dict, list)) and v is not None)
    return "# " + " ".join(f"{kind}: {text}".rstrip(": ").split())


Show = Callable[[Any], str]


def _call(name: str, show: Show, *values: Any, **named: Any) -> str:
    return f"project.{name}({', '.join([*map(show, values), *(f'{k}={show(v)}' for k, v in named.items())])})"


def _label(d: dict[str, Any], show: Show) -> str:
    given = d["labels"]
    names = set(given.values())
    return _call("label", show, list(given), *names) if len(names) == 1 else _call("label", show, given)


def _train(d: dict[str, Any], show: Show) -> str:
    p = d["parameters"]
    more = {"preprocessing": p["preprocessing"], **({"settings": p["settings"]} if p.get("settings") else {})}
    if not p.get("pretrained", True):
        more["pretrained"] = False
    return _call("train", show, d["network"], d["method"], seed=d["seed"], device=d["device"].partition(":")[0], **more)


def _split(d: dict[str, Any], show: Show) -> str:
    usual = {"group_by": None, "overwrite": False, "together": "exact"}
    return _call("split", show, d["train"], d["validation"], d["seed"], **{
        name: d[name] for name, value in usual.items() if d.get(name, value) != value})


def _costs(d: dict[str, Any], show: Show) -> str:
    own = {(answer, truth): cost for answer, truth, cost in d["own"]}
    return _call("set_costs", show, d["error"], d["unsure"], *([own] if own else []))


def _rule(d: dict[str, Any], show: Show) -> str:
    named = {name: d[name] for name in ("costs", "false_alarm_rate") if d[name] is not None}
    return _call("store_rule", show, d["run"], d["thresholds"], **named)


_LINES: dict[str, Callable[[dict[str, Any], Show], str]] = {
    "create": lambda d, show: f"project = ProjectScript.create(sys.argv[1], {show(d['images'])}, {show(d['source'])})",
    "import": lambda d, show: _call("rescan", show, d["source"], **({"overwrite": True} if d.get("overwrite") else {})),
    "label": _label,
    "accept corrections": lambda d, show: _call("correct", show, *filter(None, (d["labels"], d.get("comments")))),
    "flag": lambda d, show: _call("flag", show, d["paths"], d["flag"]),
    "exclude": lambda d, show: _call("exclude", show, d["paths"], d["exclude"]),
    "note": lambda d, show: _call("note", show, d["paths"], d["text"]),
    "add class": lambda d, show: _call("add_class", show, d["name"]),
    "rename class": lambda d, show: _call("rename_class", show, d["name"], d["to"]),
    "recolour class": lambda d, show: _call("recolour_class", show, d["name"], d["colour"]),
    "set shortcut": lambda d, show: _call("set_shortcut", show, d["name"], d["key"]),
    "reorder classes": lambda d, show: _call("reorder_classes", show, d["names"]),
    "merge classes": lambda d, show: _call("merge_classes", show, d["names"], d["into"]),
    "delete class": lambda d, show: _call("delete_class", show, d["name"]),
    "split": _split,
    "assign split": lambda d, show: _call("assign_split", show, d["paths"], d["subset"]),
    "train": _train,
    "evaluate": lambda d, show: _call("evaluate", show, d["run"], d["split"]),
    "rename run": lambda d, show: _call("rename_run", show, d["run"], d["name"]),
    "note run": lambda d, show: _call("note_run", show, d["run"], d["text"]),
    "delete run": lambda d, show: _call("delete_runs", show, d["run"].split(", ")),
    "resume": lambda d, show: _call("resume", show, d["run"], **{k: d[k] for k in ("learning_rate",) if k in d}),
    "set costs": _costs,
    "store rule": _rule,
    "relocate": lambda d, show: _call("relocate", show, d["images"]),
    "assign splits": lambda d, show: _call("assign_splits", show, d["splits"]),
    "unite splits": lambda d, show: _call("assign_splits", show, d["splits"]),
    "lock test split": lambda d, show: _call("lock_test_split", show, d["locked"]),
    "add images": lambda d, show: _call("add_images", show, d["labels"]),
    "import data set": lambda d, show: _call("import_data", show, d["source"], **{
        name: d[key] for name, key in (("kind", "form"), ("by_file", "by_file")) if d.get(key)}),
    "intended use": lambda d, show: _call("intended_use", show, d["text"]),
    "export model": lambda d, show: _call("export_model", show, d["run"], d["format"], d["file"], **(
        {"int8": True} if d["int8"] else {})),
    "export report": lambda d, show: _call("export_report", show, d["run"], d["file"]),
    "export card": lambda d, show: _call("export_card", show, d["run"], d["file"]),
    "export script": lambda d, show: _call("export_script", show, d["run"], d["file"]),
    "export data set": lambda d, show: _call("export_data", show, d["form"], d["folder"], d["images"]),
    "pack": lambda d, show: _call("pack", show, d["file"], d["images"]),
}


def _short(value: Any) -> str:
    if isinstance(value, list) and len(value) > SHORT + 1:
        return f"[{', '.join(map(repr, value[:SHORT]))}, … {len(value) - SHORT} more]"
    if isinstance(value, dict) and len(value) > SHORT + 1:
        first = ", ".join(f"{k!r}: {v!r}" for k, v in list(value.items())[:SHORT])
        return f"{{{first}, … {len(value) - SHORT} more}}"
    return repr(value)
