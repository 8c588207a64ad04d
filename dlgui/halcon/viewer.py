"""Shows a script's results in the application's own widgets where there is a display; a process of its own shows them.

So scripts never load a window toolkit, and go on while the window stands; it closes with the script.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from dlgui import environment


class Viewer:
    """One window; it opens with the first message. Without a display nothing happens."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._closed = not environment.has_display()

    def show(self, what: str, *, arrays: dict[str, np.ndarray] | None = None, wait: bool = False,
             **message: Any) -> None:
        """Shows something: see `dlgui.gui.script_window`.

        Args:
            what: `training_progress`, `heatmap` or `image_results`.
            arrays: handed over in a file.
            wait: returns only when a person has closed the window.
            message: of JSON.
        """
        if self._closed:
            return
        if self._process is None:
            self._process = subprocess.Popen([sys.executable, "-m", "dlgui.gui.script_window"], stdin=subprocess.PIPE,
                                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            atexit.register(self.close)
        if arrays is not None:
            self._folder = self._folder or tempfile.TemporaryDirectory()
            message["arrays"] = str(Path(self._folder.name) / f"{what}.npz")
            np.savez(message["arrays"], **arrays)  # type: ignore[arg-type]
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps({"show": what, "wait": wait, **message}) + "\n")
            process.stdin.flush()
            if arrays is not None and not process.stdout.readline():  # until it is shown, the file must stay as it is
                self._closed = True
            if wait:
                process.stdin.close()
                process.wait()
                self._closed = True
        except (BrokenPipeError, OSError):  # a person has closed the window: the script goes on without
            self._closed = True

    def close(self) -> None:
        """Closes the window."""
        self._closed = True
        process, self._process = self._process, None
        if process is not None:
            atexit.unregister(self.close)
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
