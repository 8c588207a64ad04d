"""Designs when a classifier should say “not sure” or “unknown” instead of a class."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDoubleSpinBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine.novelty import FALSE_ALARM_RATE
from dlgui.engine.rejection import Costs, Rejection, outcome, risk_coverage
from dlgui.gui.apply.cost_table import WIDTHS, CostModel
from dlgui.gui.apply.reject_curve import RejectCurve
from dlgui.gui.apply.threshold_table import ThresholdModel
from dlgui.gui.widgets import Form, button, named
from dlgui.gui.words import percent
from dlgui.project.operations import rejection
from dlgui.project.operations.rejection import Evidence


class RejectDesigner(QDialog):
    """Costs and false alarms left, the curve and the thresholds right; every change shows at once what it does.

    Signals:
        store: the `Rejection` that shall lie in the model, None for none.
    """

    store = Signal(object)

    def __init__(self, evidence: Evidence, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rejectDesigner")
        self.setWindowTitle(self.tr("When {run} should not answer").format(run=evidence.run.id))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(980, 640)
        self.evidence = evidence
        found, before = evidence.found, evidence.rule
        costs = before.costs if before is not None and before.costs is not None else evidence.costs
        self.costs = CostModel(found.classes, costs.wrong, self)
        self.thresholds = ThresholdModel(found, self)
        self.curve = RejectCurve()
        self.curve.show_curve(risk_coverage(found))
        self.mistake = self._number("costOfMistake", self.tr("What a wrong answer costs, in any unit"), 1.0)
        self.silence = self._number("costOfNoAnswer", self.tr("What no answer costs, in the same unit"), costs.not_sure)
        self.target = self._number("wantedRisk", self.tr("At most so many of the answers may be wrong"), 1.0, " %")
        self.unknown = named(QCheckBox(self.tr("tell unknown images apart")), "tellUnknown", self.tr(
            "Images unlike anything the network was trained on are called unknown, however confident it is"))
        self.alarms = self._number("falseAlarms", self.tr(
            "Share of familiar images that may be called unknown"), 100 * FALSE_ALARM_RATE, " %")
        self.alarms.setRange(0.1, 50)
        detector = before.novelty if before is not None else None
        self.unknown.setChecked(before is None or detector is not None)
        if detector is not None:
            self.alarms.setValue(100 * detector.false_alarm_rate)
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.rule = before
        self._build()
        self._connect()
        self._show(before.thresholds if before is not None else self._proposed())

    def _number(self, name: str, tip: str, value: float, suffix: str = "") -> QDoubleSpinBox:
        box = named(QDoubleSpinBox(), name, tip)
        box.setRange(0, 1e6 if not suffix else 100)
        box.setDecimals(2)
        box.setValue(value)
        box.setSuffix(suffix)
        return box

    def _table(self, name: str, tip: str, model: CostModel | ThresholdModel) -> QTableView:
        view = named(QTableView(), name, tip)
        view.setModel(model)
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        view.setWordWrap(False)  # which would shorten at the end
        return view

    def _build(self) -> None:
        n = len(self.evidence.found)
        head = QLabel(self.tr("Proposed on the {n} images of the validation split, which the network was not trained "
                              "on.").format(n=n) + (self.tr(" They are few: take the figures as a hint.")
                                                    if n < 50 else ""))
        head.setProperty("soft", True)
        head.setWordWrap(True)
        form = Form()
        form.addRow(self.tr("A mistake costs"), self._row(self.mistake, button(
            "fillCosts", self.tr("for every pair"), self.tr("Every mistake costs this"),
            lambda: self.costs.fill(self.mistake.value()))))
        form.addRow(self.tr("No answer costs"), self._row(self.silence, button(
            "proposeThresholds", self.tr("Propose"), self.tr("Thresholds of least cost on the validation images"),
            self.propose)))
        form.addRow(self.tr("Or: wrong at most"), self._row(self.target, button(
            "aimAtRisk", self.tr("Aim"), self.tr("One threshold for all classes that keeps to this share of wrong "
                                                 "answers, with as many answers as possible"), self.aim)))
        form.addRow(self.unknown)
        form.addRow(self.tr("False alarms"), self._row(self.alarms))
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(form)
        note = QLabel(self.tr("Cost of answering the row where the column is true:"))
        note.setProperty("soft", True)
        note.setWordWrap(True)
        column.addWidget(note)
        costs = self._table("costTable", self.tr("Double click a cost to change it"), self.costs)
        costs.horizontalHeader().setDefaultSectionSize(WIDTHS[Qt.Orientation.Horizontal])
        costs.verticalHeader().setMaximumWidth(WIDTHS[Qt.Orientation.Vertical])
        column.addWidget(costs, 1)
        rows = self._table("thresholdTable", self.tr("Double click a threshold to change it"), self.thresholds)
        rows.verticalHeader().hide()
        rows.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        rows.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        both = QSplitter(Qt.Orientation.Vertical)
        both.addWidget(self.curve)
        both.addWidget(rows)
        both.setSizes([300, 220])
        both.setChildrenCollapsible(False)
        parts = QSplitter()
        parts.addWidget(left)
        parts.addWidget(both)
        parts.setSizes([400, 560])
        parts.setChildrenCollapsible(False)
        bottom = QHBoxLayout()
        self.save = button("storeRule", self.tr("Store in the model"), self.tr(
            "The window, dlgui apply and exported networks obey it from then on"), self._store, True)
        self.remove = button("removeRule", self.tr("Remove from the model"), self.tr("Accept every answer again"),
                             self._remove)
        self.remove.setEnabled(self.evidence.rule is not None)
        bottom.addWidget(self.remove)
        bottom.addStretch()
        bottom.addWidget(button("closeDesigner", self.tr("Close"), self.tr("Leave the model as it is"), self.reject))
        bottom.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.addWidget(head)
        layout.addWidget(parts, 1)
        layout.addWidget(self.summary)
        layout.addLayout(bottom)

    def _row(self, *widgets: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        for widget in widgets:
            row.addWidget(widget)
        row.addStretch()
        return row

    def _connect(self) -> None:
        self.costs.changed.connect(self.propose)
        self.silence.valueChanged.connect(lambda _: self.propose())
        self.alarms.valueChanged.connect(lambda _: self._show(self.thresholds.thresholds))
        self.unknown.toggled.connect(self.alarms.setEnabled)
        self.unknown.toggled.connect(lambda _: self._show(self.thresholds.thresholds))
        self.thresholds.edited.connect(lambda: self._show(self.thresholds.thresholds))
        self.curve.chosen.connect(self._same)
        self.alarms.setEnabled(self.unknown.isChecked())

    def current_costs(self) -> Costs:
        """The cost table as it is."""
        return Costs(self.costs.wrong, self.silence.value())

    def propose(self) -> None:
        """Takes the thresholds of least cost."""
        self._show(self._proposed())

    def aim(self) -> None:
        """Takes one threshold for all classes that keeps the share of wrong answers."""
        self._same(risk_coverage(self.evidence.found).threshold_for(self.target.value() / 100))

    def _same(self, threshold: float) -> None:
        self._show([threshold] * len(self.evidence.found.classes))

    def _proposed(self) -> tuple[float, ...]:
        return rejection.rule(self.evidence, self.current_costs(), None).thresholds

    def _show(self, thresholds: Sequence[float]) -> None:
        """Makes the rule and shows what it does."""
        rate = self.alarms.value() / 100 if self.unknown.isChecked() else None
        made = rejection.rule(self.evidence, self.current_costs(), rate, thresholds)
        scores = None if made.novelty is None else self.evidence.distances / made.novelty.limit
        found = self.evidence.found
        does, without = outcome(made, found, scores), outcome(Rejection((0.0,) * len(found.classes)), found,
                                                              costs=self.current_costs())
        self.rule = made
        self.thresholds.show_rule(made.thresholds, made.decide(found.confidences, scores))
        self.curve.show_outcome(does)
        text = self.tr("<b>{answered}</b> answered, <b>{risk}</b> of the answers wrong (without a rule {before}); {n} "
                       "not sure, {u} unknown; mean cost <b>{cost:.3f}</b> (without {plain:.3f}).").format(
            answered=percent(does.coverage), risk=percent(does.risk), before=percent(without.risk), n=does.not_sure,
            u=does.unknown, cost=does.cost or 0.0, plain=without.cost or 0.0)
        if made.novelty is not None and rate is not None and made.novelty.false_alarm_rate > rate + 1e-9:
            text += self.tr(" {n} images can promise no fewer than {r} false alarms.").format(
                n=made.novelty.calibrated_on, r=percent(made.novelty.false_alarm_rate))
        self.summary.setText(text)

    def _store(self) -> None:
        self.store.emit(self.rule)
        self.accept()

    def _remove(self) -> None:
        self.store.emit(None)
        self.accept()
