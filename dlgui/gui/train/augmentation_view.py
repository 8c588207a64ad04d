"""Live examples of augmentation on the user's own images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from dlgui.engine import parameters
from dlgui.errors import DlguiError
from dlgui.gui import theme
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import to_qimage
from dlgui.gui.train.fields import FieldGrid, set_values
from dlgui.gui.train.form import HyperparameterForm
from dlgui.gui.widgets import button, named
from dlgui.project.operations import choosing, previews
from dlgui.project.operations.previews import Example

COUNT = 12


class Tiles(QWidget):
    """Pictures in a grid that fills the space, the name of the class below each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pictures: list[QImage] = []
        self.names: list[str] = []

    def sizeHint(self) -> QSize:
        return QSize(640, 520)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 260)

    def show_pictures(self, pictures: Sequence[np.ndarray], names: Sequence[str]) -> None:
        """uint8 arrays (H, W, C) and what stands below each."""
        self.pictures, self.names = [to_qimage(p) for p in pictures], list(names)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.pictures:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        line = self.fontMetrics().height() + 4
        columns = self._columns(line)
        width = self.width() / columns
        height = self.height() / math.ceil(len(self.pictures) / columns)
        painter.setPen(QColor(theme.colours().soft))
        for i, (picture, name) in enumerate(zip(self.pictures, self.names, strict=True)):
            left, top = (i % columns) * width, (i // columns) * height
            factor = min((width - 8) / picture.width(), (height - line - 6) / picture.height())
            w, h = picture.width() * factor, picture.height() * factor
            painter.drawImage(QRectF(left + (width - w) / 2, top + (height - line - h) / 2, w, h), picture)
            shown = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, int(width) - 8)
            painter.drawText(QRectF(left, top + height - line, width, line), Qt.AlignmentFlag.AlignCenter, shown)

    def _columns(self, line: int) -> int:
        """The number of columns with the largest tiles."""
        count = len(self.pictures)

        def side(columns: int) -> float:
            return min(self.width() / columns, self.height() / math.ceil(count / columns) - line)
        return max(range(1, count + 1), key=side)


class AugmentationDialog(QDialog):
    """The parameters of augmentation beside examples that follow them; the form has the same values all the time."""

    def __init__(self, session: Session, form: HyperparameterForm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("augmentationDialog")
        self.setWindowTitle(self.tr("Augmentation on my images"))
        self.resize(1000, 640)
        self._session, self._form = session, form
        self._seed, self._choice = 0, 0
        self._examples: list[Example] = []
        self._pictures: list[np.ndarray] = []
        self._dirty = False
        self.grid = FieldGrid([p for p in parameters.TABLE if p.section == "augmentation"], "preview")
        self.tiles = Tiles()
        self.tiles.setObjectName("augmentationTiles")
        self.tiles.setAccessibleName(self.tr("Examples"))
        self.tiles.setToolTip(self.tr("Your images as one training step might see them"))
        self.originals = named(QCheckBox(self.tr("Show the originals")), "originalsBox", self.tr(
            "Shows the same images without any change"))
        self.note = QLabel()
        self.note.setObjectName("augmentationNote")
        self.note.setWordWrap(True)
        self.note.setProperty("soft", True)
        self._build()
        set_values(self.grid.fields, form.values())
        self.grid.changed.connect(self._changed)
        form.changed.connect(self._follow_form)
        self.originals.toggled.connect(lambda _: self._draw())
        self.load()

    def _build(self) -> None:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self.grid)
        area.setFixedWidth(350)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        right = QVBoxLayout()
        right.addWidget(self.tiles, 1)
        right.addWidget(self.note)
        row = QHBoxLayout()
        row.addWidget(self.originals)
        row.addStretch()
        row.addWidget(button("rerollButton", self.tr("Throw the dice again"), self.tr(
            "The same images with other random changes"), self.reroll))
        row.addWidget(button("otherImagesButton", self.tr("Other images"), self.tr(
            "Takes other images of the training split"), self.other_images))
        row.addWidget(button("closeAugmentationButton", self.tr("Close"), self.tr(
            "Closes; the form has these values already"), self.accept))
        right.addLayout(row)
        layout = QHBoxLayout(self)
        layout.addWidget(area)
        layout.addLayout(right, 1)

    # --- images

    def load(self) -> None:
        """Decodes the examples, once."""
        project = self._session.project
        if project is None:
            return
        plan = choosing.assumed(self._form.plan_of({**parameters.defaults(), **{
            name: value for name, value in self._form.values().items()
            if parameters.BY_NAME[name].section == "image"}}, "quick"))
        self.note.setText(self.tr("Reading images…"))
        self._session.jobs.start("augmentation images", self.tr("reading images"), lambda job: previews.examples(
            project, plan, COUNT, self._choice, job.progress), done=self._loaded, failed=self._failed, quiet=True)

    def _loaded(self, found: list[Example]) -> None:
        self._examples = found
        if found:
            self.redraw()
        else:
            self.note.setText(self.tr("There is no labeled image to show."))

    def reroll(self) -> None:
        """Other random changes."""
        self._seed += 1
        self.redraw()

    def other_images(self) -> None:
        """Other images."""
        self._choice += 1
        self.load()

    # --- changes

    def values(self) -> dict[str, Any]:
        """Names and values of the augmentation."""
        return {name: field.value() for name, field in self.grid.fields.items()}

    def _changed(self, name: str) -> None:
        field = self.grid.fields[name]
        if field.problem is None:
            self._form.set_values({name: field.value()})
            self.redraw()

    def _follow_form(self) -> None:
        set_values(self.grid.fields, self._form.values())

    def redraw(self) -> None:
        """Makes the examples anew; while one redraw is under way, one more is remembered, not a queue of them."""
        if not self._examples:
            return
        if self._session.jobs.running("augmentation") is not None:
            self._dirty = True
            return
        self._dirty = False
        values, seed, examples = self.values(), self._seed, self._examples
        self._session.jobs.start("augmentation", self.tr("augmenting"), lambda job: previews.augmented(
            examples, values, seed, job.progress), done=self._drawn, failed=self._failed, quiet=True)
        if values["modern"] != "none" and not self.tiles.pictures:
            self.note.setText(self.tr("Loading torchvision…"))

    def _drawn(self, pictures: list[np.ndarray]) -> None:
        self._pictures = pictures
        self._draw()
        changed = sum(not np.array_equal(a, e.pixels) for a, e in zip(pictures, self._examples, strict=True))
        first = self._examples[0]
        self.note.setText(self.tr("{n} of {count} images are changed in this throw. The network gets {w} × {h} px."
                                  ).format(n=changed, count=len(pictures), w=first.width, h=first.height))
        if self._dirty:
            self.redraw()

    def _draw(self) -> None:
        originals = [e.pixels for e in self._examples]
        shown = originals if self.originals.isChecked() else self._pictures
        if len(shown) == len(self._examples):
            self.tiles.show_pictures(shown, [e.label for e in self._examples])

    def _failed(self, problem: DlguiError) -> None:
        self.note.setText(str(problem))

    def done(self, result: int) -> None:
        for kind in ("augmentation", "augmentation images"):
            self._session.jobs.drop(kind)
        self._form.changed.disconnect(self._follow_form)
        super().done(result)
