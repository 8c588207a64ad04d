"""Work of the window's thread in pieces, so that it never stands still for long."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer


class Pieces(QObject):
    """Goes on with a generator whenever the event loop has nothing else to do."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pieces: Iterator[None] = iter(())
        self._turns = QTimer(self, interval=0)
        self._turns.timeout.connect(self._turn)

    def start(self, pieces: Iterator[None]) -> None:
        """Begins with the first piece; what was not done of others is done before."""
        self.finish()
        self.instead(pieces)

    def instead(self, pieces: Iterator[None]) -> None:
        """Begins with the first piece, where these make what was not done of others needless."""
        self._pieces = pieces
        self._turns.start()
        self._turn()

    def busy(self) -> bool:
        """Whether something is left to do."""
        return self._turns.isActive()

    def finish(self) -> None:
        """Does the rest at once."""
        for _ in self._pieces:
            pass
        self._turns.stop()

    def _turn(self) -> None:
        pieces = self._pieces
        if next(pieces, self) is self and pieces is self._pieces:  # a piece may have led to others
            self._turns.stop()
