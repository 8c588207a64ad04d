"""The Evaluate tab: arranges run and split, the pages, the images behind a figure, and why the network says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine.evaluation import Evaluation
from dlgui.gui.commands import Command
from dlgui.gui.evaluate.compare_page import ComparePage
from dlgui.gui.evaluate.curves_page import CurvesPage
from dlgui.gui.evaluate.headline import Headline
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.evaluate.matrix_page import MatrixPage
from dlgui.gui.evaluate.page import Page
from dlgui.gui.evaluate.remedy_page import RemedyPage
from dlgui.gui.evaluate.results_panel import ResultsPanel
from dlgui.gui.evaluate.robustness_page import RobustnessPage
from dlgui.gui.evaluate.samples import Sample
from dlgui.gui.evaluate.slices_page import SlicesPage
from dlgui.gui.evaluate.why_panel import WhyPanel
from dlgui.gui.offer import Offer
from dlgui.gui.scenes import Scene
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import button, named
from dlgui.project.changes import Changes
from dlgui.project.operations import runs

SPLITS = ("test", "validation", "train", "all")


class EvaluateTab(QWidget):
    """Looks at the errors of a run.

    Signals:
        stuck: there is nothing to show, and this (`DlguiError.mend`) helps; empty where there is something. Who knows a
            remedy answers with `offer`.
    """

    stuck = Signal(str)

    def __init__(self, session: Session, pictures: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluateTab")
        self.session = session
        self._dirty = True
        self._remedy: Callable[[], object] | None = None
        self.inspection = Inspection(session, self)
        self.runs = named(QComboBox(), "runSelector", self.tr("Run"))
        self.runs.setPlaceholderText(self.tr("none yet"))
        self.splits = named(QComboBox(), "splitSelector", self.tr(
            "Split; the epochs of a fine-tuning know the validation images only, any other split is of the finished "
            "model"))
        for name in SPLITS:
            self.splits.addItem(name, name)
        for box in (self.runs, self.splits):
            box.setMinimumContentsLength(9)
        self.pages: list[Page] = []
        self._pictures = pictures

    def build(self) -> Iterator[None]:
        """Makes the parts, a piece at a time, each at its place: moving what is made dresses it again."""
        top, row, parts = QHBoxLayout(), QHBoxLayout(), QSplitter(Qt.Orientation.Horizontal)
        self.headline, self.stack, self._buttons = Headline(self.inspection), QStackedWidget(), QButtonGroup(self)
        layout = QVBoxLayout(self)
        self.remedy = button("evaluateRemedyButton", self.tr("Help"), self.tr("Leads to what helps"),
                             lambda: self._remedy() if self._remedy else None, True)
        self.remedy.hide()
        layout.addLayout(top)
        layout.addWidget(self.headline)
        layout.addWidget(self.remedy, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(parts, 1)
        for part in (QLabel(self.tr("Run")), self.runs, QLabel(self.tr("Split")), self.splits):
            top.addWidget(part)
        top.addSpacing(12)
        row.setSpacing(2)
        top.addLayout(row)
        top.addStretch()
        parts.addWidget(self.stack)
        for kind in (MatrixPage, CurvesPage, SlicesPage, ComparePage, RobustnessPage, RemedyPage):
            yield
            self._add_page(kind(self.inspection), row)
            yield from self.pages[-1].build()
        yield
        self.results = ResultsPanel(self.inspection, self._pictures)
        parts.addWidget(self.results)
        yield
        self.why = WhyPanel(self.inspection, self._pictures)
        parts.addWidget(self.why)
        for i, share in enumerate((4, 4, 3)):
            parts.setStretchFactor(i, share)
        parts.setSizes([460, 460, 340])
        parts.setChildrenCollapsible(False)
        self._connect()
        self.show_page(0)

    def _add_page(self, page: Page, row: QHBoxLayout) -> None:
        choice = named(QToolButton(), f"{page.name}PageButton", page.tip())
        choice.setText(page.title())
        choice.setAccessibleName(page.title())
        choice.setCheckable(True)
        choice.setProperty("segment", True)
        choice.clicked.connect(partial(self.show_page, len(self.pages)))
        self._buttons.addButton(choice, len(self.pages))
        row.addWidget(choice)
        self.stack.addWidget(page)
        self.pages.append(page)

    def _connect(self) -> None:
        self.runs.currentIndexChanged.connect(lambda _: self.load())
        self.splits.currentIndexChanged.connect(lambda _: self.load())
        self.inspection.loaded.connect(self._follow)
        self.inspection.loaded.connect(lambda: self.stuck.emit(self.inspection.mend if self.inspection.problem else ""))
        self.results.picked.connect(self._picked)
        for page in self.pages:
            if isinstance(page, RemedyPage):
                page.looked.connect(self._explain_suspect)

    @property
    def evaluation(self) -> Evaluation | None:
        """What is shown."""
        return self.inspection.evaluation

    def show_page(self, index: int, *_: object) -> None:
        """Shows a page; only the one that is seen works."""
        self._buttons.button(index).setChecked(True)
        was = self._suspect()
        self.stack.setCurrentIndex(index)
        for i, page in enumerate(self.pages):
            if page.active != (i == index):
                page.activate(i == index)
        if was is not None and self._suspect() is None:
            self._explain(self.results.selected())

    def offer(self, remedy: Offer | None) -> None:
        """Shows a button that helps where there is nothing to show; None takes it away."""
        self._remedy = remedy.act if remedy is not None else None
        self.remedy.setVisible(remedy is not None)
        if remedy is not None:
            self.remedy.setText(remedy.text)
            self.remedy.setAccessibleName(remedy.text)
            self.remedy.setToolTip(remedy.tip)

    def _picked(self, samples: list[Sample]) -> None:
        """Explains what was picked, but for a suspect that stays while the grid follows changes by itself."""
        if self.results.by_hand or self._suspect() is None:
            self._explain(samples)

    def _suspect(self) -> Sample | None:
        """The suspected label error that is looked at."""
        page = self.stack.currentWidget()
        return page.looked_at() if isinstance(page, RemedyPage) else None

    def _explain_suspect(self) -> None:
        suspect = self._suspect()
        if suspect is not None:
            self._explain([suspect])

    def _explain(self, samples: list[Sample]) -> None:
        self.why.explain(samples, self.inspection.evaluation, self.inspection.run)

    def commands(self) -> list[Command]:
        """What the menus offer here."""
        return [*(command for page in self.pages for command in page.commands()), *self.why.commands()]

    def scenes(self) -> list[Scene]:
        """Pictures of this tab: those of every page."""
        return [*(replace(scene, prepare=partial(self._prepare, i, scene))
                  for i, page in enumerate(self.pages) for scene in page.scenes()), *self.why.scenes()]

    def _prepare(self, index: int, scene: Scene) -> QWidget | None:
        self.show_page(index)
        return scene.prepare()

    def apply_changes(self, changes: Changes) -> None:
        """Follows a commit: at once when visible, else when shown."""
        if changes.kinds & {"labels", "splits", "flags", "classes", "images", "runs"}:
            self._dirty = True
            if self.isVisible():
                self.refresh()

    def refresh(self) -> None:
        """Shows the runs as they are and evaluates anew what has changed."""
        self._dirty = False
        project = self.session.project
        found = [r for r in runs.all_runs(project) if r.model.exists()][::-1] if project is not None else []
        chosen = self.runs.currentData()
        names = [r.id for r in found]
        if [self.runs.itemData(i) for i in range(self.runs.count())] != names:
            newest = chosen is None or chosen == self.runs.itemData(0) or chosen not in names
            self.runs.blockSignals(True)
            self.runs.clear()
            for run in found:
                self.runs.addItem(f"{run.name or run.id}  {run.method}", run.id)
            self.runs.setCurrentIndex(0 if newest or chosen not in names else names.index(chosen))
            self.runs.blockSignals(False)
        self.inspection.load_again(self.runs.currentData())

    def _follow(self) -> None:
        """The boxes name what is shown, whoever asked for it: an epoch knows the validation images only."""
        shown = self.inspection
        for box, value in ((self.runs, shown.run.id if shown.run is not None else None),
                           (self.splits, shown.split if shown.epoch is None else "validation")):
            place = box.findData(value)
            if place >= 0:
                box.blockSignals(True)
                box.setCurrentIndex(place)
                box.blockSignals(False)

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        if self._dirty:
            self.refresh()

    def load(self) -> None:
        """Evaluates the chosen run on the chosen split."""
        self.inspection.load(self.runs.currentData(), self.splits.currentData())
