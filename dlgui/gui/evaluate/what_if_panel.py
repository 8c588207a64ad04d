"""What if: a threshold, merged classes and costs, tried live on the matrix without retraining."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDoubleSpinBox, QFrame, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from dlgui.engine.what_if import JOINT, Proposal, best_threshold, merge
from dlgui.gui.evaluate.cost_dialog import CostDialog, table_of
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.jobs import Job
from dlgui.gui.widgets import menu_button, named, sentences
from dlgui.gui.words import told
from dlgui.project.changes import Changes
from dlgui.project.operations import costs, evaluations


class WhatIfPanel(QFrame):
    """Edits the what-if of an inspection and says what it would bring."""

    def __init__(self, inspection: Inspection, chosen_classes: Callable[[], list[str]],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("whatIfPanel")
        self.inspection, self._chosen_classes = inspection, chosen_classes
        tip = self.tr("Answers less confident than this count as “not sure”")
        self.slider = named(QSlider(Qt.Orientation.Horizontal), "thresholdSlider", tip)
        self.slider.setRange(0, 1000)
        self.slider.setMinimumWidth(60)
        self.threshold = named(QDoubleSpinBox(), "thresholdBox", tip)
        self.threshold.setRange(0, 100)
        self.threshold.setDecimals(1)
        self.threshold.setPrefix(self.tr("not sure below "))
        self.threshold.setSuffix(" %")
        self.actions_button = menu_button("whatIfActionsButton", self.tr("Try"), self.tr(
            "Propose a threshold, merge classes, say what errors cost"))
        self._action("proposeThreshold", self.tr("The threshold of least cost on validation"), self.propose)
        self.merge_action = self._action("mergeClasses", self.tr("Merge the classes of the chosen cells"), self.merge)
        self.part_action = self._action("separateClasses", self.tr("Separate all classes again"),
                                        lambda: self.inspection.suppose(groups=()))
        self._action("editCosts", self.tr("Other costs of errors…"), self.edit_costs)
        self.said, self.proposed = sentences(), sentences(soft=True)
        self.proposed.hide()
        self._quiet = False
        row = QHBoxLayout()
        row.addWidget(self.slider, 1)
        row.addWidget(self.threshold)
        row.addWidget(self.actions_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.said)
        layout.addWidget(self.proposed)
        self.slider.valueChanged.connect(lambda value: self._move(value / 1000))
        self.threshold.valueChanged.connect(lambda value: self._move(value / 100))
        inspection.decided.connect(self.refresh)
        inspection.chosen.connect(self._buttons)
        inspection.loaded.connect(lambda: self._propose(""))
        inspection.session.changed.connect(self._changed)

    def _action(self, name: str, text: str, slot: Callable[[], object]) -> QAction:
        made = self.actions_button.menu().addAction(text)
        made.setObjectName(name)
        made.triggered.connect(lambda: slot())
        return made

    def _propose(self, text: str) -> None:
        self.proposed.setText(text)
        self.proposed.setVisible(bool(text))  # an empty line would be taken from the matrix

    def _move(self, threshold: float) -> None:
        if not self._quiet:
            self.inspection.suppose(threshold=threshold)

    def refresh(self) -> None:
        """Says what the what-if brings."""
        shown = self.inspection.decisions
        self._quiet = True
        self.slider.setValue(round(1000 * self.inspection.threshold))
        self.threshold.setValue(100 * self.inspection.threshold)
        self._quiet = False
        self._buttons()
        for part in (self.slider, self.threshold, self.actions_button):
            part.setEnabled(shown is not None)
        if shown is None:
            self.said.clear()
            return
        self.said.setText(self.tr(
            "{error:.2f} % error among the {share:.1f} % that are answered ({wrong} wrong, {unsure} not sure); cost "
            "{cost:.4f} an image").format(
            error=100 * shown.error, share=100 * shown.coverage, wrong=shown.wrong, unsure=shown.unsure,
            cost=shown.cost(self.costs(shown.classes))))

    def costs(self, classes: list[str]) -> np.ndarray:
        """Cost of each answer to each truth, float64 (k + 1, k), "not sure" last; as the project has them."""
        project = self.inspection.session.project
        return table_of(costs.get(project) if project is not None else costs.Costs(), classes)

    def _changed(self, changes: Changes) -> None:
        if "project" in changes.kinds:
            self.refresh()

    def _buttons(self) -> None:
        self.merge_action.setEnabled(len(self._chosen_classes()) > 1)
        self.part_action.setEnabled(bool(self.inspection.groups))

    def merge(self) -> None:
        """Merges the classes of the chosen cells."""
        chosen = [name for shown in self._chosen_classes() for name in shown.split(JOINT)]
        rest = [group for group in self.inspection.groups if not set(group) & set(chosen)]
        self.inspection.suppose(groups=[*rest, chosen])

    def edit_costs(self) -> None:
        """Opens the table of costs."""
        shown = self.inspection.decisions
        if shown is None:
            return
        project = self.inspection.session.project
        if project is None:
            return
        dialog = CostDialog(costs.get(project), shown.classes, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self.inspection.session.do(costs.put, dialog.costs))
        dialog.open()

    def propose(self) -> None:
        """Looks for the best threshold on the validation split, which the test split knows nothing of."""
        project, run, shown = self.inspection.session.project, self.inspection.run, self.inspection.decisions
        if project is None or run is None or shown is None:
            return
        groups, weighed = self.inspection.groups, self.costs(shown.classes)

        def work(job: Job) -> tuple[Proposal, int]:
            found = merge(evaluations.predict(project, run, "validation", progress=job.progress), groups)
            return best_threshold(found, weighed), int(np.count_nonzero(found.truth >= 0))
        self.inspection.session.jobs.start("threshold", self.tr("best threshold"), work, done=self._proposed,
                                           failed=lambda problem: self._propose(told(problem)))

    def _proposed(self, result: tuple[Proposal, int]) -> None:
        found, number = result
        self.inspection.suppose(threshold=round(found.threshold, 3))
        if found.threshold > 0:
            text = self.tr("{threshold:.1f} % costs least on the {n} validation images: {cost:.4f} instead of "
                           "{before:.4f} an image, {share:.1f} % answered.")
        else:
            text = self.tr("On the {n} validation images refusing does not pay: {before:.4f} an image without a "
                           "threshold.")
        self._propose(text.format(threshold=100 * found.threshold, n=number, cost=found.cost,
                                  before=found.cost_without, share=100 * found.coverage))
