"""The images of a zip archive, taken out without trusting it."""

from __future__ import annotations

import errno
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from dlgui.engine.labels import READABLE_SUFFIXES
from dlgui.engine.progress import Progress
from dlgui.engine.storage import discard
from dlgui.errors import DlguiError

MAX_ENTRIES = 200_000
MAX_FILE = 1 << 30
MAX_TOTAL = 32 << 30
MAX_RATIO = 300
"""An entry beyond `SMALL` bytes that unpacks to more than so many times its size is a bomb, not an image."""

SMALL = 16 << 20
_BLOCK = 1 << 20


def unpack_images(archive: str | Path, folder: str | Path, progress: Progress | None = None,
                  ) -> tuple[list[Path], list[tuple[str, str]]]:
    """Writes the image files of a zip archive below a folder; everything else stays packed.

    Args:
        archive: a zip file.
        folder: where to; made if missing. Nothing is ever written outside it, whatever the archive's names say.
        progress: one unit an image.

    Returns:
        The files, in the archive's order, and the (name, reason) of images that were refused.

    Raises:
        DlguiError: not a zip, or larger than `MAX_ENTRIES` or `MAX_TOTAL` allow.
        Cancelled: see `Progress`.
    """
    archive, folder = Path(archive), Path(folder)
    found: list[Path] = []
    refused: list[tuple[str, str]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(archive) as source:
            entries = [e for e in source.infolist() if not e.is_dir()
                       and e.filename.rpartition(".")[2].lower() in READABLE_SUFFIXES and not _hidden(e.filename)]
            if len(entries) > MAX_ENTRIES:
                raise DlguiError(archive, f"more than {MAX_ENTRIES:,} images", "unpack it and name the folder")
            needed = sum(entry.file_size for entry in entries if not _reason(entry))
            if needed > shutil.disk_usage(folder).free:
                raise DlguiError(archive, f"needs {needed / 1e9:.1f} GB, more than is free where {folder} lies",
                                 "free some disk space")
            if progress is not None:
                progress.task("unpacking", len(entries))
            room = MAX_TOTAL
            for entry in entries:
                reason = _reason(entry)
                if not reason:
                    target = folder / PurePosixPath(entry.filename.replace("\\", "/"))
                    written = _write(source, entry, target)
                    room -= target.stat().st_size if not written else 0
                    reason = written
                if reason:
                    refused.append((entry.filename, reason))
                else:
                    found.append(target)
                if room < 0:
                    raise DlguiError(archive, f"unpacks to more than {MAX_TOTAL >> 30} GB",
                                     "unpack it and name the folder")
                if progress is not None:
                    progress.advance()
    except (zipfile.BadZipFile, EOFError) as problem:
        raise DlguiError(archive, f"not a zip archive that can be read ({problem})", "pack it again") from problem
    except OSError as problem:
        raise DlguiError(archive, f"cannot be unpacked ({problem.strerror or problem})",
                         "check the file and the free disk space") from problem
    return found, refused


def _hidden(name: str) -> bool:
    """Files that no person put there, such as the `__MACOSX/._photo.jpg` beside a `photo.jpg`."""
    return any((part.startswith(".") and part not in (".", "..")) or part == "__MACOSX"
               for part in name.replace("\\", "/").split("/"))


def _reason(entry: zipfile.ZipInfo) -> str:
    """Why an entry is refused; empty where it is not."""
    name = entry.filename.replace("\\", "/")
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or ":" in name or "\0" in name:
        return "its name leads out of the archive"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "a link"
    if entry.flag_bits & 1:
        return "encrypted"
    if entry.file_size > MAX_FILE:
        return f"larger than {MAX_FILE >> 30} GB"
    if entry.file_size > SMALL and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        return "a decompression bomb"
    return ""


def _write(source: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> str:
    """Unpacks one entry; returns why that failed. Counts what comes out: the archive's own figures may lie."""
    try:
        if target.exists():
            return "named twice"
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open(entry) as packed, target.open("wb") as file:
            room = max(entry.file_size, SMALL)
            while block := packed.read(_BLOCK):
                room -= len(block)
                if room < 0:
                    raise zipfile.BadZipFile("larger than it says")
                file.write(block)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError, FileExistsError,
            NotADirectoryError, ValueError) as problem:  # ValueError: an offset before the file
        discard(target)
        return f"corrupt ({problem})"
    except OSError as problem:
        discard(target)
        if problem.errno == errno.ENAMETOOLONG:
            return "its name is too long"
        raise
    return ""
