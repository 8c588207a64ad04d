"""The face of a project: where things are, and its images and classes, the same until something changes."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlgui.errors import DlguiError
from dlgui.project.changes import BESIDE_IMAGES, Changes
from dlgui.project.image_table import ClassInfo, ImageTable, patched, read_classes, read_table
from dlgui.project.store import FILE, Store
from dlgui.project.under_way import UnderWay

if TYPE_CHECKING:
    from dlgui.engine.labels import Listing

__all__ = ["ClassInfo", "ImageTable", "Project"]

MANY = 2000
"""Up to so many changed rows are read alone where a window waits: reading 100,000 anew takes too long for a key."""

_CHEAP = frozenset({"labels", "splits", "flags", "notes"})


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
                table = self._table = self._table or read_table(self.store, self.classes())
        return table

    def classes(self) -> list[ClassInfo]:
        """The classes in their order."""
        classes = self._classes
        if classes is None:
            classes = self._classes = read_classes(self.store)
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
                table = patched(self.store, self.classes(), table, sorted(ids), "images" in kinds)
            else:
                table = None
            if table is not None:
                self._table = table
            elif here:
                self._table = self._classes = None
            else:  # whoever changed it in the background reads it there, too; until then it is as it was
                classes = read_classes(self.store)
                self._table, self._classes = read_table(self.store, classes), classes
