"""The advisers' dialog: which input size, and whether more images would help. Each answers in words with intervals."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine.learning_curve import fit_power_law
from dlgui.engine.preload import preload, yield_to_the_window
from dlgui.gui import theme
from dlgui.gui.jobs import Job
from dlgui.gui.project_dialog import ProjectDialog
from dlgui.gui.session import Session
from dlgui.gui.train import advice_words
from dlgui.gui.train.job_row import JobRow
from dlgui.gui.train.small_plot import SmallPlot
from dlgui.gui.widgets import button, named
from dlgui.gui.words import shortened, tip
from dlgui.project.operations import advice
from dlgui.project.operations.advice import ClassForecast, DataForecast, SizeAdvice, SizeResult
from dlgui.project.operations.plans import Plan
from dlgui.project.project import Project

LONGEST = 36
"""Letters of a class's name in a table, so that the forecast beside it has room."""


class Adviser(QWidget):
    """One page: what it does, a button that starts it, a bar, what it found.

    Args:
        kind: of its job, and prefix of its objectNames.
        about: what it does.
        session: runs the job.
        current: gives the plan that is asked about; None where a field of the form is wrong.
        columns: of the table.
        tip: of the table.
    """

    def __init__(self, kind: str, about: str, session: Session, current: Callable[[], Plan | None], columns: list[str],
                 tip: str) -> None:
        super().__init__()
        self.kind, self._session, self._current = kind, session, current
        self.setObjectName(f"{kind}Adviser")
        text = QLabel(about)
        text.setWordWrap(True)
        self.table = named(QTableWidget(0, len(columns)), f"{kind}Table", tip)
        self.table.setHorizontalHeaderLabels(columns)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(len(columns) - 1, QHeaderView.ResizeMode.Stretch)
        self.answer = QLabel()
        self.answer.setObjectName(f"{kind}Answer")
        self.answer.setProperty("head", True)
        self.jobs = JobRow(session, kind, button(f"{kind}StartButton", self.tr("Ask"), self.tr(
            "Starts; takes seconds to a minute"), self.run, primary=True), (
                f"{kind}StopButton", self.tr("Ends it; what is found so far stays")), self.answer)
        self.row = QHBoxLayout()
        self.row.addWidget(self.jobs, 1)
        self.column = QVBoxLayout(self)
        self.column.addWidget(text)
        self.column.addLayout(self.row)
        self.column.addWidget(self.table, 1)
        self.column.addWidget(self.answer)

    def work(self, plan: Plan) -> Callable[[Job, Project], Any]:
        """What the job does."""
        raise NotImplementedError

    def told(self, value: Any) -> None:
        """Shows an intermediate result."""
        raise NotImplementedError

    def found(self, value: Any) -> None:
        """Shows the result."""
        raise NotImplementedError

    def run(self) -> None:
        """Starts the adviser."""
        project = self._session.project
        if project is None:
            return
        plan = self._current()
        if plan is None:
            self.answer.setText(self.tr("A value of the form is not allowed; it says there what is."))
            return
        self.table.setRowCount(0)
        work = self.work(plan)

        def ask(job: Job) -> Any:
            yield_to_the_window()
            preload("onnxruntime")
            return work(job, project)

        self.jobs.run(self.windowTitle(), ask, self.found, self.tr("Stopped: no advice."), told=self.told)

    def add_row(self, texts: list[str], right: int) -> None:
        """A row; the first `right` cells after the first are figures."""
        row = self.table.rowCount()
        self.table.insertRow(row)
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text if column else shortened(text, LONGEST))
            item.setToolTip(tip(text))
            if 0 < column <= right:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.setItem(row, column, item)


class SizeAdviser(Adviser):
    """Compares input sizes.

    Signals:
        taken: the size that the user accepts.
    """

    taken = Signal(int)

    def __init__(self, session: Session, current: Callable[[], Plan | None]) -> None:
        super().__init__("inputSize", self.tr(
            "Runs {n} training and validation images through the frozen network at several sizes and cross-validates: "
            "the same images at each size, each judged by classifiers that never saw it. It speaks for the frozen "
            "network; fine-tuning may make up for a small size.").format(n=advice.SIZE_IMAGES), session, current,
            [self.tr("size"), self.tr("wrong"), self.tr("error"), self.tr("interval of 95 %"),
             self.tr("images/s here"), ""], self.tr("Errors and speed at each size"))
        self.setWindowTitle(self.tr("comparing input sizes"))
        self.result: SizeAdvice | None = None
        self.take = button("takeSizeButton", self.tr("Use the proposed size"), self.tr("Fills the size into the form"),
                           self._take)
        self.take.setEnabled(False)
        last = QHBoxLayout()
        last.addStretch()
        last.addWidget(self.take)
        self.column.addLayout(last)

    def work(self, plan: Plan) -> Callable[[Job, Project], Any]:
        self.take.setEnabled(False)
        return lambda job, project: advice.input_size(project, plan, job.progress, listener=job.tell)

    def told(self, value: SizeResult) -> None:
        low, high = value.error_interval
        self.add_row([f"{value.size} px", f"{value.wrong} / {value.images}",
                      f"{advice_words.points(value.wrong / value.images)} %",
                      f"{advice_words.points(low)} … {advice_words.points(high)} %",
                      f"{value.images_per_second:.1f}", ""], 4)

    def found(self, value: SizeAdvice) -> None:
        self.result = value
        for row, result in enumerate(value.results):
            marks = [text for size, text in ((value.best, self.tr("fewest errors")),
                                             (value.proposed, self.tr("proposed"))) if size == result.size]
            self.table.setItem(row, 5, QTableWidgetItem(", ".join(marks)))
            if result.size == value.proposed:
                self.table.selectRow(row)
        self.answer.setText(advice_words.of_sizes(value, self.tr))
        self.take.setEnabled(True)

    def _take(self) -> None:
        if self.result is not None:
            self.taken.emit(self.result.proposed)


class DataAdviser(Adviser):
    """Forecasts what more images would bring."""

    def __init__(self, session: Session, current: Callable[[], Plan | None]) -> None:
        super().__init__("dataForecast", self.tr(
            "Thins out one class at a time, watches its error, and extends the curve (a power law with a floor) to "
            "more images. The interval knows how few images are tested; it cannot know whether new images will be "
            "like the old."), session, current, [self.tr("class"), self.tr("training images"), self.tr("wrong now"),
                               self.tr("forecast")], self.tr("A click shows the curve of the class"))
        self.setWindowTitle(self.tr("forecasting"))
        self._found: list[ClassForecast] = []
        self._asked = 0
        self.more = named(QSpinBox(), "moreImagesBox", self.tr("How many images of a class are added"))
        self.more.setRange(1, 100000)
        self.more.setValue(50)
        self.more.setSuffix(self.tr(" more images"))
        self.row.insertWidget(0, self.more)
        self.plot = SmallPlot("learningCurvePlot", self.tr("Learning curve"), self.tr(
            "Error over training images of the class: measured, fitted, and the forecast"),
            self.tr("training images of the class"), self.tr("error of the class in %"))
        self.plot.setMinimumHeight(190)
        self.column.insertWidget(3, self.plot, 1)
        self.table.itemSelectionChanged.connect(self._draw)

    def work(self, plan: Plan) -> Callable[[Job, Project], Any]:
        more = self._asked = self.more.value()
        self._found = []
        self.plot.clear()
        return lambda job, project: advice.data_forecast(project, plan, more, job.progress, listener=job.tell)

    def told(self, value: ClassForecast) -> None:
        self._found.append(value)
        f = value.forecast
        self.add_row([value.name, str(value.today), f"{f.wrong:.1f}".removesuffix(".0") + f" / {f.images}",
                      advice_words.of_class(value, self._asked, self.tr)], 2)
        if self.table.rowCount() == 1:
            self.table.selectRow(0)

    def found(self, value: DataForecast) -> None:
        self.table.setRowCount(0)
        self._found = []
        for each in value.classes:
            self.told(each)
        self.answer.setText(advice_words.of_forecast(value, self.tr))

    def _draw(self) -> None:
        row = self.table.currentRow()
        self.plot.clear()
        if not 0 <= row < len(self._found):
            return
        chosen, c = self._found[row], theme.colours()
        f = chosen.forecast
        then = chosen.today + self._asked
        law = fit_power_law(chosen.curve.sizes, chosen.curve.errors[None])
        first = chosen.curve.sizes[0]
        xs = [first * (then / first) ** (i / 60) for i in range(61)]
        self.plot.plot(xs, [100 * float(law.at(x)[0]) for x in xs], pen=theme.pen(c.accent, width=2))
        self.plot.plot(list(chosen.curve.sizes), (100 * chosen.curve.errors).tolist(), pen=None, symbol="o",
                       symbolSize=8, symbolBrush=c.ink, symbolPen=None)
        low, high = f.then_interval
        self.plot.plot([then, then], [100 * low, 100 * high], pen=theme.pen(c.warning, width=3))
        self.plot.plot([then], [100 * f.then], pen=None, symbol="d", symbolSize=11, symbolBrush=c.warning,
                       symbolPen=None)
        self.plot.setTitle(html.escape(shortened(chosen.name, 60)), color=c.ink, size="10pt")
        self.plot.setYRange(0, 100 * max(float(chosen.curve.errors.max()), high, 0.01) * 1.08, padding=0)
        self.plot.setXRange(0, then * 1.04, padding=0)


class AdviserDialog(ProjectDialog):
    """The advisers side by side.

    Args:
        current: gives the plan that is asked about; None where a field of the form is wrong.

    Signals:
        size_taken: an input size for the form.
    """

    size_taken = Signal(int)
    jobs = ("inputSize", "dataForecast")

    def __init__(self, session: Session, current: Callable[[], Plan | None], parent: QWidget | None = None) -> None:
        super().__init__(session, "adviserDialog", self.tr("Advice before training"), (860, 640), parent)
        self.sizes, self.data = SizeAdviser(session, current), DataAdviser(session, current)
        self.sizes.taken.connect(self.size_taken)
        self.pages = QTabWidget()
        self.pages.setObjectName("adviserPages")
        self.pages.setAccessibleName(self.tr("Advisers"))
        self.pages.addTab(self.sizes, self.tr("Input size"))
        self.pages.addTab(self.data, self.tr("More images"))
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(button("closeAdviserButton", self.tr("Close"), self.tr("Closes the advisers"), self.accept))
        layout = QVBoxLayout(self)
        layout.addWidget(self.pages, 1)
        layout.addLayout(row)
