"""The tables of project.sqlite, and which noun each column belongs to when it changes."""

from __future__ import annotations

from typing import Final

VERSION: Final = 1
"""Format of the project file (`PRAGMA user_version`)."""

APPLICATION_ID: Final = 0x646C6775
"""`PRAGMA application_id`: "dlgu" in ASCII, so that a foreign SQLite file is told apart."""

SCHEMA: Final = """
CREATE TABLE meta (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    value TEXT NOT NULL
);
CREATE TABLE classes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    colour TEXT NOT NULL,
    shortcut TEXT UNIQUE,
    position INTEGER NOT NULL
);
CREATE TABLE aliases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    class_id INTEGER NOT NULL REFERENCES classes(id)
);
CREATE TABLE images (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    class_id INTEGER REFERENCES classes(id),
    label_origin TEXT NOT NULL DEFAULT '',
    split TEXT CHECK (split IN ('train', 'validation', 'test')),
    flag INTEGER NOT NULL DEFAULT 0,
    excluded INTEGER NOT NULL DEFAULT 0,
    note TEXT NOT NULL DEFAULT '',
    grouping TEXT,
    size INTEGER NOT NULL DEFAULT 0,
    mtime REAL NOT NULL DEFAULT 0,
    missing INTEGER NOT NULL DEFAULT 0,
    width INTEGER NOT NULL DEFAULT 0,
    height INTEGER NOT NULL DEFAULT 0,
    content_hash TEXT,
    pixel_hash TEXT,
    perceptual_hash INTEGER,
    reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX images_by_class ON images(class_id);
CREATE TABLE snapshots (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    data_hash TEXT NOT NULL UNIQUE,
    data BLOB NOT NULL
);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    network TEXT NOT NULL,
    method TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'interrupted', 'done', 'failed')),
    error TEXT NOT NULL DEFAULT '',
    parameters TEXT NOT NULL DEFAULT '{}',
    classes TEXT NOT NULL DEFAULT '[]',
    seed INTEGER NOT NULL DEFAULT 42,
    device TEXT NOT NULL DEFAULT '',
    created TEXT NOT NULL,
    pid INTEGER,
    data_hash TEXT NOT NULL DEFAULT '',
    train_seconds REAL,
    epochs INTEGER,
    best_epoch INTEGER,
    validation_top1_error REAL,
    test_top1_error REAL,
    images_per_second REAL
);
CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES runs(id),
    epoch REAL,
    iteration INTEGER,
    loss REAL,
    train_top1_error REAL,
    validation_top1_error REAL,
    learning_rate REAL,
    seconds REAL
);
CREATE INDEX history_by_run ON history(run_id);
CREATE TABLE evaluations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES runs(id),
    split TEXT NOT NULL,
    data_hash TEXT NOT NULL,
    created TEXT NOT NULL,
    measures TEXT NOT NULL
);
CREATE INDEX evaluations_by_run ON evaluations(run_id);
CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time TEXT NOT NULL,
    kind TEXT NOT NULL,
    who TEXT NOT NULL DEFAULT '',
    details TEXT NOT NULL DEFAULT '{}',
    state TEXT NOT NULL DEFAULT 'done' CHECK (state IN ('done', 'undone', 'dropped')),
    inverse BLOB
);
CREATE INDEX journal_undone ON journal(id) WHERE state = 'undone';
CREATE INDEX journal_undoable ON journal(id) WHERE state = 'done' AND inverse IS NOT NULL;
"""

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "meta": ("name", "value"),
    "classes": ("name", "colour", "shortcut", "position"),
    "aliases": ("name", "class_id"),
    "images": ("path", "class_id", "label_origin", "split", "flag", "excluded", "note", "grouping", "size", "mtime",
               "missing", "width", "height", "content_hash", "pixel_hash", "perceptual_hash", "reason"),
    "snapshots": ("data_hash", "data"),
    "runs": ("name", "note", "network", "method", "state", "error", "parameters", "classes", "seed", "device",
             "created", "pid", "data_hash", "train_seconds", "epochs", "best_epoch", "validation_top1_error",
             "test_top1_error", "images_per_second"),
    "history": ("run_id", "epoch", "iteration", "loss", "train_top1_error", "validation_top1_error", "learning_rate",
                "seconds"),
    "evaluations": ("run_id", "split", "data_hash", "created", "measures"),
}
"""The tables that `Transaction` may change, with their columns beside `id`."""

FILE_FACTS: Final = frozenset({"size", "mtime", "missing", "width", "height", "content_hash", "pixel_hash",
                               "perceptual_hash", "reason"})
"""Columns of `images` that say what lies on the disk: never undone, for the disk does not change back either."""

_IMAGE_KINDS: Final = {"class_id": "labels", "label_origin": "labels", "split": "splits", "flag": "flags",
                       "excluded": "flags", "note": "notes", "grouping": "groups"}
_TABLE_KINDS: Final = {"meta": "project", "classes": "classes", "aliases": "classes", "images": "images",
                       "snapshots": "runs", "runs": "runs", "history": "history", "evaluations": "evaluations"}


def kind_of(table: str, column: str | None = None) -> str:
    """The kind that `Changes` announces for one column, or for a whole row where `column` is None."""
    if table == "images" and column is not None:
        return _IMAGE_KINDS.get(column, "images")
    return _TABLE_KINDS[table]
