"""Where dlgui keeps what it can always make again, and how files are replaced without a moment of absence."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from dlgui.errors import DlguiError


def cache_folder(name: str = "") -> Path:
    """The user's cache folder for dlgui (env `DLGUI_CACHE` overrides), made if missing; `name` is a subfolder."""
    chosen = os.environ.get("DLGUI_CACHE")
    if chosen:
        folder = Path(chosen)
    else:
        from platformdirs import user_cache_path

        folder = user_cache_path("dlgui", appauthor=False)
    folder = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:  # a home that cannot be written must not stop anybody: the cache is only a convenience
        folder = Path(tempfile.gettempdir()) / f"dlgui-{os.getuid() if hasattr(os, 'getuid') else 'cache'}" / name
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def kept(name: str, make: Callable[[], bytes], most: int) -> bytes:
    """What `make` gives, from the cache where it was made before.

    Args:
        name: folder and file below the cache; the name tells contents apart.
        make: called where there is no such file.
        most: files that the folder keeps, the newest.
    """
    folder, _, file = name.rpartition("/")
    path = cache_folder(folder) / file
    with contextlib.suppress(OSError):
        return path.read_bytes()
    content = make()
    with contextlib.suppress(DlguiError, OSError):  # a full disk must not stop an answer
        write_atomically(path, lambda stream: stream.write(content))
        for old in sorted(path.parent.glob(f"*{path.suffix}"), key=lambda p: p.stat().st_mtime)[:-most]:
            old.unlink(missing_ok=True)
    return content


def write_atomically(path: str | Path, write: Callable[[IO[bytes]], object]) -> None:
    """Writes a file beside `path`, flushes it to disk and renames it over `path`.

    Args:
        path: the file to make or replace.
        write: called with the open binary file.

    Raises:
        DlguiError: the folder is missing or read-only, the disk is full, or `path` is a folder or device; it is then as
            it was.
    """
    path = Path(path)
    temporary = unfinished(path)
    try:
        if path.exists() and not path.is_file():
            raise DlguiError(path, "not a file" if path.is_dir() else "a device, not a file", "choose another name")
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as problem:
        raise unwritable(path, problem) from problem
    finally:
        discard(temporary)


def absolute(path: str | Path) -> str:
    """A path that holds wherever a program is started, as text."""
    return str(Path(path).expanduser().absolute())


def unfinished(path: Path) -> Path:
    """A file beside `path` for what is to take its name once it is whole; no other thread has it."""
    return path.with_name(f".{os.getpid()}-{threading.get_ident()}.part{path.suffix}")


def discard_unfinished(folder: Path) -> None:
    """Deletes what processes that were killed left half-written in a folder in which nobody writes now."""
    for path in folder.glob(".*.part*"):
        discard(path)


def discard(path: Path) -> None:
    """Deletes a file if it is there and may be deleted: a read-only disk refuses that even of a file that is not."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def short_name(name: str) -> str:
    """At most 160 bytes of a name: file systems end at 255, and a number or a suffix may follow."""
    return name.encode()[:160].decode(errors="ignore")


def unwritable(path: str | Path, problem: OSError) -> DlguiError:
    """What to say where a file or a folder could not be written."""
    return DlguiError(path, f"cannot be written ({problem.strerror or problem})", _remedy(problem))


def _remedy(problem: OSError) -> str:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "free some disk space and try again"
    if problem.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return "choose a folder that may be written"
    if problem.errno == errno.ENOENT:
        return "make the folder first"
    if problem.errno == errno.ENAMETOOLONG:
        return "choose a shorter name"
    return "choose another place"
