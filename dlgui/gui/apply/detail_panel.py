"""One answer in full: the image, where the network looked, and what it thinks of every class."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from dlgui.engine.answers import Answer, called
from dlgui.engine.classifier import Classifier
from dlgui.engine.rejection import Rejection
from dlgui.gui.apply.bars import ConfidenceBars
from dlgui.gui.apply.decisions import colour_of, sentence
from dlgui.gui.elided_label import ElidedLabel
from dlgui.gui.image_view import ImageView
from dlgui.gui.jobs import Job
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import full, to_qimage
from dlgui.gui.widgets import named
from dlgui.gui.words import breakable, tip


class DetailPanel(QWidget):
    """Shows the answer that is looked at."""

    def __init__(self, session: Session, load: Callable[[], Classifier], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self._load = session, load
        self._answer: Answer | None = None
        self._classes: list[str] = []
        self._rule: Rejection | None = None
        self.view = ImageView("applyPreview")
        self.view.setMinimumHeight(60)  # a low window keeps the bars
        self.method = named(QComboBox(), "applyHeatmapMethod", self.tr("What the picture shows"))
        for text, value in ((self.tr("image only"), ""), ("Grad-CAM", "grad_cam"),
                            (self.tr("guided Grad-CAM"), "guided_grad_cam"),
                            (self.tr("occlusion"), "confidence_based")):
            self.method.addItem(text, value)
        self.method.currentIndexChanged.connect(lambda _: self._picture())
        self.verdict, self.name = QLabel(), ElidedLabel()
        self.verdict.setWordWrap(True)
        self.verdict.setTextFormat(Qt.TextFormat.PlainText)  # a class may be called anything
        self.name.setProperty("soft", True)
        self.bars = ConfidenceBars("applyBars")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.method)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.verdict)
        layout.addWidget(self.bars)
        layout.addWidget(self.name)

    def begin(self, classes: list[str], rule: Rejection | None) -> None:
        """Who gives the answers that follow."""
        self._classes, self._rule = classes, rule
        self.show_answer(None)

    def rename_classes(self, classes: list[str]) -> None:
        """The classes are called otherwise now, in the same order."""
        names, shown = dict(zip(self._classes, classes, strict=True)), self._answer
        self.begin(classes, self._rule)
        if shown is not None:
            self.show_answer(called(shown, names))

    def show_answer(self, a: Answer | None) -> None:
        """Shows an answer; None clears."""
        if a is not None and a is self._answer:
            return  # others arrive while it is looked at; its heatmap shall not begin anew each time
        self._answer = a
        if a is None:
            self.verdict.clear()
            self.name.clear()
            self.bars.show_confidences([], None)
            self.session.jobs.drop("apply preview")
            self.view.show_image(QImage())
            return
        threshold = None
        if self._rule is not None and a.predicted in self._classes:
            threshold = self._rule.thresholds[self._classes.index(a.predicted)]
        self.verdict.setText(breakable(sentence(a, threshold)))
        colour = colour_of(a.decision)
        self.verdict.setStyleSheet(f"font-weight: 600; {f'color: {colour};' if colour else ''}")
        self.name.setText(a.title.rpartition("/")[2])
        self.name.setToolTip(tip(a.title))
        self.bars.show_confidences(self._classes, a.confidences, self._rule.thresholds if self._rule else ())
        self._picture()

    def _picture(self) -> None:
        a, method = self._answer, self.method.currentData()
        if a is None:
            return
        self.session.jobs.start("apply preview", self.tr("heatmap"), lambda job: self._draw(job, a, method),
                                done=self._drawn, failed=self._failed, told=self.view.show_image,
                                quiet=not method)

    def _draw(self, job: Job, a: Answer, method: str) -> tuple[QImage, bool]:
        """In the job's thread: the image at once, the map over it when it is ready, and whether that is empty."""
        from dlgui.engine import heatmaps
        from dlgui.engine.images import read_image

        image = full(a.path)
        if image.isNull() and a.confidences is not None:
            read_image(a.path)  # says why it is no longer there
        if not method or a.confidences is None or image.isNull():
            return image, False
        job.tell(image)
        job.progress.check()
        pixels = read_image(a.path)
        found = heatmaps.explain(self._load(), [pixels], method=method, progress=job.progress)[0]
        return to_qimage(heatmaps.overlay(pixels, found.map)), not found.map.any()

    def _drawn(self, drawn: tuple[QImage, bool]) -> None:
        image, empty = drawn
        self.view.show_image(image)
        if empty:
            self.verdict.setText(self.verdict.text() + self.tr("\nThe map is empty: no single part decides it."))

    def _failed(self, problem: Exception) -> None:
        self.view.show_image(QImage())
        self.verdict.setText(breakable(str(problem)))
