"""The face of a project: where things are, and its images and classes as columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from dlgui.engine.splitting import SUBSETS
from dlgui.errors import DlguiError
from dlgui.project.changes import Changes
from dlgui.project.store import FILE, Store


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
        path: relative to the image root, with `/`.
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
    def usable(self) -> np.ndarray:
        """bool: readable, there, and not excluded."""
        readable = np.array([not reason for reason in self.reason], bool)
        return readable & ~self.missing & ~self.excluded

    @cached_property
    def trainable(self) -> np.ndarray:
        """bool: usable and labeled."""
        return self.usable & (self.label >= 0)

    def rows(self, subset: str = "all") -> np.ndarray:
        """Rows of the trainable images of one subset, of `none`, or of `all`."""
        code = {name: i for i, name in enumerate(SUBSETS)} | {"none": -1}
        chosen = self.trainable if subset == "all" else self.trainable & (self.split == code[subset])
        return np.flatnonzero(chosen)

    def row_of(self, ids: Sequence[int]) -> np.ndarray:
        """Rows of image ids. Raises `KeyError`."""
        wanted = np.asarray(list(ids), np.int64)
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
        self.store, self.folder = store, store.folder
        self._table: ImageTable | None = None
        self._classes: list[ClassInfo] | None = None
        store.listen(self._changed)

    @classmethod
    def create(cls, folder: str | Path, image_root: str | Path, source: str = "last_folder",
               progress: Any = None) -> Project:
        """A new project over an image folder: imports labels, scans every image.

        Args:
            folder: new or empty.
            image_root: the images; they stay where they are.
            source: label source of `dlgui.engine.labels`.
            progress: a `dlgui.engine.progress.Progress`.

        Raises:
            DlguiError, InvalidValue: see `dlgui.engine.labels.read_listing`; a failed creation leaves nothing.
        """
        from dlgui.engine.labels import read_listing
        from dlgui.project.operations import images

        listing = read_listing(image_root, source)
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
        images.scan(project, progress)
        return project

    @classmethod
    def open(cls, folder: str | Path, read_only: bool = False) -> Project:
        """Opens a project folder. Runs whose process has died become `interrupted`.

        Raises:
            DlguiError: no project, foreign, newer or damaged.
        """
        from dlgui.project.operations import runs

        folder = Path(folder)
        project = cls(Store.open(folder.parent if folder.name == FILE else folder, read_only))
        runs.mark_interrupted(project)
        return project

    def close(self) -> None:
        """Closes the project; everything is on disk already."""
        self.store.close()

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
        return self.folder / (self.meta("image_root") or ".")

    def require_image_root(self) -> Path:
        """The image root. Raises `DlguiError` where it is gone."""
        root = self.image_root
        if not root.is_dir():
            raise DlguiError(root, "the image folder is gone or was moved",
                             "bring it back, or tell the project the new place")
        return root

    @property
    def runs_folder(self) -> Path:
        """Holds a folder for each run."""
        return self.folder / "runs"

    @property
    def cache_folder(self) -> Path:
        """May be deleted at any time."""
        return self.folder / "cache"

    def images(self) -> ImageTable:
        """All images; the same object until something changes."""
        if self._table is None:
            self._table = _read_table(self)
        return self._table

    def classes(self) -> list[ClassInfo]:
        """The classes in their order."""
        if self._classes is None:
            self._classes = [ClassInfo(*row) for row in self.store.rows(
                "SELECT id, name, colour, shortcut, position FROM classes ORDER BY position, id")]
        return self._classes

    def undo(self, who: str = "user") -> Changes | None:
        """Takes back the newest deed."""
        return self._settled(self.store.undo(who))

    def redo(self, who: str = "user") -> Changes | None:
        """Does again what was undone last."""
        return self._settled(self.store.redo(who))

    def _settled(self, changes: Changes | None) -> Changes | None:
        """Lets the files follow what undo or redo did to the rows."""
        from dlgui.project.operations import additions

        if changes is not None and changes.kind == additions.KIND:
            additions.settle(self)
        return changes

    def listen(self, callback: Callable[[Changes], None]) -> Callable[[], None]:
        """Calls `callback` after every commit; returns how to stop that."""
        return self.store.listen(callback)

    def _changed(self, changes: Changes) -> None:
        if not changes.kinds - {"runs", "history", "evaluations"}:
            return
        ids = set().union(*(changes.ids.get(kind, set()) for kind in _CHEAP))
        if self._table is not None and changes.kinds <= _CHEAP and len(ids) <= 2000:
            self._table = _patched(self, self._table, sorted(ids))  # reading 100,000 rows anew takes too long for a key
        else:
            self._table = self._classes = None


_CHEAP = frozenset({"labels", "splits", "flags", "notes"})


def _patched(project: Project, table: ImageTable, ids: list[int]) -> ImageTable:
    """A table like `table`, with what a person can change about some images read anew."""
    index = {info.id: i for i, info in enumerate(project.classes())}
    code = {name: i for i, name in enumerate(SUBSETS)}
    label, split, note = table.label.copy(), table.split.copy(), list(table.note)
    flag, excluded = table.flag.copy(), table.excluded.copy()
    for start in range(0, len(ids), 500):
        part = ids[start:start + 500]
        found = project.store.rows("SELECT id, class_id, split, flag, excluded, note FROM images WHERE id IN "
                                   f"({', '.join('?' * len(part))})", part)
        for row, values in zip(table.row_of([f[0] for f in found]).tolist(), found, strict=True):
            label[row], split[row] = index.get(values[1], -1), code.get(values[2], -1)
            flag[row], excluded[row], note[row] = bool(values[3]), bool(values[4]), values[5]
    return replace(table, label=label, split=split, flag=flag, excluded=excluded, note=note)


def _read_table(project: Project) -> ImageTable:
    classes = project.classes()
    index = {info.id: i for i, info in enumerate(classes)}
    code = {name: i for i, name in enumerate(SUBSETS)}
    rows = project.store.rows(
        "SELECT id, path, class_id, split, flag, excluded, missing, note, reason, grouping, content_hash, pixel_hash, "
        "perceptual_hash, width, height, size, mtime FROM images ORDER BY path")
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * 17
    (ids, path, class_id, split, flag, excluded, missing, note, reason, group, content, pixel, perceptual, width,
     height, size, mtime) = columns
    return ImageTable(
        np.array(ids, np.int64), list(path), np.array([index.get(c, -1) for c in class_id], np.int32),
        np.array([code.get(s, -1) for s in split], np.int8), np.array(flag, bool), np.array(excluded, bool),
        np.array(missing, bool), list(note), list(reason), list(group), list(content), list(pixel),
        [None if h is None else h & (2 ** 64 - 1) for h in perceptual], np.array(width, np.int32),
        np.array(height, np.int32), np.array(size, np.int64), np.array(mtime, np.float64),
        [info.name for info in classes])
