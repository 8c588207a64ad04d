"""Percentages, seed and grouping of the split, with a bar of what each class gets."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QGroupBox,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from dlgui.gui import theme
from dlgui.gui.session import Session
from dlgui.gui.widgets import button, named
from dlgui.project.operations import splits

COLOURS = ("#4e79a7", "#edc948", "#59a14f")


class SplitPanel(QGroupBox):
    """Divides the labeled images into training, validation and test."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Split"))
        self.setObjectName("splitPanel")
        self.setAccessibleName(self.tr("Split"))
        self.session = session
        self.train = self._percent("splitTrain", 70, self.tr("Training, percent"))
        self.validation = self._percent("splitValidation", 15, self.tr("Validation, percent"))
        self.seed = QSpinBox()
        self.seed.setRange(0, 2 ** 31 - 1)
        self.seed.setValue(42)
        self.group = QLineEdit()
        self.group.setPlaceholderText(self.tr("column 'group' or a pattern"))
        self.overwrite = QCheckBox(self.tr("Replace the split that is there"))
        for widget, name, text in (
                (self.seed, "splitSeed", self.tr("Equal seeds give equal splits")),
                (self.group, "splitGroup", self.tr("Images of one object stay together: 'group' for the column of the "
                                                   "CSV, or a regular expression on the path")),
                (self.overwrite, "splitOverwrite", self.tr("Otherwise only images without a split get one"))):
            named(widget, name, text)
        self.button = button("splitButton", self.tr("Split"), self.tr(
            "Divide the labeled images: stratified, duplicates and groups stay together"), self.split)
        self.bars = SplitBars(session)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setProperty("warning", True)
        self.rest = QLabel()
        self.rest.setProperty("soft", True)
        for box in (self.train, self.validation):
            box.valueChanged.connect(self._show_rest)
        form = QFormLayout()
        form.addRow(self.tr("Training %"), self.train)
        form.addRow(self.tr("Validation %"), self.validation)
        form.addRow(self.tr("Test %"), self.rest)
        form.addRow(self.tr("Seed"), self.seed)
        form.addRow(self.tr("Keep together"), self.group)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.overwrite)
        layout.addWidget(self.button)
        layout.addWidget(self.bars)
        layout.addWidget(self.note)
        self._show_rest()

    def _percent(self, name: str, value: int, text: str) -> QSpinBox:
        box = QSpinBox()
        box.setRange(0, 100)
        box.setValue(value)
        return named(box, name, text)

    def _show_rest(self) -> None:
        rest = 100 - self.train.value() - self.validation.value()
        self.rest.setText(f"{rest}" if rest >= 0 else self.tr("more than 100"))
        self.button.setEnabled(rest >= 0 and self.session.project is not None and not self.session.project.read_only)

    def split(self) -> None:
        """Splits and says what could not be met."""
        result = self.session.do(splits.split, float(self.train.value()), float(self.validation.value()),
                                 self.seed.value(), self.group.text().strip() or None, self.overwrite.isChecked())
        if result is not None:
            self.note.setText("\n".join(result.warnings))

    def refresh(self) -> None:
        """Shows the split as it is."""
        self._show_rest()
        self.bars.refresh()


class SplitBars(QWidget):
    """A bar a class: shares of training, validation, test; numbers beside."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._rows: list[tuple[str, list[int]]] = []

    def refresh(self) -> None:
        project = self.session.project
        self._rows = []
        if project is not None:
            table = project.images()
            usable = table.trainable
            for i, name in enumerate(table.class_names):
                split = table.split[usable & (table.label == i)]
                self._rows.append((name, [int(np.count_nonzero(split == s)) for s in (0, 1, 2)]))
        self.setFixedHeight(24 * max(len(self._rows[:12]), 1) + 6)
        self.setToolTip("\n".join(f"{name}: {a} train, {b} validation, {c} test" for name, (a, b, c) in self._rows))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, 24 * max(len(self._rows[:12]), 1) + 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = QPainter(self), theme.colours()
        width = self.width()
        for i, (name, counts) in enumerate(self._rows[:12]):
            top, total = 24 * i + 3, sum(counts)
            painter.setPen(QColor(c.ink))
            shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, 84)
            painter.drawText(QRectF(0, top, 88, 18), Qt.AlignmentFlag.AlignVCenter, shown)
            left, bar = 92.0, width - 96.0
            painter.fillRect(QRectF(left, top + 1, bar, 16), QColor(c.raised))
            for count, colour in zip(counts, COLOURS, strict=True):
                part = bar * count / total if total else 0
                painter.fillRect(QRectF(left, top + 1, part, 16), QColor(colour))
                if part > 26:
                    painter.setPen(QColor("#10202c" if colour == COLOURS[1] else "#ffffff"))
                    painter.drawText(QRectF(left, top, part, 18), Qt.AlignmentFlag.AlignCenter, str(count))
                left += part
        painter.end()
