"""The answers as a table, sorted and filtered; grid and table show the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from dlgui.engine.answers import Answer, AnswerFilter, called
from dlgui.gui import theme
from dlgui.gui.apply.decisions import colour_of, word_of
from dlgui.gui.words import tip

Index = QModelIndex | QPersistentModelIndex
SORT = int(Qt.ItemDataRole.UserRole)
FIGURE = SORT + 1
"""What stands behind a name and is never shortened."""

PATH, PREDICTED, CONFIDENCE, DECISION, NEXT, NOVELTY = range(6)


class AnswerTable(QAbstractTableModel):
    """File, class, confidence, decision, the runner-up, how unlike the training images."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answers: list[Answer] = []
        self.classes: list[str] = []
        self._said: list[str] = []
        """What the classifier calls the classes; one that watches a folder goes on with the names it began with."""

    def clear(self, classes: list[str]) -> None:
        """Starts anew."""
        self.beginResetModel()
        self.answers, self.classes, self._said = [], classes, classes
        self.endResetModel()

    def add(self, answers: list[Answer]) -> None:
        """Appends rows."""
        self.beginInsertRows(QModelIndex(), len(self.answers), len(self.answers) + len(answers) - 1)
        self.answers += answers if self._said == self.classes else self._renamed(answers, self._said)
        self.endInsertRows()

    def rename(self, names: Mapping[str, str]) -> None:
        """Files have gone elsewhere: old path → new path."""
        self.answers = [replace(a, path=names[a.path], name="") if a.path in names else a for a in self.answers]
        if self.answers:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.answers) - 1, self.columnCount() - 1))

    def rename_classes(self, classes: list[str]) -> None:
        """The classes are called otherwise now, in the same order."""
        before, self.classes = self.classes, classes
        self.answers = self._renamed(self.answers, before)
        if self.answers:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.answers) - 1, self.columnCount() - 1))

    def _renamed(self, answers: list[Answer], said: list[str]) -> list[Answer]:
        names = dict(zip(said, self.classes, strict=True))
        return [called(a, names) for a in answers]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.answers)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 6

    def headerData(self, section: int, orientation: Qt.Orientation,
                   role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return (self.tr("image"), self.tr("predicted"), self.tr("confidence"), self.tr("decision"),
                self.tr("next best"), self.tr("novelty"))[section]

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        a, column = self.answers[index.row()], index.column()
        if role == SORT:
            second = a.runner_up(self.classes)
            return (a.title, a.predicted, a.confidence, a.decision, second[1] if second else -1.0,
                    -1.0 if a.novelty is None else a.novelty)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(f"{a.title}\n{a.reason}".strip())
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (CONFIDENCE, NOVELTY):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole and column == DECISION:
            return QColor(colour_of(a.decision) or theme.colours().ink)
        if role == FIGURE and column == NEXT:
            second = a.runner_up(self.classes)
            return f"{100 * second[1]:.1f} %" if second else ""
        return self._text(a, column) if role == Qt.ItemDataRole.DisplayRole else None

    def _text(self, a: Answer, column: int) -> str:
        if column == PATH:
            return "/".join(Path(a.title).parts[-2:])
        if column == DECISION:
            return word_of(a.decision)
        if a.confidences is None:
            return a.reason if column == PREDICTED else "–"
        if column == NEXT:
            second = a.runner_up(self.classes)
            return second[0] if second else ""
        if column == NOVELTY:
            return "–" if a.novelty is None else f"{a.novelty:.2f}"
        return a.predicted if column == PREDICTED else f"{100 * a.confidence:.1f} %"


class ShownAnswers(QSortFilterProxyModel):
    """The answers that pass the filter, in the order of the chosen column."""

    def __init__(self, table: AnswerTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table, self._filter = table, AnswerFilter()
        self.setSortRole(SORT)
        self.setSourceModel(table)
        self.sort(-1)

    def show_only(self, chosen: AnswerFilter) -> None:
        """Shows what passes."""
        if chosen != self._filter:
            self._filter = chosen
            self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        return self._filter.keeps(self._table.answers[row])

    def answer(self, row: int) -> Answer:
        """The answer in a row of this model."""
        return self._table.answers[self.mapToSource(self.index(row, 0)).row()]
