"""Which files of a folder have just arrived, whole? Knows no clock, no thread and no window: whoever asks says when."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from dlgui.engine.images import read_image
from dlgui.engine.labels import list_files
from dlgui.errors import DlguiError, UnreadableImage

SETTLE = 0.2
"""Seconds that size and time of a file must stay the same before it is tried."""

GIVE_UP = 10.0
"""Seconds without change after which a file that cannot be decoded counts as broken, not as half-written."""

Stamp = tuple[int, int]


@dataclass
class _Waiting:
    stamp: Stamp
    since: float
    tried: Stamp | None = None


class FolderWatch:
    """Follows a folder and everything below it.

    Args:
        folder: what to follow.
        existing: whether the files that are there already count as arrivals.

    Attributes:
        gone: whether the folder was not there at the last look; it may come back.

    Raises:
        DlguiError: no folder.
    """

    def __init__(self, folder: str | Path, existing: bool = False) -> None:
        self.folder, self.gone = Path(folder), False
        self._seen: dict[str, Stamp] = {}
        self._waiting: dict[str, _Waiting] = {}
        names = list_files(self.folder)
        if not existing:
            self._seen = {name: stamp for name in names if (stamp := self._stamp(name)) is not None}

    @property
    def waiting(self) -> bool:
        """Whether files are there that may still be growing: ask again soon, without `look`."""
        return bool(self._waiting)

    def folders(self) -> list[str]:
        """The folder and those below it, for whoever can be told of their changes."""
        found = [str(self.folder)]
        for top in found:
            try:
                found += [entry.path for entry in os.scandir(top)
                          if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")]
            except OSError:
                continue
        return found

    def poll(self, now: float, look: bool = True) -> tuple[list[Path], list[UnreadableImage]]:
        """The files that became complete since the last call, and those that never will.

        Args:
            now: seconds of a clock that never goes back.
            look: whether to list the folder; False asks only after the files that are awaited.

        Returns:
            Files that can be decoded and have rested for `SETTLE` seconds, and errors of files that have rested for
            `GIVE_UP` seconds and cannot. A file that is written anew arrives anew.
        """
        if look:
            self._look(now)
        ready: list[Path] = []
        broken: list[UnreadableImage] = []
        for name, wait in list(self._waiting.items()):
            stamp = self._stamp(name)
            if stamp is None:  # taken away again, or renamed
                del self._waiting[name]
            elif stamp != wait.stamp:
                self._waiting[name] = _Waiting(stamp, now)
            elif now - wait.since >= SETTLE:
                problem = self._try(name, wait, now)
                if self._stamp(name) != stamp:  # it went on while it was read; what is known now is not all of it
                    continue
                if problem is None or now - wait.since >= GIVE_UP:
                    del self._waiting[name]
                    self._seen[name] = stamp
                    if problem is None:
                        ready.append(self.folder / name)
                    else:
                        broken.append(problem)
        return ready, broken

    def _try(self, name: str, wait: _Waiting, now: float) -> UnreadableImage | None:
        """Why the file cannot be decoded; tried once a stamp, and once more at the very end."""
        if wait.tried == wait.stamp and now - wait.since < GIVE_UP:
            return UnreadableImage(self.folder / name, "not complete yet")
        wait.tried = wait.stamp
        try:
            read_image(self.folder / name)
        except UnreadableImage as problem:
            return problem
        return None

    def _look(self, now: float) -> None:
        try:
            names = list_files(self.folder)
        except DlguiError:  # unplugged or renamed
            self.gone = True
            return
        self.gone = False
        for name in names:
            if name not in self._waiting:
                stamp = self._stamp(name)
                if stamp is not None and self._seen.get(name) != stamp:
                    self._waiting[name] = _Waiting(stamp, now)

    def _stamp(self, name: str) -> Stamp | None:
        try:
            status = os.stat(self.folder / name)  # noqa: PTH116 - a folder of 100,000 files is asked twice a second
        except OSError:
            return None
        return status.st_size, status.st_mtime_ns
