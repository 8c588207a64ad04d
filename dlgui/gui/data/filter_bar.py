"""What stands above the grid: which images are shown, in which order, how large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSlider, QWidget

from dlgui.gui.filters import ORDERS, SPLITS, STATES, Filter
from dlgui.gui.widgets import Choice, button, named


class FilterBar(QWidget):
    """Search field and boxes; size slider `zoom` and button `everything` are put elsewhere by whoever arranges.

    Signals:
        changed: the new `Filter`.
        side: side of the pictures in pixels.
    """

    changed = Signal(object)
    side = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.filter = Filter()
        self.search = named(QLineEdit(), "nameFilter", self.tr("Show only images whose path holds this"))
        self.search.setPlaceholderText(self.tr("File name"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(90)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(180)
        self._wait.timeout.connect(lambda: self.set(replace(self.filter, text=self.search.text())))
        self.search.textChanged.connect(lambda _: self._wait.start())
        self.by_split = self._combo("splitFilter", SPLITS, self.tr("Split: {v}"), "split")
        self.by_state = self._combo("stateFilter", STATES, self.tr("Show: {v}"), "state")
        self.by_order = self._combo("orderBox", ORDERS, self.tr("Sort: {v}"), "order")
        self.zoom = named(QSlider(Qt.Orientation.Horizontal), "sizeSlider", self.tr("Size of the pictures"))
        self.zoom.setRange(64, 320)
        self.zoom.setValue(128)
        self.zoom.setFixedWidth(90)
        self.zoom.valueChanged.connect(self.side)
        self.everything = button("clearFilterButton", self.tr("Show all"), self.tr("Take all filters away"), self.clear)
        self.everything.hide()
        bar = QHBoxLayout(self)
        bar.setContentsMargins(0, 0, 0, 0)
        for part in (self.search, self.by_state, self.by_split, self.by_order):
            bar.addWidget(part, 1)

    def _combo(self, name: str, values: Sequence[str], text: str, field: str) -> QComboBox:
        box = Choice(8)
        box.setObjectName(name)
        for value in values:
            box.addItem(text.format(v=value), value)
        box.setToolTip(text.format(v="…"))
        box.setAccessibleName(text.format(v="").strip(": "))
        box.currentIndexChanged.connect(lambda _: self.set(replace(self.filter, **{field: box.currentData()})))
        return box

    def clear(self) -> None:
        """Shows every image."""
        self.set(Filter())

    def set(self, wanted: Filter) -> None:
        """Takes a filter over and announces it."""
        self.filter = wanted
        self.everything.setVisible(wanted != Filter())
        for box, value in ((self.by_split, wanted.split), (self.by_state, wanted.state), (self.by_order, wanted.order)):
            with QSignalBlocker(box):
                box.setCurrentIndex(box.findData(value))
        if self.search.text() != wanted.text:
            with QSignalBlocker(self.search):
                self.search.setText(wanted.text)
        self.changed.emit(wanted)
