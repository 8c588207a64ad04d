"""Importing, scanning and finding images again."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dlgui.engine.labels import Listing, Sample, read_listing
from dlgui.engine.progress import Progress
from dlgui.engine.scanning import Scan, scan_images
from dlgui.engine.splitting import SUBSETS
from dlgui.errors import DlguiError
from dlgui.project import own_images
from dlgui.project.changes import Changes
from dlgui.project.operations import classes, splits
from dlgui.project.project import ImageTable, Project
from dlgui.project.store import Transaction

_BATCH = 2000


@dataclass
class ImportReport:
    """What an import found.

    Attributes:
        added, removed, restored, changed: numbers of images; `paths` has the images themselves under these keys.
        labeled, divided: so many known images got a label, a split or a group that they had not.
        kept: so many have another label than the source gives, and keep it.
        rejected, notes: see `Listing`.
    """

    changes: Changes
    added: int = 0
    removed: int = 0
    restored: int = 0
    changed: int = 0
    labeled: int = 0
    divided: int = 0
    kept: int = 0
    rejected: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    paths: dict[str, list[str]] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        """Whether the folder is not as it was."""
        return any(self.paths.values()) or bool(self.labeled or self.divided)


def add_listing(project: Project, t: Transaction, listing: Listing) -> None:
    """Adds all images of a listing, and their classes, to an open transaction."""
    ids = classes.ensure(project, t, listing.classes)
    t.insert_many("images", ("path", "class_id", "label_origin", "split", "grouping"), [
        (s.path, ids.get(s.label) if s.label else None, "import" if s.label else "", s.split, s.group)
        for s in listing.samples])


def import_folder(project: Project, source: str | None = None, *, overwrite: bool = False, who: str = "user",
                  progress: Progress | None = None) -> ImportReport:
    """Looks at the image folder again: adds new images, marks vanished ones missing, scans what changed.

    Args:
        project: where to.
        source: label source; the project's own by default, which leaves images alone whose label was taken away.
        overwrite: whether labels of the source replace those that are there.

    Labels, splits and groups that are there are never lost otherwise.
    """
    root = project.require_image_root()
    refused = set() if source else _refused(project)
    source = source or project.meta("label_source") or "last_folder"
    listing = read_listing(root, source)
    found = {s.path: s for s in listing.samples}
    table = project.images()
    known = dict(zip(table.path, table.id.tolist(), strict=True))
    if splits.test_is_locked(project):
        _keep_out_of_test(table, listing)
    gone = [i for path, i in known.items() if path not in found and not (root / path).is_file()]
    back = [i for path, i, m in zip(table.path, table.id.tolist(), table.missing, strict=True)
            if m and (path in found or (root / path).is_file())]
    absent = set(table.id[table.missing].tolist())
    newly = [i for i in gone if i not in absent]
    changed = [path for path, size, mtime, content, missing in zip(
        table.path, table.size.tolist(), table.mtime.tolist(), table.content_hash, table.missing.tolist(), strict=True)
        if content is not None and not missing and path in found and _changed(root / path, size, mtime, content, "")]
    report = ImportReport(Changes(), rejected=listing.rejected, notes=listing.notes)
    with project.store.transact("import", who=who, source=source, overwrite=overwrite) as t:
        add_listing(project, t, Listing([s for path, s in found.items() if path not in known]))
        t.update("images", gone, {"missing": 1})
        t.update("images", back, {"missing": 0})
        _relabel(project, t, [s for path, s in found.items() if known.get(path) not in refused], overwrite, report)
        _divide(project, t, found, report)
    report.changes = t.changes
    path_of = {image: path for path, image in known.items()}
    report.paths = {"added": sorted(found.keys() - known.keys()), "removed": [path_of[i] for i in newly],
                    "restored": [path_of[i] for i in back], "changed": changed}
    report.added, report.removed, report.restored, report.changed = (len(paths) for paths in report.paths.values())
    scan(project, progress)
    return report


def _keep_out_of_test(table: ImageTable, listing: Listing) -> None:
    """Takes the test split away from images of a listing that are not in the project's locked one."""
    inside = {table.path[row] for row in np.flatnonzero(table.split == SUBSETS.index("test"))}
    closed = [sample for sample in listing.samples if sample.split == "test" and sample.path not in inside]
    for sample in closed:
        sample.split = None
    if closed:
        listing.notes.append(f"{len(closed)} {'image' if len(closed) == 1 else 'images'} of the source's test split "
                             "left without a split: the project's test split is locked; unlock it in the split panel")


def _refused(project: Project) -> set[int]:
    """Images whose label somebody took away."""
    return {row[0] for row in project.store.rows(
        "SELECT id FROM images WHERE class_id IS NULL AND label_origin <> ''")}


def _relabel(project: Project, t: Transaction, found: list[Sample], overwrite: bool, report: ImportReport) -> None:
    """Labels of the source, for images that have none; for all with `overwrite`."""
    table = project.images()
    given: dict[int, str] = {}
    for sample in found:
        row = table.row_of_path.get(sample.path)
        if row is None or not sample.label:
            continue
        label = table.label[row]
        if label < 0 or (overwrite and table.class_names[label] != sample.label):
            given[int(table.id[row])] = sample.label
        elif table.class_names[label] != sample.label:
            report.kept += 1
    ids = classes.ensure(project, t, sorted(set(given.values())))
    t.update_each("images", ("class_id", "label_origin"), [(i, ids[name], "import") for i, name in given.items()])
    report.labeled = len(given)


def _divide(project: Project, t: Transaction, found: dict[str, Sample], report: ImportReport) -> None:
    """Splits and groups of the source, for images that have none."""
    table, rows = project.images(), []
    for path, image, split, group in zip(table.path, table.id.tolist(), table.split.tolist(), table.group, strict=True):
        sample = found.get(path)
        if sample is None:
            continue
        wanted = (SUBSETS[split] if split >= 0 else sample.split, sample.group if group is None else group)
        if wanted != (SUBSETS[split] if split >= 0 else None, group):
            rows.append((image, *wanted))
    t.update_each("images", ("split", "grouping"), rows)
    report.divided = len(rows)


def scan(project: Project, progress: Progress | None = None) -> Changes:
    """Reads every image that was not scanned yet or whose file changed; resumable and cancellable."""
    root = project.require_image_root()
    wanted = [(path, image) for path, image, size, mtime, content, missing, reason in zip(
        *_facts(project), strict=True) if not missing and _changed(root / path, size, mtime, content, reason)]
    if not wanted:
        return Changes()
    if progress is not None:
        progress.task("reading images", len(wanted))
    results = scan_images(root, [path for path, _ in wanted], progress)
    pending: list[tuple[object, ...]] = []
    touched: set[int] = set()
    try:
        for (path, image), result in zip(wanted, results, strict=True):
            pending.append(_row(root / path, image, result))
            touched.add(image)
            if len(pending) >= _BATCH:
                _store(project, pending)
                pending = []
    finally:
        _store(project, pending)
    return Changes(frozenset({"images"}), {"images": touched}, None, "scan", "scan")


def relocate(project: Project, new_root: str | Path, who: str = "user") -> Changes:
    """Tells the project where the image folder is now.

    Raises:
        DlguiError: none of the images is there.
    """
    root = Path(new_root).absolute()
    paths = in_folder(project)
    if paths and not any((root / path).is_file() for path in paths[:: max(len(paths) // 100, 1)]):
        raise DlguiError(root, f"none of the project's images is there (looked for {paths[0]})",
                         "name the folder that now holds them")
    row = project.store.rows("SELECT id FROM meta WHERE name = 'image_root'")[0][0]
    with project.store.transact("relocate", who=who, undoable=False, images=str(root)) as t:
        t.update("meta", [row], {"value": str(root)})
    return t.changes


def count_found(project: Project, folder: str | Path) -> int:
    """How many of the project's images lie in a folder."""
    root = Path(folder)
    return sum((root / path).is_file() for path in in_folder(project)) if root.is_dir() else 0


def guess_root(project: Project) -> Path | None:
    """Where a moved image folder probably is: beside the project or further up, or where it was, under another name."""
    paths, root = in_folder(project), project.image_root
    some = paths[:: max(len(paths) // 20, 1)]
    above = (project.folder.absolute(), *project.folder.absolute().parents)
    places = [place for folder in above for place in (folder / root.name, folder)]
    if root.parent.is_dir():
        places += sorted(place for place in root.parent.iterdir() if place.is_dir())
    return next((place for place in places if any((place / path).is_file() for path in some)), None)


def in_folder(project: Project) -> list[str]:
    """Paths of the images that lie in the image folder, and not with the project."""
    return [path for path in project.images().path if not own_images.is_own(path)]


def _facts(project: Project) -> tuple[list[object], ...]:
    table = project.images()
    return (table.path, table.id.tolist(), table.size.tolist(), table.mtime.tolist(),  # type: ignore[return-value]
            table.content_hash, table.missing.tolist(), table.reason)


def _changed(file: Path, size: int, mtime: float, content: str | None, reason: str) -> bool:
    if content is None and not reason:
        return True
    try:
        status = file.stat()
    except OSError:
        return not reason
    return status.st_size != size or abs(status.st_mtime - mtime) > 1e-6


def _row(file: Path, image: int, result: object) -> tuple[object, ...]:
    if isinstance(result, Scan):
        signed = result.perceptual_hash - (1 << 64) if result.perceptual_hash >= 1 << 63 else result.perceptual_hash
        return (image, result.width, result.height, result.content_hash, result.pixel_hash, signed, result.bytes,
                result.modified / 1e9, "")
    try:
        status = file.stat()
        size, mtime = status.st_size, status.st_mtime
    except OSError:
        size, mtime = 0, 0.0
    return (image, 0, 0, None, None, None, size, mtime, getattr(result, "reason", str(result)))


def _store(project: Project, rows: list[tuple[object, ...]]) -> None:
    if rows:
        with project.store.transact("scan", undoable=False, journal=False) as t:
            t.update_each("images", ("width", "height", "content_hash", "pixel_hash", "perceptual_hash", "size",
                                     "mtime", "reason"), rows)
