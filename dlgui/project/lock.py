"""One writer a project, one trainer a run: operating-system locks that die with their process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO


class WriterLock:
    """Held by one process, through one object, at a time; `acquire` says whether it was free."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def acquire(self, wait: bool = False) -> bool:
        """Takes the lock if nobody holds it, or as soon as nobody does."""
        file = self._path.open("a+b")
        try:
            _lock(file, wait=wait)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Gives the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None


def held(path: Path) -> bool:
    """Whether somebody holds the lock of a file."""
    try:
        with path.open("rb") as file:
            _lock(file, shared=True)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _lock(file: IO[bytes], wait: bool = False, shared: bool = False) -> None:
    """Locks an open file until it is closed. Raises `OSError` where it is locked already."""
    if os.name == "nt":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
    else:
        import fcntl

        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
