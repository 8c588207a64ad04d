"""How alike the images are to one of them, for the order of the grid; computed off the window's thread."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from dlgui.gui.jobs import Job
from dlgui.gui.session import Session
from dlgui.project.operations.embeddings import Embeddings, embeddings
from dlgui.project.project import ImageTable


class Likeness(QObject):
    """Keeps the vectors of the project and how alike all are to one image.

    Signals:
        ready: `of` has an answer now.
    """

    ready = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.anchor: int | None = None
        self._found: Embeddings | None = None
        self._contents: list[str | None] | None = None
        self._values: np.ndarray | None = None
        session.opened.connect(lambda _: self._forget())

    def _forget(self) -> None:
        self.anchor, self._found, self._contents, self._values = None, None, None, None

    def ask(self, image_id: int) -> None:
        """Compares all images with this one; the vectors are computed where they are not known yet."""
        project = self.session.project
        if project is None:
            return
        self.anchor, self._values = image_id, None
        table = project.images()
        if self._found is not None and self._contents is table.content_hash:
            self._compare(self._found, image_id)
            return

        def work(job: Job) -> Embeddings:
            return embeddings(project, job.progress)

        def done(found: Embeddings) -> None:
            self._found, self._contents = found, table.content_hash
            self._compare(found, image_id)

        self.session.jobs.start("likeness", self.tr("comparing images"), work, done=done)

    def _compare(self, found: Embeddings, image_id: int) -> None:
        own = np.flatnonzero(found.ids == image_id)
        if len(own):
            self._values = found.vectors @ found.vectors[own[0]]
            self._values[own[0]] = 2  # the image itself comes before its duplicates
            self.ready.emit()

    def of(self, table: ImageTable) -> np.ndarray | None:
        """float32 (n,): cosine similarity of each row to the image, 2 for itself, NaN where unknown; None before."""
        if self._found is None or self._values is None:
            return None
        values = np.full(len(table), np.nan, np.float32)
        known = np.isin(self._found.ids, table.id)
        values[table.row_of(self._found.ids[known].tolist())] = self._values[known]
        return values
