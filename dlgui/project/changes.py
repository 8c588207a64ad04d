"""What an operation changed, and how that is kept for undo."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

Row = tuple[Any, ...]

BESIDE_IMAGES = frozenset({"runs", "history", "evaluations", "journal"})
"""Kinds of changes after which every image is as it was."""


@dataclass(frozen=True)
class Changes:
    """The announcement of one committed operation.

    Attributes:
        kinds: what was touched: images, labels, splits, flags, notes, groups, classes, runs, history, evaluations,
            project; `journal` alone where there is but a new line in it.
        ids: row ids touched, by kind (image ids, class ids, run numbers).
        journal_id: the line in the journal, None where the operation leaves none (progress, or nothing changed).
        who: who asked, as given to the operation.
        kind: the operation's kind, as in the journal; `undo` and `redo` keep the kind of what they undo.
    """

    kinds: frozenset[str] = frozenset()
    ids: dict[str, set[int]] = field(default_factory=dict)
    journal_id: int | None = None
    who: str = ""
    kind: str = ""

    def __bool__(self) -> bool:
        return bool(self.kinds)


@dataclass(frozen=True)
class Record:
    """One primitive step that undoes what was just done, in the order `Transaction.replay` understands.

    `action` is `insert` (rows start with their id, columns follow), `delete` (rows are `(id,)`) or `update` (rows are
    id and the values of `columns`).
    """

    action: str
    table: str
    columns: tuple[str, ...]
    rows: list[Row]


def encode(records: list[Record]) -> bytes:
    """Records as compressed JSON; blobs inside as base64. Equal values of an update are stored once."""
    document = [[r.action, r.table, list(r.columns), _group(r.rows)] for r in records]
    return zlib.compress(json.dumps(document, separators=(",", ":"), default=_blob).encode(), 1)


def decode(data: bytes) -> list[Record]:
    """The inverse of `encode`."""
    return [Record(action, table, tuple(columns), _ungroup(groups))
            for action, table, columns, groups in json.loads(zlib.decompress(data), object_hook=_unblob)]


def _group(rows: list[Row]) -> list[list[Any]]:
    """Runs of rows with the same values: [[values, [first id, last id, first id, last id, …]], …], in order."""
    groups: list[list[Any]] = []
    for row in rows:
        values = list(row[1:])
        if groups and groups[-1][0] == values and _same_types(groups[-1][0], values):
            ids = groups[-1][1]
            if row[0] == ids[-1] + 1:
                ids[-1] = row[0]
            else:
                ids += [row[0], row[0]]
        else:
            groups.append([values, [row[0], row[0]]])
    return groups


def _same_types(a: list[Any], b: list[Any]) -> bool:
    return all(type(x) is type(y) for x, y in zip(a, b, strict=True))  # 1 == 1.0, but SQLite tells them apart


def _ungroup(groups: list[list[Any]]) -> list[Row]:
    return [(identity, *values) for values, ids in groups
            for first, last in zip(ids[::2], ids[1::2], strict=True) for identity in range(first, last + 1)]


def _blob(value: object) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"blob": base64.b64encode(value).decode()}
    raise TypeError(f"{type(value).__name__} cannot be kept in the journal")


def _unblob(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["blob"]) if set(value) == {"blob"} else value
