"""A large view of one image file with what is needed to see into it: zoom, levels, contrast, gray values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSlider, QToolButton, QVBoxLayout, QWidget

from dlgui.engine import images, tone
from dlgui.errors import DlguiError
from dlgui.gui import icons
from dlgui.gui.image_view import ImageView
from dlgui.gui.jobs import Job
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import to_qimage
from dlgui.gui.widgets import named

SMALL = 2_000_000
"""Values up to which a picture is toned at once; larger ones in a job."""


@dataclass(frozen=True)
class _Loaded:
    """The gray values of a file with the two ranges they may be shown in, or the reason there are none."""

    pixels: np.ndarray | None
    whole: tuple[float, float] = (0.0, 1.0)
    automatic: tuple[float, float] = (0.0, 1.0)
    reason: str = ""


class Preview(QWidget):
    """View, buttons and sliders; what is adjusted changes the view alone, never the image."""

    def __init__(self, session: Session, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self._kind = session, name
        self._loaded = _Loaded(None)
        self.view = ImageView(name)
        self.pixel, self.zoom = QLabel(), QLabel()
        self.pixel.setProperty("soft", True)
        self.pixel.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.zoom.setProperty("soft", True)
        self.view.pixel.connect(self.pixel.setText)
        self.view.zoomed.connect(lambda factor: self.zoom.setText(f"{100 * factor:.0f} %"))
        self.fit = self._tool("fit", "fit", self.tr("Whole image (0)"))
        self.actual = self._tool("actual", "actual", self.tr("One pixel of the image is one of the screen (1)"))
        self.auto = self._tool("auto", "auto", self.tr(
            "Automatic levels: black and white at the darkest and brightest 0.5 % of the image"), True)
        self.adjust = self._tool("theme", "adjust", self.tr("Brightness and contrast"), True)
        self.fit.clicked.connect(lambda: self.view.fit())
        self.actual.clicked.connect(lambda: self.view.actual_size())
        self.auto.toggled.connect(lambda _: self._tone())
        self.brightness = self._slider("brightness", self.tr("Brightness of the view"))
        self.contrast = self._slider("contrast", self.tr("Contrast of the view"))
        self.reset = self._tool("reset", "resetTone", self.tr("As the image is"))
        self.reset.clicked.connect(lambda: self.reset_tone())
        self._build()

    def _build(self) -> None:
        self.sliders = QWidget()
        grid = QGridLayout(self.sliders)
        grid.setContentsMargins(0, 0, 0, 0)
        for row, (text, slider) in enumerate(((self.tr("Brightness"), self.brightness),
                                              (self.tr("Contrast"), self.contrast))):
            grid.addWidget(QLabel(text), row, 0)
            grid.addWidget(slider, row, 1)
        grid.addWidget(self.reset, 0, 2, 2, 1)
        self.sliders.hide()
        self.adjust.toggled.connect(self.sliders.setVisible)
        tools = QHBoxLayout()
        tools.setSpacing(2)
        for tool in (self.fit, self.actual, self.auto, self.adjust):
            tools.addWidget(tool)
        tools.addWidget(self.zoom)
        tools.addStretch()
        tools.addWidget(self.pixel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.view, 1)
        layout.addLayout(tools)
        layout.addWidget(self.sliders)

    def _tool(self, drawing: str, name: str, tip: str, checkable: bool = False) -> QToolButton:
        tool = named(QToolButton(), f"{self._kind}{name[0].upper()}{name[1:]}", tip)
        tool.setCheckable(checkable)
        icons.dress(tool, drawing)
        return tool

    def _slider(self, name: str, tip: str) -> QSlider:
        slider = named(QSlider(Qt.Orientation.Horizontal), f"{self._kind}{name.title()}", tip)
        slider.setRange(-100, 100)
        slider.valueChanged.connect(lambda _: self._tone())
        return slider

    def image(self) -> QImage:
        """What is shown."""
        return self.view.image()

    def show_file(self, path: str) -> None:
        """Shows another file; it is read off the window's thread. Levels and zoom stay as they are."""
        self.session.jobs.start(f"{self._kind} file", "preview", lambda job: _load(job, path), done=self._came,
                                quiet=True)

    def clear(self) -> None:
        """Shows nothing."""
        self.session.jobs.drop(f"{self._kind} file")
        self._came(_Loaded(None))

    def reset_tone(self) -> None:
        """Shows the image as training sees it."""
        self.auto.setChecked(False)
        self.brightness.setValue(0)
        self.contrast.setValue(0)

    def _came(self, loaded: _Loaded) -> None:
        self._loaded = loaded
        self.view.say(loaded.reason)
        if loaded.pixels is None:
            self.session.jobs.drop(f"{self._kind} tone")
            self.view.show_image(QImage())
            self.zoom.clear()
        else:
            self._tone()

    def _tone(self) -> None:
        loaded = self._loaded
        pixels = loaded.pixels
        if pixels is None:
            return
        low, high = loaded.automatic if self.auto.isChecked() else loaded.whole
        brightness, contrast = self.brightness.value(), self.contrast.value()

        def work(job: Job | None) -> QImage:
            return to_qimage(tone.to_screen(pixels, low, high, brightness, contrast))

        if pixels.size <= SMALL:
            self.view.show_image(work(None), pixels)
        else:
            self.session.jobs.start(f"{self._kind} tone", "preview", work, quiet=True,
                                    done=lambda image: self.view.show_image(image, pixels))


def _load(job: Job, path: str) -> _Loaded:
    job.progress.check()
    try:
        pixels = images.read_native(path)
    except DlguiError as problem:
        return _Loaded(None, reason=problem.why)
    return _Loaded(pixels, tone.full_range(pixels), tone.auto_range(pixels))
