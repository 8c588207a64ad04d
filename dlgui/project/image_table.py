"""A project's images and classes as columns, and how they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from dlgui.engine.splitting import SUBSETS
from dlgui.project import own_images
from dlgui.project.store import Store

_FACTS = ("reason", "content_hash", "pixel_hash", "perceptual_hash", "missing", "width", "height", "size", "mtime")


@dataclass(frozen=True)
class ClassInfo:
    """A class: its row, name, colour (`#rrggbb`), key and place in the list."""

    id: int
    name: str
    colour: str
    shortcut: str | None
    position: int


@dataclass(frozen=True)
class ImageTable:
    """All images as columns of n rows, sorted by path.

    Attributes:
        id: int64, rows of the store.
        path: relative to the image root, with `/`; absolute where the project keeps the image itself (`own_images`).
        label: int32, index into `class_names`, -1 without one.
        split: int8, index into `SUBSETS`, -1 without one.
        flag, excluded, missing: bool.
        note, reason: str; `reason` says why an image is unreadable.
        group: str or None; images of one group never straddle splits.
        content_hash, pixel_hash: str or None before the scan.
        perceptual_hash: int or None.
        width, height: int32 pixels, 0 before the scan.
        size: int64 bytes; mtime: float64 seconds.
        class_names: in the order of the classes.
    """

    id: np.ndarray
    path: list[str]
    label: np.ndarray
    split: np.ndarray
    flag: np.ndarray
    excluded: np.ndarray
    missing: np.ndarray
    note: list[str]
    reason: list[str]
    group: list[str | None]
    content_hash: list[str | None]
    pixel_hash: list[str | None]
    perceptual_hash: list[int | None]
    width: np.ndarray
    height: np.ndarray
    size: np.ndarray
    mtime: np.ndarray
    class_names: list[str]

    def __len__(self) -> int:
        return len(self.path)

    @cached_property
    def readable(self) -> np.ndarray:
        """bool: nothing speaks against the file."""
        return np.array([not reason for reason in self.reason], bool)

    @cached_property
    def usable(self) -> np.ndarray:
        """bool: readable, there, and not excluded."""
        return self.readable & ~self.missing & ~self.excluded

    @cached_property
    def row_of_path(self) -> dict[str, int]:
        """The row of each path."""
        return {path: row for row, path in enumerate(self.path)}

    def like(self, **columns: Any) -> ImageTable:
        """A copy with other columns; what was computed from those that stay is kept."""
        made = replace(self, **columns)
        for name, needs in (("readable", "reason"), ("row_of_path", "path"), ("_by_id", "id")):
            if name in self.__dict__ and needs not in columns:
                made.__dict__[name] = self.__dict__[name]
        return made

    @cached_property
    def trainable(self) -> np.ndarray:
        """bool: usable and labeled."""
        return self.usable & (self.label >= 0)

    def rows(self, subset: str = "all") -> np.ndarray:
        """Rows of the trainable images of one subset, of `none`, or of `all`."""
        code = {name: i for i, name in enumerate(SUBSETS)} | {"none": -1}
        chosen = self.trainable if subset == "all" else self.trainable & (self.split == code[subset])
        return np.flatnonzero(chosen)

    def row_of(self, ids: Sequence[int] | np.ndarray) -> np.ndarray:
        """Rows of image ids. Raises `KeyError`."""
        wanted = np.asarray(ids if isinstance(ids, np.ndarray) else list(ids), np.int64)
        if not len(wanted):
            return wanted
        place = np.searchsorted(self.id, wanted, sorter=self._by_id).clip(max=max(len(self.id) - 1, 0))
        rows = self._by_id[place] if len(self.id) else place
        if not len(self.id) or (self.id[rows] != wanted).any():
            raise KeyError("no image of that id")
        return rows

    @cached_property
    def _by_id(self) -> np.ndarray:
        return np.argsort(self.id)

    def label_names(self, rows: Sequence[int] | np.ndarray | None = None) -> list[str | None]:
        """Class names of rows (all by default), None without a label."""
        chosen = self.label if rows is None else self.label[rows]
        return [self.class_names[i] if i >= 0 else None for i in chosen]


def patched(store: Store, classes: Sequence[ClassInfo], table: ImageTable, ids: list[int],
            facts: bool) -> ImageTable | None:
    """A table like `table` with some images read anew; None where images have come or gone.

    Args:
        store: whose images.
        classes: in their order.
        table: as it was.
        ids: of the images.
        facts: whether what lies on the disk has changed, too, and not only what a person says of the images.
    """
    if not ids:
        return table
    index = {info.id: i for i, info in enumerate(classes)}
    code = {name: i for i, name in enumerate(SUBSETS)}
    columns: dict[str, Any] = {name: getattr(table, name).copy() for name in (
        "label", "split", "flag", "excluded", "note", *(_FACTS if facts else ()))}
    names = ("class_id", "split", "flag", "excluded", "note", *(_FACTS if facts else ()))
    for start in range(0, len(ids), 500):
        part = ids[start:start + 500]
        found = store.rows(f"SELECT id, {', '.join(names)} FROM images WHERE id IN "
                                   f"({', '.join('?' * len(part))})", part)
        try:
            rows = table.row_of([f[0] for f in found]).tolist()
        except KeyError:
            return None
        if len(found) != len(part):
            return None
        for row, (_, class_id, split, *rest) in zip(rows, found, strict=True):
            columns["label"][row], columns["split"][row] = index.get(class_id, -1), code.get(split, -1)
            for name, value in zip(names[2:], rest, strict=True):
                columns[name][row] = _unsigned(value) if name == "perceptual_hash" else value
    return table.like(**columns)


def _unsigned(value: int | None) -> int | None:
    """A 64-bit hash as it was before SQLite, which knows signed integers only, kept it."""
    return None if value is None else value & (2 ** 64 - 1)


def read_classes(store: Store) -> list[ClassInfo]:
    """The classes in their order."""
    return [ClassInfo(*row) for row in store.rows(
        "SELECT id, name, colour, shortcut, position FROM classes ORDER BY position, id")]


def read_table(store: Store, classes: Sequence[ClassInfo]) -> ImageTable:
    """All images of a store."""
    index = {info.id: i for i, info in enumerate(classes)}
    code = {name: i for i, name in enumerate(SUBSETS)}
    rows = store.rows(
        "SELECT id, path, class_id, split, flag, excluded, missing, note, reason, grouping, content_hash, pixel_hash, "
        "perceptual_hash, width, height, size, mtime FROM images ORDER BY path")
    columns = [[row[i] for row in rows] for i in range(17)]  # zip would keep Python's lock for all of them at once
    (ids, path, class_id, split, flag, excluded, missing, note, reason, group, content, pixel, perceptual, width,
     height, size, mtime) = columns
    return ImageTable(
        np.array(ids, np.int64), [own_images.from_store(store.folder, p) for p in path],
        np.array([index.get(c, -1) for c in class_id], np.int32), np.array([code.get(s, -1) for s in split], np.int8),
        np.array(flag, bool), np.array(excluded, bool), np.array(missing, bool), list(note), list(reason),
        list(group), list(content), list(pixel), [_unsigned(h) for h in perceptual], np.array(width, np.int32),
        np.array(height, np.int32), np.array(size, np.int64), np.array(mtime, np.float64),
        [info.name for info in classes])
