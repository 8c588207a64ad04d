"""The table of runs, sortable, with each run's curve in small."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from dlgui.gui import theme
from dlgui.gui.session import Session
from dlgui.gui.train.lines import COLOURS
from dlgui.gui.train.run_model import COLUMNS, CURVE, RUN, Index, RunModel
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

WIDTHS, MORE = (110, 84, 84, 76, 96, 74, 128, 84, 72, 76, 78, 128, 160), 240
"""Pixels of the columns, and how many more the names get in a wide window."""


class Sparkline(QStyledItemDelegate):
    """Paints the validation errors of a run as a line, the best one as a dot."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        values = index.data(CURVE)
        if not values or len(values) < 2:
            return
        box = option.rect.adjusted(8, 7, -8, -7)
        low, high = min(values), max(values)
        scale = box.height() / ((high - low) or 1.0)
        points = [QPointF(box.left() + i * box.width() / (len(values) - 1), box.bottom() - (v - low) * scale)
                  for i, v in enumerate(values)]
        selected = option.state & QStyle.StateFlag.State_Selected
        colour = QColor(theme.colours().on_accent if selected else COLOURS[theme.colours().name]["validation"])
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 1.5))
        painter.drawPolyline(QPolygonF(points))
        painter.setBrush(colour)
        painter.drawEllipse(points[len(values) - 1 - values[::-1].index(low)], 2.5, 2.5)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(96, 28)


class RunTable(QTableView):
    """The view, newest run first; several rows can be selected.

    Signals:
        chosen: the selected runs, in the order of the table, after every change of the selection.
        delete_wanted: Delete was pressed.
    """

    chosen = Signal(list)
    delete_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runTable")
        self.setAccessibleName(self.tr("Runs"))
        self.setToolTip(self.tr("Trainings of this project. Select one for its curve, several to lay their curves over "
                                "one another."))
        self.items = RunModel(session, self)
        self.setModel(self.items)
        self.setSortingEnabled(True)
        self.sortByColumn(COLUMNS.index("started"), Qt.SortOrder.DescendingOrder)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed
                             | QAbstractItemView.EditTrigger.DoubleClicked)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setAlternatingRowColors(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(30)
        header = self.horizontalHeader()
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        header.setSectionsMovable(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for place, width in enumerate(WIDTHS):
            self.setColumnWidth(place, width)
        self._named = WIDTHS[0]
        self.setItemDelegateForColumn(COLUMNS.index("curve"), Sparkline(self))
        self._wanted: list[int] = []
        self._told: list[Run] = []
        self._loading = False
        self.items.modelAboutToBeReset.connect(self._keep)
        self.items.modelReset.connect(self._restore)
        self.selectionModel().selectionChanged.connect(lambda *_: self._selected())

    def rowCount(self) -> int:
        """Number of runs."""
        return len(self.items.rows)

    def selected(self) -> list[Run]:
        """The selected runs in the order of the table."""
        return [self.items.rows[row] for row in self._selected_rows()]

    def _selected_rows(self) -> list[int]:
        """From above; Qt's `selectedRows` asks the model about every column of every one."""
        parts = self.selectionModel().selection().toList()
        return sorted({row for part in parts for row in range(part.top(), part.bottom() + 1)})

    def current(self) -> Run | None:
        """The run that a command for one run means: the current one where it is selected, else the first selected."""
        chosen = self.selected()
        at = self.currentIndex().siblingAtColumn(0).data(RUN) if self.currentIndex().isValid() else None
        return at if at in chosen else (chosen[0] if chosen else None)

    def select(self, numbers: Iterable[int]) -> None:
        """Selects runs by number."""
        selection, wanted = QItemSelection(), frozenset(numbers)
        for row, run in enumerate(self.items.rows):
            if run.number in wanted:
                selection.select(self.items.index(row, 0), self.items.index(row, 0))
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(selection, flags.ClearAndSelect | flags.Rows)
        if not selection.isEmpty():
            self.selectionModel().setCurrentIndex(selection.indexes()[0], flags.NoUpdate)
            self.scrollTo(selection.indexes()[0])

    def load(self, project: Project | None) -> None:
        """Shows the book; where all that were selected have gone, the run in their place is selected."""
        row = min(self._selected_rows(), default=None)
        self._loading = True
        try:
            self.items.load(project)
            if row is not None and self.items.rows and not self._selected_rows():
                self.select([self.items.rows[min(row, len(self.items.rows) - 1)].number])
        finally:
            self._loading = False
        self._selected()

    def edit_column(self, column: str) -> None:
        """Starts editing name or note of the current run."""
        run = self.current()
        if run is not None:
            self.edit(self.items.index(self.items.rows.index(run), COLUMNS.index(column)))

    def _keep(self) -> None:
        self._wanted = [run.number for run in self.selected()]

    def _restore(self) -> None:
        self.select(self._wanted)

    def _selected(self) -> None:
        """Tells of another selection; Qt says the same one again when rows come and go."""
        if self._loading:
            return
        chosen = self.selected()
        if [run.number for run in chosen] != [run.number for run in self._told]:
            self._told = chosen
            self.chosen.emit(chosen)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Half of what no column needs goes to the names, unless a person has said how wide they shall be."""
        super().resizeEvent(event)
        if self.columnWidth(0) == self._named:
            spare = max(self.viewport().width() - sum(WIDTHS), 0)
            self._named = WIDTHS[0] + min(spare // 2, MORE)
            self.setColumnWidth(0, self._named)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.delete_wanted.emit()
        else:
            super().keyPressEvent(event)
