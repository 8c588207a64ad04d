"""Taking images into the data set one by one: what a classifier met elsewhere comes back to teach it."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np

from dlgui.engine.progress import Progress
from dlgui.engine.scanning import Scan, scan_images
from dlgui.engine.sorting import folder_name, free_name
from dlgui.engine.storage import discard, unwritable
from dlgui.errors import DlguiError, UnreadableImage
from dlgui.project import own_images
from dlgui.project.changes import Changes
from dlgui.project.operations import classes
from dlgui.project.project import ImageTable, Project

KIND = "add images"
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass
class Additions:
    """What became of files: numbers of those that are new, and of those whose content was in the data set already.

    Attributes:
        changes: what was entered.
        added, known: see above.
        own: how many of the new ones the project keeps itself, for the image folder takes no files.
        refused: (file, reason) of those that cannot be read.
        places: path of each new image by the file that it was taken from.
    """

    changes: Changes
    added: int = 0
    known: int = 0
    own: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)


@dataclass
class _Newcomer:
    file: Path
    path: str
    label: str
    scan: Scan
    copied: bool


def add_files(project: Project, labeled: Sequence[tuple[str | Path, str]], *, who: str = "user",
              progress: Progress | None = None) -> Additions:
    """Takes (file, class name) pairs into the data set, as one step of undo.

    A file below the image root is entered where it lies; any other is copied into the folder of its class below the
    root, or, where that is not the user's or may not be written, below `added` in the project's folder. One whose
    content is in the data set already only gets the label. Classes that are not there are made. Where the project has
    a split, newcomers go into its training part: they were picked by hand, so no figure may rest on them. Undo takes
    the copies away again (`settle`), redo brings them back.

    Raises:
        DlguiError: no image root, read-only, or the disk is full; nothing has then changed.
    """
    root, table = project.require_image_root(), project.images()
    if project.read_only:
        raise DlguiError(project.folder, "open read-only",
                         "close the other window or make the folder writable", "open again")
    row_of = {content: row for row, content in enumerate(table.content_hash) if content}
    known: dict[int, str] = {}
    news: dict[str, _Newcomer] = {}
    found = Additions(Changes())
    if progress is not None:
        progress.task("adding images", len(labeled))
    try:
        for file, label in labeled:
            try:
                _take(project, Path(file), label, row_of, known, news)
            except UnreadableImage as problem:
                found.refused.append((str(file), problem.reason))
            if progress is not None:
                progress.advance()
        if known or news:
            found.changes = _enter(project, table, known, list(news.values()), who)
    except BaseException:
        for newcomer in news.values():
            if newcomer.copied:
                discard(root / newcomer.path)
        raise
    found.added, found.known = len(news), len(known)
    found.own = sum(own_images.is_own(newcomer.path) for newcomer in news.values())
    found.places = {newcomer.file.as_posix(): newcomer.path for newcomer in news.values()}
    return found


def add_pixels(project: Project, pixels: np.ndarray, label: str, *, stem: str = "camera",
               who: str = "user") -> Additions:
    """Takes one picture, uint8 (H, W) or (H, W, 3), into the data set as a PNG named after `stem` and the time."""
    from PIL import Image

    try:
        with tempfile.TemporaryDirectory(prefix="dlgui-") as folder:
            file = Path(folder) / f"{stem}_{datetime.now():%Y%m%d_%H%M%S_%f}.png"
            Image.fromarray(pixels).save(file, "PNG")
            return add_files(project, [(file, label)], who=who)
    except OSError as problem:
        raise unwritable(tempfile.gettempdir(), problem) from problem


def settle(project: Project) -> None:
    """After undo or redo: copies of undone additions leave the image folder for the project's own, and come back.

    Otherwise the next look at the image folder would find them there and import them again. A file that was changed
    since stays where it is. Raises `DlguiError` where a file cannot be moved.
    """
    root, present = project.image_root, set(project.images().path)
    for state, details in project.store.rows("SELECT state, details FROM journal WHERE kind = ?", [KIND]):
        for stored, content in json.loads(details)["copied"]:
            path = own_images.from_store(project.folder, stored)
            file, shelf = root / path, project.folder / "undone" / f"{content}{Path(path).suffix.lower()}"
            try:
                if state == "done" and shelf.exists() and not file.exists():
                    _move(shelf, file)
                elif state != "done" and path not in present and file.is_file() and _content_hash(file) == content:
                    _move(file, shelf)
            except OSError as problem:
                raise unwritable(file, problem) from problem


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, target)


def _take(project: Project, file: Path, label: str, row_of: dict[str, int], known: dict[int, str],
          news: dict[str, _Newcomer]) -> None:
    """Decides what a file is, and copies it where it must be. Raises `UnreadableImage`."""
    try:
        content = _content_hash(file)
    except OSError as problem:
        raise UnreadableImage(file, problem.strerror or str(problem)) from None
    if content in row_of:
        known[row_of[content]] = label
        return
    if content in news:
        news[content].label = label
        return
    root, table, copied = project.image_root, project.images(), None
    path = own_images.path_of(project.folder, root, file.absolute())
    if path is None:
        copied = _copied(project, file, label)
        path = own_images.path_of(project.folder, root, copied) or ""
    scan = next(iter(scan_images(root, [path])))
    if isinstance(scan, UnreadableImage):
        if copied is not None:
            copied.unlink()
        raise scan
    if path in table.row_of_path:  # its content has changed since it was scanned
        known[table.row_of_path[path]] = label
        return
    news[content] = _Newcomer(file, path, label, scan, copied is not None)


def _copied(project: Project, file: Path, label: str) -> Path:
    """A copy of a file in the folder of its class: among the images, or else in the project's own folder."""
    root, below = project.image_root, Path(folder_name(label), file.name)
    if own_images.takes_files(root):
        try:
            return _copy(file, root / below)
        except OSError as problem:
            if problem.errno not in _FORBIDDEN:
                raise unwritable(root / below, problem) from problem
    try:
        return _copy(file, project.folder / own_images.FOLDER / below)
    except OSError as problem:
        raise unwritable(project.folder / own_images.FOLDER / below, problem) from problem


def _copy(file: Path, wanted: Path) -> Path:
    """Copies a file whole or not at all, under another name where the wanted one is taken. Raises `OSError`."""
    target = free_name(wanted)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)
    except OSError:
        discard(target)
        raise
    return target.absolute()


def _enter(project: Project, table: ImageTable, known: dict[int, str], news: list[_Newcomer], who: str) -> Changes:
    split = "train" if (table.split >= 0).any() else None
    with project.store.transact(KIND, who=who, labels={**{table.path[row]: label for row, label in known.items()},
                                                       **{n.path: n.label for n in news}},
                                copied=[[own_images.to_store(project.folder, n.path), n.scan.content_hash]
                                        for n in news if n.copied]) as t:
        ids = classes.ensure(project, t, sorted({*known.values(), *(n.label for n in news)}))
        t.update_each("images", ("class_id", "label_origin"),
                      [(int(table.id[row]), ids[label], "person") for row, label in known.items()])
        for n in news:
            s = n.scan
            signed = s.perceptual_hash - (1 << 64) if s.perceptual_hash >= 1 << 63 else s.perceptual_hash
            t.insert("images", {
                "path": own_images.to_store(project.folder, n.path), "class_id": ids[n.label],
                "label_origin": "person", "split": split, "size": s.bytes, "mtime": s.modified / 1e9,
                "width": s.width, "height": s.height, "content_hash": s.content_hash, "pixel_hash": s.pixel_hash,
                "perceptual_hash": signed})
    return t.changes


def _content_hash(file: Path) -> str:
    """As `scanning` computes it."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
