"""The answers as pictures or as a table, and which of them are shown."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QItemSelectionModel, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSpinBox,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine.answers import STATES, Answer, AnswerFilter
from dlgui.gui.apply.answer_models import (
    CONFIDENCE,
    DECISION,
    FIGURE,
    NEXT,
    NOVELTY,
    PATH,
    PREDICTED,
    AnswerTable,
    Index,
    ShownAnswers,
)
from dlgui.gui.apply.decisions import word_of
from dlgui.gui.elided_label import elided
from dlgui.gui.grid_model import GridItem
from dlgui.gui.image_grid import ImageGrid
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import Choice, named
from dlgui.gui.words import breakable

_AROUND = 14
"""Pixels of a cell that its text does not get."""

_MARKS = {"accepted": "", "not_sure": "warning", "unknown": "wrong", "failed": ""}


class _NameAndFigure(QStyledItemDelegate):
    """Shortens the name in a cell, never the figure behind it."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.text = elided(option.text, index.data(FIGURE) or "", option.fontMetrics, option.rect.width() - _AROUND)


class ResultsPanel(QWidget):
    """Filter bar above a grid and a table that show the same rows in the same order.

    Signals:
        current: the `Answer` that is looked at, or None.
        key: a key typed over the grid.
    """

    current = Signal(object)
    key = Signal(str)

    def __init__(self, pictures: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = AnswerTable(self)
        self.shown = ShownAnswers(self.table, self)
        self.added: dict[str, str] = {}
        self.grid = ImageGrid("applyGrid", pictures)
        self.grid.key.connect(lambda text, _: self.key.emit(text))
        self.grid.picked.connect(lambda rows: self._picked(rows[0] if len(rows) == 1 else -1))
        self.view = self._make_table()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.grid)
        self.pages.addWidget(self.view)
        self.hint = QLabel()
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setProperty("soft", True)
        self.pages.addWidget(self.hint)
        self._page = 0
        self.state = named(Choice(9), "applyStateFilter", self.tr("Show only what was decided so"))
        for name in STATES:
            self.state.addItem(self.tr("every decision") if name == "all" else word_of(name), name)
        self.predicted = named(Choice(9), "applyClassFilter", self.tr("Show only images that were called so"))
        self.predicted.addItem(self.tr("every class"), None)
        for box in (self.state, self.predicted):
            box.currentIndexChanged.connect(lambda _: self._filter())
        self.lowest = self._percent("applyLowest", self.tr("Lowest confidence that is shown"), 0)
        self.highest = self._percent("applyHighest", self.tr("Highest confidence that is shown"), 100)
        self.count = QLabel()
        self.count.setProperty("soft", True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._bar())
        layout.addWidget(self.pages, 1)
        self.explain()
        self._show_page()
        self._soon = QTimer(self)  # answers come in many small lots
        self._soon.setSingleShot(True)
        self._soon.setInterval(60)
        self._soon.timeout.connect(self._follow)
        for signal in (self.shown.rowsInserted, self.shown.rowsRemoved, self.shown.layoutChanged,
                       self.shown.modelReset, self.shown.dataChanged):
            signal.connect(lambda *_: self._soon.start())

    def _make_table(self) -> QTableView:
        view = named(QTableView(), "applyResults", self.tr("Click a row to see the image, a header to sort"))
        view.setAccessibleName(self.tr("Results"))
        view.setModel(self.shown)
        view.setSortingEnabled(True)
        view.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)  # as they come
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        view.verticalHeader().hide()
        header = view.horizontalHeader()
        for column, width in ((PREDICTED, 130), (CONFIDENCE, 96), (DECISION, 116), (NEXT, 132), (NOVELTY, 76)):
            view.setColumnWidth(column, width)
        view.setItemDelegateForColumn(NEXT, _NameAndFigure(view))
        header.setSectionResizeMode(PATH, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(70)
        view.selectionModel().selectionChanged.connect(lambda *_: self._picked_row())
        return view

    def _percent(self, name: str, tip: str, value: int) -> QSpinBox:
        box = named(QSpinBox(), name, tip)
        box.setRange(0, 100)
        box.setValue(value)
        box.setSuffix(" %")
        box.setMaximumWidth(92)
        box.valueChanged.connect(lambda _: self._filter())
        return box

    def _bar(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        group = QButtonGroup(self)
        for page, (name, text, tip) in enumerate((
                ("applyGridButton", self.tr("Pictures"), self.tr("Show the results as pictures")),
                ("applyTableButton", self.tr("Table"), self.tr("Show the results as a table")))):
            made = named(QPushButton(text), name, tip)
            made.setAccessibleName(text)
            made.setCheckable(True)
            made.setMinimumWidth(made.sizeHint().width() + 14)  # a checked button's text is bold
            made.setChecked(page == 0)
            made.clicked.connect(lambda _=False, page=page: self.show_page(page))
            group.addButton(made, page)
            bar.addWidget(made)
        self._group = group
        bar.addWidget(self.state, 1)
        bar.addWidget(self.predicted, 1)
        bar.addWidget(self.lowest)
        bar.addWidget(QLabel("–"))
        bar.addWidget(self.highest)
        bar.addWidget(self.count)
        return bar

    def show_page(self, page: int) -> None:
        """0 shows pictures, 1 the table; the selection goes along."""
        rows = self.selected_rows()
        self._group.button(page).setChecked(True)
        self._page = page
        self._show_page()
        self.select(rows)

    def _show_page(self) -> None:
        self.explain(self._watched)
        self.pages.setCurrentIndex(self._page if self.shown.rowCount() else 2)

    def explain(self, watched: str = "") -> None:
        """What stands here while there is no answer; `watched` is the folder that is waited for."""
        self._watched = watched
        title, lines = self.tr("What are these images?"), [
            self.tr("Drop images, folders or a zip archive anywhere on this page, or press Ctrl+V."),
            self.tr("Watch a folder to classify whatever arrives in it, or look through a camera."),
            self.tr("Results can be saved, sorted into class folders, or taken back into the data set.")]
        if self.table.answers:
            title, lines = self.tr("No result passes the filters"), [
                self.tr("The boxes above choose decision, class and confidence.")]
        elif watched:
            title, lines = self.tr("Nothing has arrived yet"), [
                self.tr("Whatever image is put into this folder is classified as soon as it is whole:"),
                escape(breakable(watched))]
        self.hint.setText(f"<p style='font-size: 17px'><b>{title}</b></p>"
                          + "".join(f"<p>{line}</p>" for line in lines))

    def begin(self, classes: list[str]) -> None:
        """Throws the answers away; further ones have these classes."""
        self.added.clear()
        self.table.clear(classes)
        self._offer(classes, 0)

    def rename_classes(self, classes: list[str]) -> None:
        """The classes of the answers are called otherwise now, in the same order."""
        chosen = self.predicted.currentIndex()
        self.table.rename_classes(classes)
        self._offer(classes, chosen)

    def _offer(self, classes: list[str], chosen: int) -> None:
        self.predicted.blockSignals(True)
        self.predicted.clear()
        self.predicted.addItem(self.tr("every class"), None)
        for name in classes:
            self.predicted.addItem(name, name)
        self.predicted.setCurrentIndex(chosen)
        self.predicted.blockSignals(False)
        self._filter()
        self._follow()

    def selected_rows(self) -> list[int]:
        """Shown rows that are selected, ascending."""
        if self._page == 0:
            return self.grid.selected()
        return sorted(index.row() for index in self.view.selectionModel().selectedRows())

    def selected(self) -> list[Answer]:
        """The selected answers; all that are shown where none is."""
        rows = self.selected_rows() or range(self.shown.rowCount())
        return [self.shown.answer(row) for row in rows]

    def select(self, rows: list[int]) -> None:
        """Selects shown rows."""
        if self._page == 0:
            self.grid.select(rows)
            return
        selection = self.view.selectionModel()
        selection.clearSelection()
        for row in rows:
            selection.select(self.shown.index(row, 0), QItemSelectionModel.SelectionFlag.Select
                             | QItemSelectionModel.SelectionFlag.Rows)
        if rows:
            self.view.scrollTo(self.shown.index(rows[0], 0))

    def mark_added(self, labels: dict[str, str]) -> None:
        """Files that are in the data set now, with their class; an empty mapping forgets all."""
        self.added = {**self.added, **labels} if labels else {}
        self.grid.items.refresh()

    def _filter(self) -> None:
        low, high = self.lowest.value(), self.highest.value()
        self.shown.show_only(AnswerFilter(self.state.currentData() or "all", self.predicted.currentData(),
                                          low / 100, max(low, high) / 100))

    def _follow(self) -> None:
        """Lets the grid and the count follow the rows."""
        chosen, here = self.grid.selected(), self.grid.verticalScrollBar().value()
        total, count = len(self.table.answers), self.shown.rowCount()
        self._show_page()
        self.grid.items.show(count, self._item)
        kept = [row for row in chosen if row < count]
        if kept:
            self.grid.select(kept)
            self.grid.verticalScrollBar().setValue(here)
        elif count and not self.selected_rows():  # looked at, not selected: what is done is done to all
            self.current.emit(self.shown.answer(0))
        self.count.setText(self.tr("{n} of {total}").format(n=count, total=total) if total else "")
        if not count:
            self.current.emit(None)

    def _item(self, row: int) -> GridItem:
        a = self.shown.answer(row)
        words = [a.title, a.reason or self.tr("{name}, {c:.1f} %: {decision}").format(
            name=a.predicted, c=100 * a.confidence, decision=word_of(a.decision))]
        if a.path in self.added:
            words.append(self.tr("in the data set as {name}").format(name=self.added[a.path]))
        figure = "" if a.confidences is None else f"{100 * a.confidence:.0f} %"
        caption = a.predicted
        if a.decision == "unknown":  # of which no class may be said
            caption, figure = word_of(a.decision), ""
        elif a.decision == "not_sure":
            caption += "?"
        return GridItem(row, a.path, a.path, caption, mark=_MARKS[a.decision], figure=figure,
                        badge="✓" if a.path in self.added else "", tip="\n".join(words))

    def _picked(self, row: int) -> None:
        self.current.emit(self.shown.answer(row) if 0 <= row < self.shown.rowCount() else None)

    def _picked_row(self) -> None:
        if self._page == 1:
            rows = self.selected_rows()
            self._picked(rows[0] if len(rows) == 1 else -1)
