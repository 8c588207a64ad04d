"""A whole project in one file, with or without its images: for another computer, or for keeping.

A zip with `dlgui.json` (format and version), `project.sqlite` (a consistent copy), `runs/…` and, if wanted,
`images/…`, with those that the project keeps itself (`own_images`) in `added/…`. Reading trusts nothing: names must
stay inside, sizes must be as announced, the database must be dlgui's.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
import zipfile
from pathlib import Path
from typing import IO, Any

import dlgui
from dlgui.engine.dataset_files import inside
from dlgui.engine.progress import Progress
from dlgui.engine.storage import absolute, write_atomically
from dlgui.errors import DlguiError
from dlgui.project import own_images
from dlgui.project.project import Project
from dlgui.project.store import FILE

FORMAT, VERSION, HEAD = "dlgui-project", 1, "dlgui.json"
MAX_ENTRIES = 5_000_000
MAX_HEAD = 64 << 20
MAX_RATIO = 1000
"""No project file packs better than this; what does is a bomb."""
_STORED = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".dlclassifier", ".npz", ".safetensors"}


def pack(project: Project, path: str | Path, images: bool = False, progress: Progress | None = None) -> int:
    """Writes a project into one file.

    Args:
        project: which; it stays as it is.
        path: the archive, `.zip` by convention.
        images: whether the image files go along.

    Returns:
        number of files in it.

    Raises:
        DlguiError: it cannot be written, the images are gone, or one has a name that other computers do not take.
    """
    table = project.images()
    names = [own_images.to_store(project.folder, path) for path in table.path]
    odd = next((path for path, name in zip(table.path, names, strict=True) if not _stays(name)), None)
    if odd is not None:
        raise DlguiError(odd, "its name cannot be unpacked on every computer",
                         "rename the file without a backslash and look at the folder again (F5)")
    files = [(f"runs/{f.relative_to(project.runs_folder).as_posix()}", f)
             for f in sorted(project.runs_folder.rglob("*")) if f.is_file() and not f.name.endswith((".part", ".lock"))]
    if images:
        root = project.require_image_root()
        files += [(name[1:] if own_images.is_own(path) else f"images/{name}", root / path)
                  for name, path, gone in zip(names, table.path, table.missing, strict=True)
                  if not gone and (root / path).is_file()]
    if progress is not None:
        progress.task("packing", len(files))
    head = {"format": FORMAT, "version": VERSION, "dlgui": dlgui.__version__, "name": project.name, "images": images,
            "modified": {name: file.stat().st_mtime_ns for name, file in files if name.startswith("runs/")}}

    def write(stream: IO[bytes]) -> None:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive, \
                tempfile.TemporaryDirectory() as folder:
            archive.writestr(HEAD, json.dumps(head, indent=1, ensure_ascii=False))
            project.store.copy_to(Path(folder) / FILE)
            archive.write(Path(folder) / FILE, FILE)
            for name, file in files:
                how = zipfile.ZIP_STORED if file.suffix.lower() in _STORED else zipfile.ZIP_DEFLATED
                archive.write(file, name, how)
                if progress is not None:
                    progress.advance()

    write_atomically(path, write)
    project.store.note("pack", file=absolute(path), images=images)
    return len(files) + 2


def unpack(path: str | Path, folder: str | Path, images: str | Path | None = None,
           progress: Progress | None = None) -> Project:
    """Makes a project of an archive; it comes back open.

    Args:
        path: what `pack` wrote.
        folder: new or empty.
        images: where the images are on this computer, for an archive without them; by default where they were.

    Raises:
        DlguiError: not such an archive, damaged, hostile, or the folder is in use; nothing is then left behind.
    """
    path, folder = Path(path), Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DlguiError(folder, "not empty", "choose a new or empty folder for the project")
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(path) as archive:
            entries, head = _checked(path, archive)
            with_images = head.get("images") is True
            _room(path, entries, folder)
            part.mkdir(parents=True)
            _extract(archive, entries, part, progress)
            _date(part, head)
        _settle(path, part, Path("images") if with_images else None)
        (part / "runs").mkdir(exist_ok=True)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, ValueError) as problem:
        if isinstance(problem, DlguiError):
            raise
        raise DlguiError(path, f"damaged, or no archive of a project ({problem})",
                         "use a file that dlgui pack wrote") from problem
    except OSError as problem:
        raise DlguiError(path, f"cannot be unpacked ({problem.strerror or problem})",
                         "check the file and the free space of the disk") from problem
    finally:
        shutil.rmtree(part, ignore_errors=True)
    project = Project.open(folder)
    if images is not None and not with_images:
        from dlgui.project.operations import images as images_operations

        try:
            images_operations.relocate(project, images)
        except BaseException:
            project.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return project


def _checked(path: Path, archive: zipfile.ZipFile) -> tuple[list[zipfile.ZipInfo], dict[str, Any]]:
    """The files of an archive that may be written, and what it says about itself."""
    entries = [e for e in archive.infolist() if not e.is_dir()]
    wrong = _wrong(entries)
    if wrong:
        raise DlguiError(path, wrong, "use a file that dlgui pack wrote")
    head = json.loads(archive.read(HEAD))
    if not isinstance(head, dict) or head.get("format") != FORMAT or not isinstance(head.get("version"), int):
        raise DlguiError(path, "no archive of a project", "use a file that dlgui pack wrote")
    if head["version"] > VERSION:
        raise DlguiError(path, f"written by a newer dlgui (format {head['version']})", "update dlgui")
    return entries, head


def _wrong(entries: list[zipfile.ZipInfo]) -> str:
    """Why these are not the files of a packed project; empty where they are."""
    if not {HEAD, FILE} <= {e.filename for e in entries}:
        return "no project in it, or cut short"  # a model inside an archive that was cut short looks like a zip
    if len(entries) > MAX_ENTRIES:
        return "it holds too many files"
    names: set[str] = set()
    for e in entries:
        reason = _reason(e)
        if not reason and e.filename.casefold() in names:
            reason = "is in it twice"
        if reason:
            return f"{e.filename[:80]!r} {reason}"
        names.add(e.filename.casefold())
    return ""


def _reason(entry: zipfile.ZipInfo) -> str:
    """Why an entry is refused; empty where it is not."""
    name, kind = entry.filename, stat.S_IFMT(entry.external_attr >> 16)
    top, slash, _ = name.partition("/")
    if not inside(name) or kind not in (0, stat.S_IFREG):
        return "leads out of the project"
    if name not in (HEAD, FILE) and (top not in ("runs", "images", own_images.FOLDER) or not slash):
        return "does not belong into a project"
    bomb = entry.file_size > 1 << 20 and entry.file_size > MAX_RATIO * max(entry.compress_size, 1)
    if entry.flag_bits & 1 or bomb or (name == HEAD and entry.file_size > MAX_HEAD):
        return "is packed in a way dlgui never writes"
    return ""


def _room(path: Path, entries: list[zipfile.ZipInfo], folder: Path) -> None:
    there = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    needed = sum(e.file_size for e in entries)
    if needed > shutil.disk_usage(there).free:
        raise DlguiError(path, f"needs {needed / 1e9:.1f} GB, more than the disk has free", "free some disk space")


def _extract(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], part: Path, progress: Progress | None) -> None:
    if progress is not None:
        progress.task("unpacking", len(entries))
    for entry in entries:
        if entry.filename != HEAD:
            target = part / entry.filename
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as source, target.open("xb") as out:
                shutil.copyfileobj(source, out, 1 << 20)  # never more than the announced size, and its CRC is checked
        if progress is not None:
            progress.advance()


def _date(part: Path, head: dict[str, Any]) -> None:
    """Gives the runs' files their times back: what is known of a run holds for its model as of that time."""
    modified = head.get("modified")
    for name, moment in modified.items() if isinstance(modified, dict) else ():
        if inside(name) and isinstance(moment, int) and 0 < moment < 1 << 62 and (part / name).is_file():
            os.utime(part / name, ns=(moment, moment))


def _settle(path: Path, part: Path, root: Path | None) -> None:
    """Checks the unpacked database, and tells it where its images are."""
    try:
        opened = Project.open(part)
    except DlguiError as problem:  # which speaks of a file that will be gone
        raise DlguiError(path, f"the project in it is {problem.why}",
                         "use a file that dlgui pack wrote, or update dlgui") from problem
    with opened as project:
        bad = next((name for name, in project.store.rows("SELECT path FROM images") if not _stays(name)), None)
        if bad is not None:
            raise DlguiError(path, f"it names an image {bad[:80]!r} outside its folder",
                             "use a file that dlgui pack wrote")
        if root is not None:
            row = project.store.rows("SELECT id FROM meta WHERE name = 'image_root'")[0][0]
            with project.store.transact("unpack", undoable=False, images=root.as_posix()) as t:
                t.update("meta", [row], {"value": root.as_posix()})
    for leftover in part.glob("project.sqlite-*"):
        leftover.unlink(missing_ok=True)


def _stays(name: str) -> bool:
    """Whether what the store calls an image leads to a file among the images or in the project, on every system."""
    return inside(name.removeprefix(f"/{own_images.FOLDER}/"))


def is_archive(path: Path) -> bool:
    """Whether a file looks like what `pack` writes."""
    try:
        with zipfile.ZipFile(path) as archive:
            return FILE in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False
