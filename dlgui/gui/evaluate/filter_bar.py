"""Filters over the results: outcome, truth, prediction, confidence, rank and name, all of which an image must meet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QGridLayout, QLabel, QLineEdit, QSpinBox, QWidget

from dlgui.engine.selection import OUTCOMES
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.widgets import Choice, button, named

ANY = "–"


class FilterBar(QWidget):
    """Edits the criteria of an inspection; whatever the matrix chose stays chosen."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inspection = inspection
        self._quiet = False
        self._classes: list[str] = []
        self.outcome = named(Choice(8), "outcomeFilter", self.tr("Right or wrong"))
        for shown, value in zip((self.tr("any"), self.tr("wrong"), self.tr("correct")), OUTCOMES,
                                strict=True):
            self.outcome.addItem(shown, value)
        self.truth = named(Choice(8), "truthFilter", self.tr("True class"))
        self.predicted = named(Choice(8), "predictedFilter", self.tr("Predicted class"))
        self.minimum = self._share("minimumConfidence", self.tr("Least confidence of the predicted class"), 0)
        self.maximum = self._share("maximumConfidence", self.tr("Greatest confidence of the predicted class"), 100)
        self.rank = named(QSpinBox(), "topkMissFilter",
                          self.tr("Only images whose true class is not among so many most confident classes"))
        self.rank.setSpecialValueText(self.tr("any rank"))
        self.text = named(QLineEdit(), "resultNameFilter", self.tr("Part of the file's path"))
        self.text.setPlaceholderText(self.tr("part of the name"))
        self.text.setClearButtonEnabled(True)
        self.clear = button("clearResultFiltersButton", self.tr("Clear"), self.tr("No filter; the chosen cells stay"),
                            self._clear)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        parts: list[tuple[str, QWidget]] = [
            (self.tr("truth"), self.truth), (self.tr("predicted"), self.predicted), (self.tr("outcome"), self.outcome),
            (self.tr("missed by top"), self.rank), (self.tr("confidence from"), self.minimum),
            (self.tr("to"), self.maximum), (self.tr("name"), self.text), ("", self.clear)]
        for i, (text, widget) in enumerate(parts):
            label = QLabel(text)
            label.setProperty("soft", True)
            layout.addWidget(label, i // 2, 2 * (i % 2))
            layout.addWidget(widget, i // 2, 2 * (i % 2) + 1)
        layout.setColumnStretch(1, 1)
        layout.setColumnStretch(3, 1)
        for box in (self.outcome, self.truth, self.predicted):
            box.currentIndexChanged.connect(lambda _: self._edited())
        for number in (self.minimum, self.maximum, self.rank):
            number.setKeyboardTracking(False)  # half a number is none
        self.minimum.valueChanged.connect(lambda low: self._edited(low, max(low, self.maximum.value())))
        self.maximum.valueChanged.connect(lambda high: self._edited(min(self.minimum.value(), high), high))
        self.rank.valueChanged.connect(lambda _: self._edited())
        self.text.textChanged.connect(lambda _: self._edited())
        inspection.chosen.connect(self._follow)

    def _share(self, name: str, tip: str, value: float) -> QDoubleSpinBox:
        box = named(QDoubleSpinBox(), name, tip)
        box.setRange(0, 100)
        box.setDecimals(1)
        box.setSuffix(" %")
        box.setValue(value)
        return box

    def _edited(self, low: float | None = None, high: float | None = None) -> None:
        """Chooses as the fields say; the confidences in percent where one of them has moved the other."""
        if self._quiet:
            return
        low, high = (box.value() if moved is None else moved for box, moved in ((self.minimum, low),
                                                                              (self.maximum, high)))
        self.inspection.choose(replace(
            self.inspection.criteria, outcome=self.outcome.currentData(), truth=self.truth.currentData(),
            predicted=self.predicted.currentData(), minimum_confidence=low / 100,
            maximum_confidence=high / 100, topk_miss=self.rank.value() or None, text=self.text.text()),
            self.inspection.named)

    def _clear(self) -> None:
        self.inspection.choose(replace(
            self.inspection.criteria, outcome="all", truth=None, predicted=None, minimum_confidence=0.0,
            maximum_confidence=1.0, topk_miss=None, text=""), self.inspection.named)

    def _follow(self) -> None:
        """Shows the criteria as they are, whoever changed them."""
        wanted, shown = self.inspection.criteria, self.inspection.decisions
        self._quiet = True
        classes = shown.classes if shown is not None else []
        if classes != self._classes:
            self._classes = list(classes)
            for box in (self.truth, self.predicted):
                box.clear()
                box.addItem(ANY, None)
                for name in classes:
                    box.addItem(name, name)
            self.rank.setRange(0, max(len(classes) - 1, 1))
        _choose(self.outcome, wanted.outcome)
        _choose(self.truth, wanted.truth)
        _choose(self.predicted, wanted.predicted)
        self.minimum.setValue(100 * wanted.minimum_confidence)
        self.maximum.setValue(100 * wanted.maximum_confidence)
        self.rank.setValue(wanted.topk_miss or 0)
        if self.text.text() != wanted.text:
            self.text.setText(wanted.text)
        self._quiet = False


def _choose(box: QComboBox, value: Any) -> None:
    box.setCurrentIndex(max(box.findData(value), 0) if value is not None else 0)
