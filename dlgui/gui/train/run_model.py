"""The runs of a project as a sortable table: what each cell says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cmp_to_key
from itertools import groupby
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QCollator, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from dlgui.gui import theme
from dlgui.gui.session import Session
from dlgui.gui.words import about_seconds, megabytes, percent, tip, when
from dlgui.project.operations import comparison, runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

Index = QModelIndex | QPersistentModelIndex
RUN, CURVE = (int(Qt.ItemDataRole.UserRole) + i for i in range(2))
COLUMNS = ("run", "state", "validation", "test", "curve", "method", "network", "size", "epochs", "time", "model",
           "started", "note")

_SORTED_BY: dict[str, Callable[[Run], Any]] = {
    "run": lambda run: run.name or run.id, "state": lambda run: run.state,
    "validation": lambda run: run.validation_top1_error, "test": lambda run: run.test_top1_error,
    "curve": lambda run: run.validation_top1_error, "method": lambda run: run.method,
    "network": lambda run: run.network,
    "size": lambda run: run.parameters["preprocessing"]["width"] * run.parameters["preprocessing"]["height"],
    "epochs": lambda run: run.epochs if run.method == "finetune" else None, "time": lambda run: run.train_seconds,
    "started": lambda run: run.number, "note": lambda run: run.note or None}

STRETCHES = 8
"""Where rows come or go in more places than that, the table is read anew as a whole."""

_RIGHT = {"validation", "test", "size", "epochs", "time", "model"}

_WRITTEN = {COLUMNS.index("run"), COLUMNS.index("note")}
_FIXED = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
_EDITABLE = _FIXED | Qt.ItemFlag.ItemIsEditable
"""Joined once: Qt asks for them many times with each cell that is painted, and joining flags is slow."""


class RunModel(QAbstractTableModel):
    """The runs of the project, in the order of a column; name and note can be edited.

    Attributes:
        runs: oldest first.
        rows: as they are shown.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.runs: list[Run] = []
        self.rows: list[Run] = []
        self._by, self._order = COLUMNS.index("started"), Qt.SortOrder.DescendingOrder
        self._collator = QCollator()
        self._collator.setNumericMode(True)
        self._collator.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
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
        """Reads the book; a table of hundreds is arranged anew only where much has come or gone."""
        found = runs.all_runs(project) if project is not None else []
        before, now = {run.number: run for run in self.runs}, {run.number: run for run in found}
        changed = {number for number, run in now.items() if before.get(number) != run}
        sizes = {n: comparison.model_bytes(run) if n in changed or run.state != "done" else self._sizes[n]
                 for n, run in now.items()}  # asking the disk about hundreds takes long
        changed |= {n for n, size in sizes.items() if self._sizes.get(n) != size}
        shown: dict[int, list[Any]] = {
            n: [n in self._curves if column == "curve" else self._text(before[n], column) for column in COLUMNS]
            for n in changed & before.keys()}
        self._curves = {n: curve for n, curve in self._curves.items() if n in now and n not in changed}
        self.runs, self._sizes = found, sizes
        rows = self._sorted(found)
        gone, come = _stretches(self.rows, now.keys()), _stretches(rows, before.keys())
        if len(gone) + len(come) > STRETCHES:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
            return
        for first, last in reversed(gone):
            self.beginRemoveRows(QModelIndex(), first, last)
            del self.rows[first:last + 1]
            self.endRemoveRows()
        self._arrange([run for run in rows if run.number in before])
        for first, last in come:
            self.beginInsertRows(QModelIndex(), first, last)
            self.rows[first:first] = rows[first:last + 1]
            self.endInsertRows()
        for row, run in enumerate(rows):
            if run.number in shown:
                self._tell(row, [was if column == "curve" else was != self._text(run, column)
                                 for column, was in zip(COLUMNS, shown[run.number], strict=True)])

    def _tell(self, row: int, changed: Sequence[bool]) -> None:
        """Has the cells of a row painted anew that show something else: while a run trains, few do."""
        for column in (column for column, other in enumerate(changed) if other):
            self.dataChanged.emit(self.index(row, column), self.index(row, column))

    # --- order

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._by, self._order = column, order
        self._arrange(self._sorted(self.runs))

    def _sorted(self, found: Sequence[Run]) -> list[Run]:
        """In the order of the column: names as people read them, what is not known last in either direction."""
        values = {run.number: self._value(run) for run in found}
        known = [run for run in found if values[run.number] is not None]
        words = any(isinstance(value, str) for value in values.values())
        compared = cmp_to_key(self._collator.compare) if words else (lambda value: value)
        known.sort(key=lambda run: compared(values[run.number]), reverse=self._order == Qt.SortOrder.DescendingOrder)
        return known + [run for run in found if values[run.number] is None]

    def _value(self, run: Run) -> Any:
        """What the column of the order says of a run; None where it is not known."""
        name = COLUMNS[self._by]
        return self._sizes.get(run.number) if name == "model" else _SORTED_BY[name](run)

    def _arrange(self, rows: list[Run]) -> None:
        """Gives the rows another order; what is selected stays selected."""
        old, place = [run.number for run in self.rows], {run.number: row for row, run in enumerate(rows)}
        if old == list(place):
            self.rows = rows
            return
        self.layoutAboutToBeChanged.emit()
        self.rows = rows
        kept = self.persistentIndexList()
        self.changePersistentIndexList(kept, [self.index(place[old[index.row()]], index.column()) for index in kept])
        self.layoutChanged.emit()

    # --- cells

    def _curve(self, run: Run) -> list[float]:
        """Validation errors over the epochs, read when they are first seen: few of many runs are."""
        if run.number not in self._curves and self.session.project is not None:
            self._curves[run.number] = runs.error_curve(self.session.project, run)
        return self._curves.get(run.number, [])

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

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
        return _EDITABLE if index.column() in _WRITTEN and not self._read_only() else _FIXED

    def _read_only(self) -> bool:
        return self.session.project is None or self.session.project.read_only

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        run, column = self.rows[index.row()], COLUMNS[index.column()]
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
        run, column = self.rows[index.row()], COLUMNS[index.column()]
        text = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or text == (run.name or run.id if column == "run" else run.note):
            return False
        change = runs.rename if column == "run" else runs.note
        return self.session.do(lambda project: change(project, run, "" if text == run.id else text)) is not None

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


def _stretches(found: Sequence[Run], known: Collection[int]) -> list[tuple[int, int]]:
    """First and last place of neighbours whose numbers are not known."""
    strange = groupby(enumerate(found), key=lambda entry: entry[1].number not in known)
    places = [[place for place, _ in group] for new, group in strange if new]
    return [(group[0], group[-1]) for group in places]
