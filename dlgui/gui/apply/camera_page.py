"""The live page: what the camera sees, what it is, and a key that takes it into the data set."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from dlgui.engine.classifier import Classifier
from dlgui.gui.apply import frame_sources
from dlgui.gui.apply.bars import ConfidenceBars
from dlgui.gui.apply.decisions import colour_of, sentence
from dlgui.gui.apply.frame_sources import CameraSource, FolderSource, FrameSource
from dlgui.gui.apply.live import LiveAnswer, LiveClassifier
from dlgui.gui.image_view import ImageView
from dlgui.gui.session import Session
from dlgui.gui.widgets import Choice, button, named
from dlgui.gui.words import breakable


class CameraPage(QWidget):
    """Shows live answers.

    Signals:
        snapshot: uint8 (H, W) or (H, W, 3) of the frame that is shown, and the name of the class it goes under.
        leave: back to the results.
    """

    snapshot = Signal(object, str)
    leave = Signal()

    def __init__(self, session: Session, load: Callable[[], Classifier], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.live = LiveClassifier(session, load, self)
        self.live.answered.connect(self._show)
        self.live.failed.connect(self._failed)
        self._source: FrameSource | None = None
        self._last: LiveAnswer | None = None
        self._times: deque[float] = deque(maxlen=20)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.view = ImageView("cameraView")
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setMinimumHeight(60)
        self.verdict, self.speed = QLabel(), QLabel()
        self.verdict.setWordWrap(True)
        for label in (self.message, self.verdict):
            label.setTextFormat(Qt.TextFormat.PlainText)  # a class or a folder may be called anything
        self.speed.setProperty("soft", True)
        self.bars = ConfidenceBars("cameraBars")
        self.devices = named(Choice(16), "cameraDevice", self.tr("The camera"))
        self.devices.activated.connect(lambda _: self._choose())
        self.heatmap = named(QCheckBox(self.tr("heatmap")), "cameraHeatmap", self.tr(
            "Shows with Grad-CAM what speaks for the class; slower"))
        self.heatmap.toggled.connect(self._heatmap)
        self.classes = named(Choice(12), "snapshotClass", self.tr("The class that a snapshot goes under"))
        self.take = button("snapshotButton", self.tr("Snapshot (Space)"), self.tr(
            "Add the frame to the data set under the class; a class's own key does both"), self._snapshot, True)
        self._build()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.devices, 1)
        top.addWidget(button("cameraFolderButton", self.tr("Play a folder…"), self.tr(
            "Shows the images of a folder as if a camera saw them"), self._ask_folder))
        top.addWidget(self.heatmap)
        top.addStretch(1)
        top.addWidget(button("cameraBackButton", self.tr("Back to the results"), self.tr("Ends the camera"),
                             self.leave.emit))
        right = QVBoxLayout()
        right.addWidget(self.verdict)
        right.addWidget(self.bars, 1)
        right.addWidget(self.speed)
        right.addWidget(QLabel(self.tr("Add to the data set as")))
        right.addWidget(self.classes)
        right.addWidget(self.take)
        body = QHBoxLayout()
        left = QVBoxLayout()
        left.addWidget(self.message, 1)
        left.addWidget(self.view, 1)
        body.addLayout(left, 3)
        side = QWidget()
        side.setLayout(right)
        right.setContentsMargins(0, 0, 0, 0)
        side.setMinimumWidth(280)
        body.addWidget(side, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addLayout(body, 1)

    def open(self) -> None:
        """Looks for cameras and starts the first; says what is missing where there is none."""
        self.refresh()
        self.devices.clear()
        self.devices.setEnabled(False)
        self._say(self.tr("Looking for a camera …"))
        self.session.jobs.start("cameras", self.tr("looking for cameras"),
                                lambda job: frame_sources.multimedia_problem(), done=self._looked, quiet=True)
        self.setFocus()

    def _looked(self, problem: str) -> None:
        found = [] if problem else frame_sources.cameras()
        self.devices.clear()
        for name, device in found:
            self.devices.addItem(name, device)
        if found:
            self.play(CameraSource(found[0][1], self))
        else:
            self.devices.addItem(self.tr("no camera"), None)
            self._say((problem or self.tr("No camera was found: connect one and open this page again."))
                      + self.tr("\n“Play a folder…” shows the images of a folder instead."))
        self.devices.setEnabled(bool(found))

    def refresh(self) -> None:
        """Offers the classes of the project."""
        project = self.session.project
        chosen = self.classes.currentText()
        self.classes.clear()
        for info in project.classes() if project is not None else []:
            key = f"   [{info.shortcut}]" if info.shortcut else ""
            self.classes.addItem(f"{info.name}{key}", info.name)
        self.classes.setCurrentIndex(max(self.classes.findText(chosen), 0) if self.classes.count() else -1)
        self._state()

    def play(self, source: FrameSource) -> None:
        """Shows the frames of a source; ends the one before."""
        self.close_source()
        self._source = source
        self._say(self.tr("Waiting for the first image …"))
        source.frame.connect(self.live.take)
        source.failed.connect(self._lost)
        self.live.start()
        source.start()

    def close_source(self) -> None:
        """Ends camera and classification."""
        self.session.jobs.drop("cameras")
        self.live.stop()
        if self._source is not None:
            self._source.stop()
            self._source.deleteLater()
            self._source = None
        self._last = None
        self._times.clear()
        self.view.show_image(QImage())
        self.verdict.clear()
        self.speed.clear()
        self.bars.show_confidences([], None)
        self._state()

    def _choose(self) -> None:
        device = self.devices.currentData()
        if device is not None:
            self.play(CameraSource(device, self))

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder of images"))
        if folder:
            self.play_folder(folder)

    def play_folder(self, folder: str, rate: float = frame_sources.RATE) -> None:
        """Shows the images of a folder as if a camera saw them."""
        text = self.tr("folder {name}").format(name=Path(folder).name)
        if self.devices.findText(text) < 0:
            self.devices.addItem(text, None)
        self.devices.setCurrentIndex(self.devices.findText(text))
        self.play(FolderSource(folder, rate, self))

    def _heatmap(self, on: bool) -> None:
        self.live.heatmap = on

    def _show(self, live: LiveAnswer) -> None:
        if self._last is None:
            self._say("")
        self._last = live
        self._times.append(monotonic())
        self.view.show_image(live.picture)
        a = live.answer
        threshold = live.rule.thresholds[live.classes.index(a.predicted)] if live.rule is not None else None
        self.verdict.setText(breakable(sentence(a, threshold)))
        colour = colour_of(a.decision)
        self.verdict.setStyleSheet(f"font-size: 17px; font-weight: 700; {f'color: {colour};' if colour else ''}")
        self.bars.show_confidences(live.classes, a.confidences, live.rule.thresholds if live.rule else ())
        if len(self._times) > 2:
            rate = (len(self._times) - 1) / max(self._times[-1] - self._times[0], 1e-6)
            self.speed.setText(self.tr("{w} × {h}, {r:.1f} frames per second").format(
                w=live.pixels.shape[1], h=live.pixels.shape[0], r=rate))
        self._state()

    def _failed(self, problem: Exception) -> None:
        self.close_source()
        self._say(str(problem))
        self.session.problem.emit(problem)

    def _lost(self, text: str) -> None:
        self.close_source()
        self._say(text)

    def _say(self, text: str) -> None:
        self.message.setText(breakable(text))
        self.message.setVisible(bool(text))
        self.view.setVisible(not text)

    def _state(self) -> None:
        project = self.session.project
        self.take.setEnabled(self._last is not None and self.classes.currentIndex() >= 0 and project is not None
                             and not project.read_only)

    def _snapshot(self, label: str | None = None) -> None:
        name = label or self.classes.currentData()
        if self._last is not None and name and self.take.isEnabled():
            self.snapshot.emit(self._last.pixels, name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        project, text = self.session.project, event.text().lower()
        info = next((c for c in project.classes() if text and c.shortcut == text), None) if project else None
        if event.key() == Qt.Key.Key_Space:
            self._snapshot()
        elif info is not None:
            self._snapshot(info.name)
        elif event.key() == Qt.Key.Key_Escape:
            self.leave.emit()
        else:
            super().keyPressEvent(event)
