"""What takes long to make while the window lives: imports in a thread, widgets a piece a turn of the event loop."""

from __future__ import annotations

import atexit
import importlib
from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from dlgui.gui.jobs import Job


class Making(QObject):
    """Imports modules off the window's thread, then goes through the pieces of a generator.

    The modules must find all types of Qt that they use made already: PySide makes each when it is first asked for, and
    where a thread does so while the window is painted, the process now and then dies.

    Signals:
        done: all of it is there.

    Args:
        modules: names of what is imported first, so that the pieces find it.
        pieces: gives a generator; what it does between two `yield` should take less than 50 ms.
    """

    done = Signal()

    def __init__(self, modules: Sequence[str], pieces: Callable[[], Iterator[None]],
                 parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.finished = False
        self._modules, self._pieces = modules, pieces()
        self._job: Job | None = None
        self._begun = self._closed = False
        self._turns = QTimer(self, interval=0)
        self._turns.timeout.connect(self._turn)

    def start(self) -> None:
        """Begins; does nothing where it has begun, or was closed."""
        if self._job is None and not self.finished and not self._closed:
            self._job = Job("preparing", lambda _: [importlib.import_module(name) for name in self._modules], self)
            self._job.finished.connect(self._turns.start)  # whatever could not be imported, the pieces will say
            self._job.start()
            atexit.register(self.stop)  # a window that nobody closed: Qt aborts where a thread outlives it

    def finish(self) -> None:
        """Does the rest at once."""
        self.stop()
        while not self.finished:
            self._turn()

    def close(self) -> None:
        """Begins nothing any more; what has begun is finished, for half-made widgets would outlive their window."""
        self.stop()
        self._closed = True
        if self._begun:
            self.finish()

    def stop(self) -> None:
        """Makes no further piece until `finish`."""
        if self._job is not None:
            self._job.finished.disconnect(self._turns.start)
            self._job.wait()
            self._job = None
            atexit.unregister(self.stop)
        self._turns.stop()

    def _turn(self) -> None:
        self._begun = True
        try:
            next(self._pieces)
        except StopIteration:
            self.finished = True
            self.stop()
            self.done.emit()
        except BaseException:
            self._turns.stop()  # half a window is not made a second time
            raise
