"""Shows a script's results in the application's own widgets where there is a display; a process of its own shows them.

So scripts never load a window toolkit, and go on while the window stands; it closes with the script.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from dlgui import environment

log = logging.getLogger(__name__)

PATIENCE = 5
"""Seconds that a window has for closing."""


class Viewer:
    """One window; it opens with the first message. Without a display nothing happens.

    Args:
        place: row, column, width and height of the window; None for its own.
    """

    def __init__(self, place: tuple[int, int, int, int] | None = None) -> None:
        self._place = place
        self._process: subprocess.Popen[str] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._closed = not environment.has_display()

    def show(self, what: str, *, arrays: dict[str, np.ndarray] | None = None, wait: bool = False,
             **message: Any) -> None:
        """Shows something: see `dlgui.gui.script_window`.

        Args:
            what: `training_progress`, `confusion_matrix`, `heatmap` or `image_results`.
            arrays: handed over in a file.
            wait: returns only when a person has closed the window.
            message: of JSON.
        """
        if self._closed:
            return
        process = self._process or self._start()
        if self._place is not None:
            message["place"] = self._place
        if arrays is not None:
            assert self._folder is not None
            message["arrays"] = str(Path(self._folder.name) / f"{what}.npz")
            np.savez(message["arrays"], **arrays)  # type: ignore[arg-type]
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps({"show": what, "wait": wait, **message}) + "\n")
            process.stdin.flush()
            if arrays is not None and not process.stdout.readline():  # until it is shown, the file must stay as it is
                self._lost()
            if wait:
                process.stdin.close()
                process.wait()
                self._lost()
        except (BrokenPipeError, OSError):  # a person has closed the window: the script goes on without
            self._lost()

    def _start(self) -> subprocess.Popen[str]:
        self._folder = tempfile.TemporaryDirectory()
        with self._complaints().open("w") as file:  # a pipe that nobody reads would fill up and hold the window
            process = subprocess.Popen([sys.executable, "-m", "dlgui.gui.script_window"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=file, text=True)
        self._process = process
        atexit.register(self.close)
        return process

    def _complaints(self) -> Path:
        assert self._folder is not None
        return Path(self._folder.name) / "complaints.txt"

    def _lost(self) -> None:
        """The window is there no more; says why, where no person has closed it."""
        if self._closed or self._process is None:
            return
        self._closed = True
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process.wait(PATIENCE):
                said = self._complaints().read_text(errors="replace")
                log.warning("a window could not be shown (%s); run: dlgui doctor", last_words(said))

    def close(self) -> None:
        """Closes the window."""
        process = self._process
        if process is not None:
            atexit.unregister(self.close)
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
            self._lost()
            if process.poll() is None:
                process.kill()
                process.wait()
            self._process = None
        self._closed = True
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def last_words(complaints: str) -> str:
    """What a process said last on its error output, for a sentence; Qt lists its platforms after the reason."""
    lines = [line.strip().rstrip(".") for line in complaints.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("Available platform")]
    return lines[-1] if lines else "it gives no reason"
