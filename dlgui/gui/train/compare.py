"""Runs side by side: what differs in settings, data and figures, and the images that they judge differently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QSplitter,
    QStyleOptionHeader,
    QTableView,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from dlgui.gui import theme
from dlgui.gui.project_dialog import ProjectDialog
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.train.disagreement import DisagreementView
from dlgui.gui.train.plot_panel import PlotPanel
from dlgui.gui.train.trained_on import TrainedOnView
from dlgui.gui.widgets import button, named
from dlgui.gui.words import about_seconds, megabytes, percent, shortened, tip, when
from dlgui.project.operations import comparison
from dlgui.project.operations.comparison import Row
from dlgui.project.operations.runs import Run

Index = QModelIndex | QPersistentModelIndex
DIFFERS = int(Qt.ItemDataRole.UserRole)
COLUMN, WIDEST = 110, 590
"""Least width in pixels of a run's column, and the most that the table has at first; more runs are scrolled."""

ROW, HIGHEST = 26, 110
"""Least and most height of a row in pixels: notes and problems are read here, not only begun."""

FITTED = 20
"""Runs whose texts decide how high a row is, beside those that are in sight."""

PAUSE = 1
"""Milliseconds after which the dialog is filled; none at all would be the same turn of the event loop."""

PADDING = 20
"""Pixels of a heading that are not text."""


class ComparisonModel(QAbstractTableModel):
    """Rows are figures, data and parameters, columns are runs; what differs stands out."""

    def __init__(self, chosen: Sequence[Run], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self.runs = list(chosen)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Shows what there is to say of the runs."""
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.runs)

    def headerData(self, section: int, orientation: Qt.Orientation,
                   role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if orientation == Qt.Orientation.Vertical:
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            return self.rows[section].name.replace("_", " ") if role == Qt.ItemDataRole.DisplayRole else None
        name = self.runs[section].name or self.runs[section].id
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(name)
        return name if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        row, c = self.rows[index.row()], theme.colours()
        marked = row.differs and row.group != "figures"
        if role == DIFFERS:
            return row.differs
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(row, row.values[index.column()])
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(_text(row, row.values[index.column()]))
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(c.ink)
        if role == Qt.ItemDataRole.BackgroundRole and marked:
            fill = QColor(c.warning)
            fill.setAlpha(46)
            return fill
        if role == Qt.ItemDataRole.FontRole and marked:
            font = QFont()
            font.setBold(True)
            return font
        return None


class _Names(QHeaderView):
    """Names of runs of any length; Qt alone cuts off what it shortened in letters that are not bold."""

    def initStyleOptionForIndex(self, option: QStyleOptionHeader, logicalIndex: int) -> None:
        super().initStyleOptionForIndex(option, logicalIndex)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        name = self.model().headerData(logicalIndex, self.orientation())
        option.text = QFontMetrics(font).elidedText(str(name), Qt.TextElideMode.ElideMiddle,
                                                    self.sectionSize(logicalIndex) - PADDING)


class CompareDialog(ProjectDialog):
    """One run in detail, or several side by side.

    Signals:
        images_wanted: paths of images that the Data tab shall show; the dialog then makes way.
        says: a sentence for the status bar.
    """

    images_wanted, says = Signal(list), Signal(str)
    plot_name = "comparisonPlot"
    jobs = ("comparison table", f"curves of {plot_name}", DisagreementView.job, TrainedOnView.job)

    def __init__(self, session: Session, thumbnails: Thumbnails, chosen: Sequence[Run],
                 parent: QWidget | None = None) -> None:
        names = ", ".join(shortened(run.name or run.id, 40) for run in chosen[:4])
        super().__init__(session, "compareDialog", names if len(chosen) == 1 else self.tr("Compare {names}").format(
            names=names if len(chosen) <= 4 else self.tr("{n} runs").format(n=len(chosen))), (1120, 720), parent)
        self.chosen = list(chosen)
        self.model = ComparisonModel(chosen, self)
        self.shown = QSortFilterProxyModel(self)
        self.shown.setSourceModel(self.model)
        self.shown.setFilterRole(DIFFERS)
        self.view = self._table()
        self.only = named(QCheckBox(self.tr("Only what differs")), "onlyDifferencesBox",
                          self.tr("Leave out what all these runs share"))
        self.only.toggled.connect(lambda on: self.shown.setFilterFixedString("true" if on else ""))
        self.only.setVisible(len(chosen) > 1)
        self.only.setChecked(len(chosen) > 1)
        self.curves = PlotPanel(session, self.plot_name)
        self.curves.says.connect(self.says)
        self.data = TrainedOnView(session, thumbnails, chosen)
        judged = [run for run in chosen if run.model.exists()]
        self.images = DisagreementView(session, thumbnails, judged) if len(judged) > 1 else None
        self.pages = QTabWidget()
        self._build()
        QTimer.singleShot(PAUSE, self, self._read)

    def _table(self) -> QTableView:
        view = named(QTableView(), "comparisonTable", self.tr("Figures, data and parameters; what differs stands out"))
        view.setModel(self.shown)
        view.verticalHeader().setDefaultSectionSize(ROW)
        view.verticalHeader().setMinimumSectionSize(ROW)
        view.verticalHeader().setMaximumSectionSize(HIGHEST)
        view.verticalHeader().setResizeContentsPrecision(FITTED)
        view.setShowGrid(False)
        view.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        columns = _Names(Qt.Orientation.Horizontal, view)
        view.setHorizontalHeader(columns)
        columns.setMinimumSectionSize(COLUMN)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        fit = QTimer(view, singleShot=True, interval=0)
        fit.timeout.connect(view.resizeRowsToContents)
        for cause in (columns.sectionResized, self.shown.modelReset, self.shown.rowsInserted):
            cause.connect(lambda *_: fit.start())
        return view

    def _build(self) -> None:
        self.pages.setObjectName("comparisonPages")
        self.pages.setDocumentMode(True)
        self.pages.setAccessibleName(self.tr("What is compared"))
        self.pages.addTab(self._settings(), self.tr("Settings and curves"))
        for view, title in ((self.images, self.tr("Images judged differently")), (self.data, self.tr("Trained on"))):
            if view is not None:
                self.pages.addTab(view, title)
                view.images_wanted.connect(self._show_images)
        self.pages.currentChanged.connect(lambda _: self._turned())
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(button("closeComparisonButton", self.tr("Close"), self.tr("Close the comparison"), self.close))
        layout = QVBoxLayout(self)
        layout.addWidget(self.pages, 1)
        layout.addLayout(foot)

    def _settings(self) -> QWidget:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 6, 0, 0)
        column.addWidget(self.only)
        column.addWidget(self.view, 1)
        parts = QSplitter()
        parts.addWidget(left)
        parts.addWidget(self.curves)
        table = min(max(480, 210 + COLUMN * len(self.chosen)), WIDEST)
        parts.setSizes([table, self.width() - table])
        parts.setChildrenCollapsible(False)
        return parts

    def _read(self) -> None:
        """Fills the first page: the curves at once, what is said of the data when it is read, which takes long where
        there are many images."""
        project, chosen = self.session.project, self.chosen
        if project is not None:
            self.session.jobs.start("comparison table", self.tr("comparing runs"), lambda job: comparison.table(
                project, chosen), done=self.model.show_rows)
            self.curves.show_runs(chosen)

    def _turned(self) -> None:
        page = self.pages.currentWidget()
        if isinstance(page, (DisagreementView, TrainedOnView)):
            page.begin()

    def _show_images(self, paths: list[str]) -> None:
        self.close()
        self.images_wanted.emit(paths)


def _text(row: Row, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if row.name.endswith("error"):
        return percent(value)
    if row.name == "training time":
        return about_seconds(value)
    if row.name == "model size":
        return megabytes(value)
    if row.name == "started":
        return when(value)
    if row.name in ("data hash", "seal"):
        return str(value)[:12]
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "–"
    return str(value)
