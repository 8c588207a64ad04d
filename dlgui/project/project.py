"""The face of a project: where things are, and its images and classes as columns."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlgui.engine.splitting import SUBSETS
from dlgui.errors import DlguiError
from dlgui.project import own_images
from dlgui.project.changes import BESIDE_IMAGES, Changes
from dlgui.project.store import FILE, Store
from dlgui.project.under_way import UnderWay

if TYPE_CHECKING:
    from dlgui.engine.labels import Listing


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


class Project:
    """An open project. Use `Project.create` or `Project.open`; a context manager."""

    def __init__(self, store: Store) -> None:
        self.store, self.folder, self.under_way = store, store.folder, UnderWay()
        self._table: ImageTable | None = None
        self._classes: list[ClassInfo] | None = None
        self._root: Path | None = None
        self._own_cache: tempfile.TemporaryDirectory[str] | None = None
        store.listen(self._changed)

    @classmethod
    def create(cls, folder: str | Path, image_root: str | Path, source: str = "last_folder",
               progress: Any = None, listed: Callable[[Listing], object] = lambda listing: None) -> Project:
        """A new project over an image folder: imports labels, scans every image.

        Args:
            folder: new or empty.
            image_root: the images; they stay where they are.
            source: label source of `dlgui.engine.labels`.
            progress: a `dlgui.engine.progress.Progress`.
            listed: called with what the label source gave, before images are read.

        Raises:
            DlguiError, InvalidValue: see `dlgui.engine.labels.read_listing`; a failed creation leaves nothing.
        """
        from dlgui.engine.labels import read_listing
        from dlgui.project.operations import images

        listing = read_listing(image_root, source)
        listed(listing)
        folder = Path(folder)
        existed = folder.exists()
        store = Store.create(folder)
        try:
            project = cls(store)
            with store.transact("create", undoable=False, images=str(Path(image_root).absolute()), source=source) as t:
                for name, value in (("image_root", str(Path(image_root).absolute())), ("label_source", source)):
                    t.insert("meta", {"name": name, "value": value})
                images.add_listing(project, t, listing)
            (folder / "runs").mkdir()
        except BaseException:
            store.close()
            for path in folder.glob("project.*"):
                path.unlink()
            if not existed:
                folder.rmdir()
            raise
        try:
            images.scan(project, progress)
        except BaseException:
            project.close()  # what is read so far is kept; opened again, the rest follows
            raise
        return project

    @classmethod
    def open(cls, folder: str | Path, read_only: bool = False) -> Project:
        """Opens a project folder.

        Raises:
            DlguiError: no project, foreign, newer or damaged.
        """
        folder = Path(folder)
        return cls(Store.open(folder.parent if folder.name == FILE else folder, read_only))

    def close(self) -> None:
        """Closes the project; everything is on disk already, unless that was full."""
        from dlgui.project.operations import runs

        runs.write_ends(self)
        self.under_way.end_all()
        self.store.close()
        if self._own_cache is not None:
            self._own_cache.cleanup()

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The folder's name without its suffix."""
        return self.folder.resolve().stem

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed."""
        return self.store.read_only

    def meta(self, name: str) -> str | None:
        """A value of the project's own properties."""
        found = self.store.rows("SELECT value FROM meta WHERE name = ?", [name])
        return found[0][0] if found else None

    @property
    def image_root(self) -> Path:
        """Where the images are; they may have moved. A relative root lies in the project's own folder."""
        if self._root is None:
            self._root = self.folder / (self.meta("image_root") or ".")
        return self._root

    def require_image_root(self) -> Path:
        """The image root. Raises `DlguiError` where it is gone."""
        root = self.image_root
        if not root.is_dir():
            raise DlguiError(root, "the image folder is gone or was moved",
                             "bring it back, or tell the project the new place", "find images")
        return root

    @property
    def runs_folder(self) -> Path:
        """Holds a folder for each run."""
        return self.folder / "runs"

    @cached_property
    def cache_folder(self) -> Path:
        """May be deleted at any time; where the project's folder is protected, one that goes with this object."""
        cache = self.folder / "cache"
        if not self.read_only or os.access(cache if cache.exists() else self.folder, os.W_OK):
            return cache
        self._own_cache = tempfile.TemporaryDirectory(prefix="dlgui-cache-")
        return Path(self._own_cache.name)

    def images(self) -> ImageTable:
        """All images; the same object until something changes."""
        table = self._table
        if table is None:
            with self.store.held():
                table = self._table = self._table or _read_table(self, self.classes())
        return table

    def classes(self) -> list[ClassInfo]:
        """The classes in their order."""
        classes = self._classes
        if classes is None:
            classes = self._classes = _read_classes(self)
        return classes

    def undo(self, who: str = "user") -> Changes | None:
        """Takes back the newest deed."""
        return self._settled(self.store.undo(who))

    def redo(self, who: str = "user") -> Changes | None:
        """Does again what was undone last."""
        return self._settled(self.store.redo(who))

    def _settled(self, changes: Changes | None) -> Changes | None:
        """Lets the files follow what undo or redo did to the rows."""
        from dlgui.project.operations import additions, rejection

        if changes is not None and changes.kind == additions.KIND:
            additions.settle(self)
        if changes is not None and changes.kind == rejection.KIND:
            rejection.settle(self, changes)
        return changes

    def listen(self, callback: Callable[[Changes], None]) -> Callable[[], None]:
        """Calls `callback` after every commit; returns how to stop that."""
        return self.store.listen(callback)

    def _changed(self, changes: Changes) -> None:
        if changes.kinds <= BESIDE_IMAGES:
            return
        if "project" in changes.kinds:
            self._root = None
        kinds = changes.kinds - BESIDE_IMAGES - {"project"}
        ids = set().union(*(changes.ids.get(kind, set()) for kind in kinds))
        with self.store.held():  # else what one thread has read would take the place of what another knows better
            table = self._table
            here = threading.current_thread() is threading.main_thread()
            if table is not None and kinds <= _CHEAP | {"images"} \
                    and len(ids) <= (MANY if here else max(MANY, len(table) // 2)):
                table = _patched(self, table, sorted(ids), "images" in kinds)
            else:
                table = None
            if table is not None:
                self._table = table
            elif here:
                self._table = self._classes = None
            else:  # whoever changed it in the background reads it there, too; until then it is as it was
                classes = _read_classes(self)
                self._table, self._classes = _read_table(self, classes), classes


MANY = 2000
"""Up to so many changed rows are read alone where a window waits: reading 100,000 anew takes too long for a key."""

_CHEAP = frozenset({"labels", "splits", "flags", "notes"})
_FACTS = ("reason", "content_hash", "pixel_hash", "perceptual_hash", "missing", "width", "height", "size", "mtime")


def _patched(project: Project, table: ImageTable, ids: list[int], facts: bool) -> ImageTable | None:
    """A table like `table` with some images read anew; None where images have come or gone.

    Args:
        project: whose.
        table: as it was.
        ids: of the images.
        facts: whether what lies on the disk has changed, too, and not only what a person says of the images.
    """
    if not ids:
        return table
    index = {info.id: i for i, info in enumerate(project.classes())}
    code = {name: i for i, name in enumerate(SUBSETS)}
    columns: dict[str, Any] = {name: getattr(table, name).copy() for name in (
        "label", "split", "flag", "excluded", "note", *(_FACTS if facts else ()))}
    names = ("class_id", "split", "flag", "excluded", "note", *(_FACTS if facts else ()))
    for start in range(0, len(ids), 500):
        part = ids[start:start + 500]
        found = project.store.rows(f"SELECT id, {', '.join(names)} FROM images WHERE id IN "
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


def _read_classes(project: Project) -> list[ClassInfo]:
    return [ClassInfo(*row) for row in project.store.rows(
        "SELECT id, name, colour, shortcut, position FROM classes ORDER BY position, id")]


def _read_table(project: Project, classes: list[ClassInfo]) -> ImageTable:
    index = {info.id: i for i, info in enumerate(classes)}
    code = {name: i for i, name in enumerate(SUBSETS)}
    rows = project.store.rows(
        "SELECT id, path, class_id, split, flag, excluded, missing, note, reason, grouping, content_hash, pixel_hash, "
        "perceptual_hash, width, height, size, mtime FROM images ORDER BY path")
    columns = [[row[i] for row in rows] for i in range(17)]  # zip would keep Python's lock for all of them at once
    (ids, path, class_id, split, flag, excluded, missing, note, reason, group, content, pixel, perceptual, width,
     height, size, mtime) = columns
    return ImageTable(
        np.array(ids, np.int64), [own_images.from_store(project.folder, p) for p in path],
        np.array([index.get(c, -1) for c in class_id], np.int32), np.array([code.get(s, -1) for s in split], np.int8),
        np.array(flag, bool), np.array(excluded, bool), np.array(missing, bool), list(note), list(reason),
        list(group), list(content), list(pixel), [_unsigned(h) for h in perceptual], np.array(width, np.int32),
        np.array(height, np.int32), np.array(size, np.int64), np.array(mtime, np.float64),
        [info.name for info in classes])
