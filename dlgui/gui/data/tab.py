"""The Data tab: classes left, the images in the middle as grid, suggestions or map, preview and split right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine.splitting import SUBSETS
from dlgui.gui.commands import Command
from dlgui.gui.data.board import BADGES, Board
from dlgui.gui.data.class_panel import ClassPanel
from dlgui.gui.data.detail import DetailPanel
from dlgui.gui.data.filter_bar import FilterBar
from dlgui.gui.data.grid_menu import GridMenu
from dlgui.gui.data.labeler import Labeler
from dlgui.gui.data.likeness import Likeness
from dlgui.gui.data.map import MapPanel
from dlgui.gui.data.meter import Meter
from dlgui.gui.data.mode_switch import ModeSwitch
from dlgui.gui.data.shown import Shown
from dlgui.gui.data.split_panel import SplitPanel
from dlgui.gui.data.suggest import SuggestPanel
from dlgui.gui.data.suggest_pages import Page
from dlgui.gui.elided_label import ElidedLabel
from dlgui.gui.filters import SIMILAR, Filter, Results
from dlgui.gui.scenes import Scene
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import button
from dlgui.project.changes import BESIDE_IMAGES, Changes
from dlgui.project.operations import evaluations, runs
from dlgui.project.project import ImageTable


class DataTab(QWidget):
    """Shows and labels the images of the project."""

    def __init__(self, session: Session, pictures: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dataTab")
        self.session, self.pictures = session, pictures
        self.results: Results | None = None
        self._outdated = False
        """Whether there are runs that the results do not know of."""

    def build(self) -> Iterator[None]:
        """Makes the parts, a piece at a time."""
        session, pictures = self.session, self.pictures
        self.classes = ClassPanel(session)
        self.board = Board(session, pictures, self)
        self.grid = self.board.grid
        self.bar = FilterBar()
        self.switch = ModeSwitch([
            ("grid", self.tr("Grid"), self.tr("All images, filtered and sorted")),
            ("suggest", self.tr("Suggest"), self.tr("Suggested labels, a page at a time")),
            ("map", self.tr("Map"), self.tr("Images as points: alike ones lie side by side"))])
        self.suggest = SuggestPanel(session, self.board)
        yield
        self.map = MapPanel(session, pictures)
        self.detail = DetailPanel(session)
        self.split_panel = SplitPanel(session)
        yield
        self.labeler = Labeler(session, self.board, self)
        self.likeness = Likeness(session, self)
        self.grid_menu = GridMenu(self.board, self.labeler, self)
        self.count, self.meter = ElidedLabel(), Meter()
        self.keys = button("keysButton", self.tr("Keys"), self.tr("Every key of this tab (?)"), self.show_keys)
        self.count.setProperty("soft", True)
        self._connect()
        self._arrange()

    def _connect(self) -> None:
        self.classes.assign.connect(self.labeler.use)
        self.classes.chosen.connect(lambda index: self.show_only(replace(self.filter, label=index)))
        self.classes.select_all.connect(self._select_class)
        self.classes.list.key.connect(self.labeler.key)
        self.bar.changed.connect(lambda _: self._filtered())
        self.bar.side.connect(self.grid.set_side)
        self.grid.picked.connect(lambda _: self._picked())
        self.grid.selectionModel().currentChanged.connect(lambda *_: self._picked() if self.board.marking else None)
        self.likeness.ready.connect(self._show)
        self.grid_menu.similar.connect(self._sort_like)
        self.labeler.note.connect(self.detail.edit_note)
        self.detail.left.connect(self.grid.setFocus)
        self.switch.changed.connect(self._switched)
        self.board.tentative = self.suggest.guess
        self.suggest.paged.connect(self._paged)
        self.labeler.committed.connect(self.suggest.commit)
        self.labeler.help.connect(self.show_keys)
        self.session.opened.connect(lambda _: self.map.forget())
        self.map.picked.connect(self._caught)
        self.map.to_grid.connect(self._show_selected)
        self.map.key.connect(self.labeler.key)

    def _arrange(self) -> None:
        top, below = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.switch)
        top.addWidget(self.meter, 1)
        below.addWidget(self.count, 1)
        below.addWidget(self.suggest.learned)
        below.addWidget(self.bar.everything)
        below.addWidget(self.bar.zoom)
        below.addWidget(self.keys)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(top)
        column.addWidget(self.bar)
        column.addWidget(self.suggest)
        column.addWidget(self.grid, 1)
        column.addWidget(self.map, 1)
        column.addLayout(below)
        self.suggest.hide()
        self.map.hide()
        right = QSplitter(Qt.Orientation.Vertical)
        right.setObjectName("dataRightSplitter")
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(self.split_panel)
        scroll.setObjectName("splitScroll")
        right.addWidget(self.detail)
        right.addWidget(scroll)
        right.setSizes([350, 370])
        self.split_panel.answered.connect(lambda widget: QTimer.singleShot(  # once it has its place
            50, scroll, lambda: scroll.ensureWidgetVisible(widget)))
        right.setChildrenCollapsible(False)
        self.classes.setMinimumWidth(170)
        right.setMinimumWidth(self.split_panel.minimumSizeHint().width() + 2 * scroll.frameWidth()
                              + scroll.verticalScrollBar().sizeHint().width())
        parts = QSplitter()
        parts.setObjectName("dataSplitter")
        for widget in (self.classes, middle, right):
            parts.addWidget(widget)
        parts.setSizes([186, 738, 336])
        parts.setStretchFactor(1, 1)
        parts.setChildrenCollapsible(False)
        layout = QHBoxLayout(self)
        layout.addWidget(parts)

    def commands(self) -> list[Command]:
        """What the menus offer here."""
        def to(subset: str) -> Callable[[], None]:
            return lambda: self.labeler.split(subset)

        def look(mode: str) -> Callable[[], None]:
            return lambda: self.switch.choose(mode)

        return [*(Command(f"action{name.title()}Mode", "view", text, look(name), keys, separated=name == "grid")
                  for name, text, keys in (("grid", self.tr("Grid of images"), "Ctrl+Shift+G"),
                                           ("suggest", self.tr("Suggested labels"), "Ctrl+Shift+S"),
                                           ("map", self.tr("Map of images"), "Ctrl+Shift+M"))),
                Command("actionKeys", "help", self.tr("Keys of the Data tab…"), self.show_keys, "Shift+F1"),
                Command("actionLabelAs", "data", self.tr("Label as…"), self.labeler.find_class, "Ctrl+J",
                        separated=True),
                Command("actionNote", "data", self.tr("Note on the selected images"), self.detail.edit_note,
                        "Ctrl+D, N"),
                *(Command(name, "data", text, partial(self.labeler.key, key, False), f"Ctrl+D, {keys}")
                  for name, text, key, keys in (
                      ("actionFlag", self.tr("Flag the selected images, or take the flag away"), "f", "F"),
                      ("actionExclude", self.tr("Exclude the selected images, or take them back in"), "x", "X"),
                      ("actionUnlabel", self.tr("Take the label of the selected images away"), "delete", "L"))),
                Command("actionSplit", "data", self.tr("Split"), self.split_panel.split, "Ctrl+L", separated=True),
                *(Command(f"actionAssign{subset.title()}", "data",
                          self.tr("Selected images to {s}").format(s=subset), to(subset), f"Ctrl+D, {BADGES[code]}")
                  for code, subset in enumerate(SUBSETS))]

    def scenes(self) -> list[Scene]:
        """Pictures of this tab."""
        def first() -> None:
            if self.grid.items.rowCount():
                self.grid.select([0])

        def grid() -> None:
            self.switch.choose("grid")

        return [Scene("data", first), Scene("data_suggest", lambda: self.switch.choose("suggest"), grid),
                Scene("data_map", lambda: self.switch.choose("map"), grid), Scene("data_keys", self.keys_dialog)]

    def keys_dialog(self) -> QWidget:
        """The dialog that lists every key."""
        from dlgui.gui.data.keys_dialog import KeysDialog

        project = self.session.project
        return KeysDialog(project.classes() if project is not None else [], self)

    def show_keys(self) -> None:
        """Lists every key."""
        dialog = self.keys_dialog()
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()

    # --- grid, suggestions, map

    def _switched(self, mode: str) -> None:
        for widget, own in ((self.bar, "grid"), (self.suggest, "suggest"), (self.map, "map")):
            widget.setVisible(mode == own)
        self.grid.setVisible(mode != "map")
        self.bar.zoom.setVisible(mode != "map")
        self.labeler.pages, self.labeler.page_keys, self.labeler.moves_on = mode == "suggest", False, mode != "map"
        self.board.click_marks(False)
        self.board.explain_empty(mode)
        if mode == "suggest":
            self.suggest.start()
        else:
            self.suggest.stop()
            self._show()
        if mode == "map":
            self.map.start()
        (self.map.plot if mode == "map" else self.grid).setFocus()

    def _paged(self, page: Page) -> None:
        project = self.session.project
        marks = page.kind in ("class", "similar")
        self.board.click_marks(marks)
        self.labeler.page_keys, self.labeler.moves_on = page.kind == "similar", not marks
        table = project.images() if project is not None else None
        self.board.show(Shown(table, table.row_of(page.ids)) if table is not None else None, keep=False)
        if page.ids:
            (self.grid.go_to(0) if marks else self.grid.select([0]))
            self.grid.setFocus()
        self._picked()

    def _caught(self, ids: list[int]) -> None:
        shown = self.board.shown
        if shown is not None:  # the hidden grid holds what was caught and nothing else: one range, however many
            self.board.show(Shown(shown.table, shown.table.row_of(ids)), keep=False)
            self.grid.selectAll()
            if not ids:
                self._picked()

    def _show_selected(self) -> None:
        shown = self.board.shown
        if shown is not None:
            paths = frozenset(shown.table.path[r] for r in self.board.selected_rows())
            self.switch.choose("grid")
            self.show_only(Filter(only=paths))
            self.grid.selectAll()

    # --- which images

    @property
    def filter(self) -> Filter:
        """Which images the grid shows."""
        return self.bar.filter

    def show_only(self, wanted: Filter) -> None:
        """Shows the images that meet a filter."""
        self.bar.set(wanted)

    def clear_filter(self) -> None:
        """Shows every image."""
        self.bar.clear()

    def _filtered(self) -> None:
        self.classes.list.choose(self.filter.label)
        if self.filter.order == SIMILAR and self.selected_ids() and self.selected_ids()[0] != self.likeness.anchor:
            self.likeness.ask(self.selected_ids()[0])
        if self.switch.mode == "suggest":
            self.suggest.restrict(self.filter.label)
        else:
            self._show()

    def _sort_like(self, image_id: int) -> None:
        self.likeness.ask(image_id)
        self.show_only(replace(self.filter, order=SIMILAR))

    def _select_class(self, index: int) -> None:
        self.show_only(Filter(label=index))
        self.grid.selectAll()
        self.grid.setFocus()

    def _load_results(self) -> None:
        """Reads what the newest run says, for the filters and orders that need it."""
        project = self.session.project
        self.results, self._outdated = None, False
        if project is not None:
            self.session.jobs.start("results", "results", lambda job: evaluations.known(project), quiet=True,
                                    done=self._results_came)

    def _results_came(self, found: tuple[list[str], np.ndarray, np.ndarray] | None) -> None:
        self.results = Results(*found) if found is not None else None
        if self.switch.mode == "map" or self.filter.state == "wrong in the last run" \
                or self.filter.order.endswith("confident"):
            self._show()

    def refresh(self) -> None:
        """Shows the project as it is, keeping the selection."""
        self._load_results()
        if self.switch.mode == "suggest":
            self.suggest.reset()
            self._panels()
        else:
            self._show()
        if self.switch.mode == "map":
            self.map.start()

    def _show(self) -> None:
        project = self.session.project
        table = project.images() if project is not None else None
        if table is None:
            self.board.show(None)
        elif self.switch.mode == "map":
            self.board.show(Shown(table, table.row_of(self._still_there(table))), keep=False)
            self.grid.selectAll()
        elif self.switch.mode == "grid":
            self.board.show(Shown(table, self.filter.rows(table, self.results, self.likeness.of(table))))
        self._panels()

    def _still_there(self, table: ImageTable) -> list[int]:
        """The selected images that the table holds."""
        ids = np.array(self.selected_ids(), np.int64)
        return ids[np.isin(ids, table.id)].tolist()

    def _panels(self) -> None:
        self.classes.refresh()
        self.split_panel.refresh()
        self.meter.measure(self.board.shown.table if self.board.shown is not None else None)
        self._picked()
        if self.switch.mode == "map":
            self.map.show_table(self.board.shown.table if self.board.shown is not None else None, self.results)

    def apply_changes(self, changes: Changes) -> None:
        """Follows a commit: relabeling repaints, anything else looks again."""
        if changes.kinds <= BESIDE_IMAGES:
            if "runs" in changes.kinds and changes.kind != runs.GOES_ON:
                self._outdated = True
                if self.isVisible():  # a training that is watched in another tab needs the computer for itself
                    self._load_results()
            return
        if changes.kind == "label" and changes.journal_id is not None:
            self.meter.labeled(len(changes.ids.get("labels", ())))
        project = self.session.project
        light = changes.kinds <= {"labels", "splits", "flags", "notes"} and (
            self.switch.mode != "grid" or self.filter == Filter(
                text=self.filter.text, order=self.filter.order, only=self.filter.only))
        if light and project is not None:
            self.board.renew(project.images())
            self._panels()
            self.suggest.apply_changes(changes)
        else:
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._outdated:
            self._load_results()

    # --- the selection

    def selected_ids(self) -> list[int]:
        """Ids of the selected images."""
        return self.board.selected_ids()

    def label_selection(self, class_id: int | None) -> None:
        """Labels the selected images and goes on to the next unlabeled one."""
        self.labeler.label(class_id)

    def assign_split(self, subset: str | None) -> None:
        """Puts the selected images into a subset."""
        self.labeler.split(subset)

    def _picked(self) -> None:
        shown = self.board.shown
        rows = self.board.selected_rows()
        looked_at = self.board.current_rows() if self.board.marking else rows
        self.detail.show_images(shown.table if shown is not None else None, looked_at)
        total = len(shown.table) if shown is not None else 0
        seen = len(shown) if shown is not None and self.switch.mode != "map" else total
        text = self.tr("{n:,} of {total:,} images").format(n=seen, total=total)
        if len(rows):
            chosen = self.tr(", {n:,} marked") if self.board.marking else self.tr(", {n:,} selected")
            text += chosen.format(n=len(rows))
        self.count.setText(text)
        if self.switch.mode == "map":
            self.map.select(self.selected_ids())
