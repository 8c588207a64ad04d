"""The table of runs: a model over the book, sortable, with each run's curve in small."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QCollator,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
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
from dlgui.gui.words import about_seconds, megabytes, percent, tip, when
from dlgui.project.operations import comparison, runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

Index = QModelIndex | QPersistentModelIndex
RUN, CURVE = (int(Qt.ItemDataRole.UserRole) + i for i in range(2))
COLUMNS = ("run", "state", "validation", "test", "curve", "method", "network", "size", "epochs", "time", "model",
           "started", "note")
WIDTHS, MORE = (110, 84, 84, 76, 96, 74, 128, 84, 72, 76, 78, 128, 160), 240
"""Pixels of the columns, and how many more the names get in a wide window."""

_SORTED_BY: dict[str, Callable[[Run], Any]] = {
    "run": lambda run: run.name or run.id, "state": lambda run: run.state,
    "validation": lambda run: run.validation_top1_error, "test": lambda run: run.test_top1_error,
    "curve": lambda run: run.validation_top1_error, "method": lambda run: run.method,
    "network": lambda run: run.network,
    "size": lambda run: run.parameters["preprocessing"]["width"] * run.parameters["preprocessing"]["height"],
    "epochs": lambda run: run.epochs if run.method == "finetune" else None, "time": lambda run: run.train_seconds,
    "started": lambda run: run.number, "note": lambda run: run.note or None}
_RIGHT = {"validation", "test", "size", "epochs", "time", "model"}


class RunModel(QAbstractTableModel):
    """The runs of the project; name and note can be edited."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.runs: list[Run] = []
        self._dates: dict[str, str] = {}
        self._curves: dict[int, list[float]] = {}
        self._sizes: dict[int, int | None] = {}
        self._name_columns()

    def _name_columns(self) -> None:
        self._titles = (self.tr("run"), self.tr("state"), self.tr("validation"), self.tr("test"), self.tr("curve"),
                        self.tr("method"), self.tr("network"), self.tr("size"), self.tr("epochs"), self.tr("time"),
                        self.tr("model"), self.tr("started"), self.tr("note"))
        self._tips = (self.tr("Name; F2 changes it"), self.tr("running, paused, interrupted, done or failed"),
                      self.tr("Top-1 error on the validation split"), self.tr("Top-1 error on the test split"),
                      self.tr("Validation error over the epochs"), self.tr("How it was trained"),
                      self.tr("Pretrained network"), self.tr("Width × height of the input in pixels"),
                      self.tr("Epochs trained; in brackets the best"), self.tr("Time of training"),
                      self.tr("Size of the model file"), self.tr("When training began"), self.tr("F2 changes it"))

    def load(self, project: Project | None) -> None:
        """Reads the book; keeps rows where only their content has changed."""
        found = runs.all_runs(project) if project is not None else []
        sizes = {run.number: comparison.model_bytes(run) for run in found}
        before = {run.number: (run, self._sizes[run.number]) for run in self.runs}
        changed = {run.number for run in found if before.get(run.number) != (run, sizes[run.number])}
        kept = {n: curve for n, curve in self._curves.items() if n in sizes and n not in changed}
        if list(sizes) != list(before):
            self.beginResetModel()
            self.runs, self._curves, self._sizes = found, kept, sizes
            self.endResetModel()
            return
        self.runs, self._curves, self._sizes = found, kept, sizes
        for row, run in enumerate(found):
            if run.number in changed:
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def _curve(self, run: Run) -> list[float]:
        """Validation errors over the epochs, read when they are first seen: few of many runs are."""
        if run.number not in self._curves and self.session.project is not None:
            self._curves[run.number] = runs.error_curve(self.session.project, run)
        return self._curves.get(run.number, [])

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.runs)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation,
                   role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        return self._tips[section] if role == Qt.ItemDataRole.ToolTipRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        editable = COLUMNS[index.column()] in ("run", "note") and not self._read_only()
        return super().flags(index) | (Qt.ItemFlag.ItemIsEditable if editable else Qt.ItemFlag.NoItemFlags)

    def _read_only(self) -> bool:
        return self.session.project is None or self.session.project.read_only

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        run, column = self.runs[index.row()], COLUMNS[index.column()]
        if role == RUN:
            return run
        if role == CURVE:
            return self._curve(run) if column == "curve" else None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(run, column)
        if role == Qt.ItemDataRole.EditRole:
            return run.name or run.id if column == "run" else run.note
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _RIGHT:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole and column == "state" and run.state != "done":
            c = theme.colours()
            return QColor({"failed": c.wrong, "running": c.accent}.get(run.state, c.warning))
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(run.error if run.error and column == "state" else self._tip(run))
        return None

    def setData(self, index: Index, value: Any, role: int = int(Qt.ItemDataRole.EditRole)) -> bool:
        run, column = self.runs[index.row()], COLUMNS[index.column()]
        text = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or text == (run.name or run.id if column == "run" else run.note):
            return False
        change = runs.rename if column == "run" else runs.note
        return self.session.do(lambda project: change(project, run, "" if text == run.id else text)) is not None

    def value(self, row: int, column: int) -> Any:
        """What a column is sorted by; None where it is not known."""
        run, name = self.runs[row], COLUMNS[column]
        return self._sizes.get(run.number) if name == "model" else _SORTED_BY[name](run)

    def _text(self, run: Run, column: str) -> str:
        if column == "curve":
            return ""
        size = run.parameters["preprocessing"]
        best = f" ({run.best_epoch})" if run.best_epoch and run.method == "finetune" else ""
        return {"run": run.name or run.id, "state": run.state, "validation": percent(run.validation_top1_error),
                "test": percent(run.test_top1_error), "method": run.method, "network": run.network,
                "size": f"{size['width']} × {size['height']}",
                "epochs": f"{run.epochs}{best}" if run.epochs and run.method == "finetune" else "–",
                "time": about_seconds(run.train_seconds), "model": megabytes(self._sizes.get(run.number)),
                "started": self._date(run.created), "note": run.note.replace("\n", " ")}[column]

    def _date(self, moment: str) -> str:
        if moment not in self._dates:
            self._dates[moment] = when(moment)
        return self._dates[moment]

    def _tip(self, run: Run) -> str:
        settings = run.parameters.get("settings", {})
        parts = [run.name] if run.name else []
        parts.append(f"{run.id}, {run.device}, seed {run.seed}")
        parts += [f"{name} {settings[name]}" for name in ("epochs", "batch_size", "learning_rate", "policy")
                  if name in settings]
        return "\n".join([*parts, run.note] if run.note else parts)


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


class SortedRuns(QSortFilterProxyModel):
    """The runs in the order of a column: names as people read them, what is not known last in either direction."""

    def __init__(self, runs: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self.setSourceModel(runs)
        self._collator = QCollator()
        self._collator.setNumericMode(True)
        self._collator.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)

    def lessThan(self, left: Index, right: Index) -> bool:
        a, b = (self._runs.value(index.row(), index.column()) for index in (left, right))  # Qt would ask in between
        if a is None or b is None:
            known_first = self.sortOrder() == Qt.SortOrder.AscendingOrder
            return a is not b and (b is None) == known_first
        return self._collator.compare(a, b) < 0 if isinstance(a, str) else bool(a < b)


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
        self.sorted = SortedRuns(self.items, self)
        self.setModel(self.sorted)
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
        self.items.modelAboutToBeReset.connect(self._keep)
        self.items.modelReset.connect(self._restore)
        self.selectionModel().selectionChanged.connect(lambda *_: self._selected())

    def rowCount(self) -> int:
        """Number of runs."""
        return self.sorted.rowCount()

    def selected(self) -> list[Run]:
        """The selected runs in the order of the table."""
        return [self.sorted.index(row, 0).data(RUN) for row in self._selected_rows()]

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
        for row in range(self.sorted.rowCount()):
            if self.sorted.index(row, 0).data(RUN).number in wanted:
                index = self.sorted.index(row, 0)
                selection.select(index, index)
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(selection, flags.ClearAndSelect | flags.Rows)
        if not selection.isEmpty():
            self.selectionModel().setCurrentIndex(selection.indexes()[0], flags.NoUpdate)
            self.scrollTo(selection.indexes()[0])

    def first_selected(self) -> int:
        """Row of the first selected run, 0 without one."""
        return min(self._selected_rows(), default=0)

    def select_row(self, row: int) -> None:
        """Selects the run of a row, or the last one where there are not so many."""
        if self.rowCount():
            self.select([self.sorted.index(min(row, self.rowCount() - 1), 0).data(RUN).number])

    def edit_column(self, column: str) -> None:
        """Starts editing name or note of the current run."""
        run = self.current()
        for row in range(self.sorted.rowCount()):
            if run is not None and self.sorted.index(row, 0).data(RUN).number == run.number:
                self.edit(self.sorted.index(row, COLUMNS.index(column)))

    def _keep(self) -> None:
        self._wanted = [run.number for run in self.selected()]

    def _restore(self) -> None:
        self.select(self._wanted)

    def _selected(self) -> None:
        self.chosen.emit(self.selected())

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
