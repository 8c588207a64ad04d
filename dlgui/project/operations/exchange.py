"""Data sets in the forms of other programs, out of a project and into one."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlgui.engine import dataset_reading, dataset_writing
from dlgui.engine.dataset_files import ClassEntry, DatasetFiles, Entry
from dlgui.engine.progress import Progress
from dlgui.engine.splitting import SUBSETS
from dlgui.engine.storage import absolute, discard, unwritable
from dlgui.errors import DlguiError, InvalidValue
from dlgui.project.changes import Changes
from dlgui.project.operations import classes
from dlgui.project.project import Project

IMAGES = ("copy", "link", "none")
"""What happens to the image files: copied, hard-linked where the disk can, or left where they are."""

_FIELD_OF = {"class_id": "label", "label_origin": "label", "split": "split", "grouping": "group", "flag": "flag",
             "excluded": "excluded", "note": "note"}
"""The field of an entry that each column of an image comes from."""


@dataclass
class Exported:
    """What an export wrote: descriptions, images, and those that could not be taken along."""

    files: list[Path]
    images: int
    failed: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Imported:
    """What an import changed: entries that found their image, and those that did not, with the reason."""

    changes: Changes
    matched: int
    rejected: list[tuple[str, str]]


def export_dataset(project: Project, kind: str, folder: str | Path, images: str = "copy",
                   progress: Progress | None = None) -> Exported:
    """Writes the project's images, labels, splits, groups, flags and notes as a data set.

    Args:
        project: which; it stays as it is.
        kind: one of `dlgui.engine.dataset_writing.kinds()`.
        folder: new or empty.
        images: one of `IMAGES`; class folders and Hugging Face need the images.

    Raises:
        DlguiError: the folder is not empty or cannot be written, or no image.
        InvalidValue: unknown kind or way.
    """
    if images not in IMAGES or (images == "none" and kind in ("imagefolder", "huggingface")):
        raise InvalidValue("images", images, "copy or link" if images in IMAGES else ", ".join(IMAGES))
    folder, root = Path(folder), project.require_image_root()
    data = _data(project, root)
    dataset_writing.place(kind, data.entries)
    if images == "none":
        for entry in data.entries:
            entry.file = entry.path
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DlguiError(folder, "not an empty folder", "choose a new or empty folder")
    with _whole(folder):
        result = Exported([], 0)
        if images != "none":
            _bring(root, folder, data, images == "link", result, progress)
        table = project.images()
        sizes = {p: (int(w), int(h)) for p, w, h in zip(table.path, table.width, table.height, strict=True)}
        result.files = dataset_writing.write(kind, folder, data, sizes)
    project.store.note("export data set", form=kind, folder=absolute(folder), images=images)
    return result


def import_dataset(project: Project, source: str | Path, kind: str | None = None, who: str = "user",
                   by_file: bool = False) -> Imported:
    """Takes labels, splits, groups, flags and notes of a data set over, as one step of undo.

    Images are found by their path in the project (`path`, or else `file`), so that what `export_dataset` wrote comes
    back to where it was. What the data set has no place for stays as it is.

    Args:
        project: where to; images that the data set does not name stay as they are.
        source: see `dlgui.engine.dataset_reading.read`.
        kind: see there.
        by_file: find images by their place in the data set only.
    """
    return _apply(project, dataset_reading.read(Path(source), kind), who, by_file, source=absolute(source), form=kind)


def create_from_dataset(folder: str | Path, source: str | Path, kind: str | None = None,
                        progress: Progress | None = None) -> tuple[Project, Imported]:
    """A new project over the images of a data set, which stay where they are; it comes back open.

    Raises:
        DlguiError: see `Project.create` and `dlgui.engine.dataset_reading.read`.
    """
    data = dataset_reading.read(Path(source), kind)
    base = data.root / "images"
    below = base.is_dir() and all(e.file.startswith("images/") for e in data.entries)
    project = Project.create(folder, base if below else data.root, "none", progress)
    try:
        return project, _apply(project, data, "user", True, source=absolute(source), form=kind)
    except BaseException:
        project.close()
        raise


def _data(project: Project, root: Path) -> DatasetFiles:
    table = project.images()
    entries = [Entry("", table.path[r], table.class_names[table.label[r]] if table.label[r] >= 0 else None,
                     SUBSETS[table.split[r]] if table.split[r] >= 0 else None, table.group[r], bool(table.flag[r]),
                     bool(table.excluded[r]), table.note[r])
               for r in range(len(table)) if not table.missing[r]]
    if not entries:
        raise DlguiError(project.folder, "no image in it", "import images first")
    return DatasetFiles(root, entries, [ClassEntry(c.name, c.colour, c.shortcut) for c in project.classes()])


@contextlib.contextmanager
def _whole(folder: Path) -> Iterator[None]:
    """Makes a folder, or takes an empty one; whatever fails or is cancelled leaves it as it was."""
    there = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException as problem:
        for made in folder.iterdir() if folder.is_dir() else ():
            if made.is_dir():
                shutil.rmtree(made, ignore_errors=True)
            else:
                discard(made)
        if not there:
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(problem, OSError):
            raise unwritable(folder, problem) from problem
        raise


def _bring(root: Path, folder: Path, data: DatasetFiles, link: bool, result: Exported,
           progress: Progress | None) -> None:
    if progress is not None:
        progress.task("copying images", len(data.entries))
    brought = []
    for entry in data.entries:
        target = folder / entry.file
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _place(root / entry.path, target, link)
            brought.append(entry)
        except FileNotFoundError:
            result.failed.append((entry.path, "the file is gone"))
        if progress is not None:
            progress.advance()
    data.entries[:] = brought
    result.images = len(brought)


def _place(source: Path, target: Path, link: bool) -> None:
    if link:
        with contextlib.suppress(OSError):  # another disk, or one that knows no links
            os.link(source, target)
            return
    shutil.copy2(source, target)


def _apply(project: Project, data: DatasetFiles, who: str, by_file: bool, **origin: Any) -> Imported:
    pairs, rejected = _matched(project, data, by_file)
    if not pairs:
        raise DlguiError(data.root, f"none of its {len(data.entries)} images is in the project",
                         "open the project that it was made from, or make a new project of it")
    fresh, table = not project.classes(), project.images()
    used = {entry.label for _, entry in pairs}
    with project.store.transact("import data set", who=who, by_file=by_file, images=len(pairs), **origin) as t:
        ids = classes.ensure(project, t, [c.name for c in data.classes if c.name.strip() and (
            fresh or c.colour or c.name in used)])
        if fresh:  # colours and keys as they were
            t.update_each("classes", ["shortcut"], [(ids[c.name], None) for c in data.classes if c.name in ids])
            t.update_each("classes", ["colour", "shortcut"], [
                (ids[c.name], c.colour, c.shortcut) for c in data.classes if c.name in ids and c.colour])
        columns = [column for column, field in _FIELD_OF.items() if field in data.says]
        rows = [(row, {"class_id": ids.get(e.label or ""), "label_origin": "import", "split": e.split,
                       "grouping": e.group, "flag": int(e.flag), "excluded": int(e.excluded), "note": e.note})
                for row, e in pairs]
        t.update_each("images", columns, [
            (int(table.id[row]), *(values[column] for column in columns)) for row, values in rows])
    return Imported(t.changes, len(pairs), rejected)


def _matched(project: Project, data: DatasetFiles,
             by_file: bool) -> tuple[list[tuple[int, Entry]], list[tuple[str, str]]]:
    """The rows of a data set's images, and what has none."""
    row_of = {path: row for row, path in enumerate(project.images().path)}
    root, place = data.root.resolve(), project.image_root.resolve()
    inside = f"{place.relative_to(root).as_posix()}/" if place != root and place.is_relative_to(root) else ""
    pairs, rejected = [], list(data.rejected)
    for entry in data.entries:
        row = row_of.get(entry.file.removeprefix(inside)) if by_file else row_of.get(entry.path, row_of.get(entry.file))
        if row is None:
            rejected.append((entry.file, "no such image in the project"))
        else:
            pairs.append((row, entry))
    return pairs, rejected
