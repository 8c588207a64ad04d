"""The Data tab: classes and filters left, the grid in the middle, preview and split right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSlider,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine.splitting import SUBSETS
from dlgui.gui import thumbnails
from dlgui.gui.commands import Command
from dlgui.gui.data.class_list import ClassPanel
from dlgui.gui.data.split_panel import SplitPanel
from dlgui.gui.filters import ORDERS, SPLITS, STATES, Filter, Results
from dlgui.gui.image_grid import GridItem, ImageGrid
from dlgui.gui.image_view import ImageView
from dlgui.gui.jobs import Job
from dlgui.gui.scenes import Scene
from dlgui.gui.session import Session
from dlgui.gui.widgets import button, named
from dlgui.project.changes import Changes
from dlgui.project.operations import evaluations, labels, splits
from dlgui.project.project import ImageTable

_BADGES = {0: "T", 1: "V", 2: "E", -1: ""}


class DataTab(QWidget):
    """Shows and labels the images of the project."""

    def __init__(self, session: Session, pictures: thumbnails.Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dataTab")
        self.session, self.filter = session, Filter()
        self.results: Results | None = None
        self._table: ImageTable | None = None
        self._rows = np.empty(0, np.int64)
        self.classes = ClassPanel(session)
        self.classes.assign.connect(self.label_selection)
        self.classes.chosen.connect(lambda index: self.show_only(replace(self.filter, label=index)))
        self.grid = ImageGrid("imageGrid", pictures)
        self.grid.key.connect(self._key)
        self.grid.picked.connect(lambda _: self._picked())
        self.preview = ImageView("previewView")
        self.split_panel = SplitPanel(session)
        self.caption, self.pixel, self.count = QLabel(), QLabel(), QLabel()
        for text in (self.caption, self.pixel, self.count):
            text.setProperty("soft", True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.caption.setWordWrap(True)
        self.preview.pixel.connect(self.pixel.setText)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(180)
        self._wait.timeout.connect(self._typed)
        self._build()

    def _build(self) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("File name"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _: self._wait.start())
        self.by_split = self._combo("splitFilter", SPLITS, self.tr("Split: {v}"), "split")
        self.by_state = self._combo("stateFilter", STATES, self.tr("Show: {v}"), "state")
        self.by_order = self._combo("orderBox", ORDERS, self.tr("Sort: {v}"), "order")
        self.zoom = QSlider(Qt.Orientation.Horizontal)
        self.zoom.setRange(64, 320)
        self.zoom.setValue(128)
        self.zoom.setFixedWidth(90)
        self.zoom.valueChanged.connect(self.grid.set_side)
        self.search.setMinimumWidth(130)
        texts: list[tuple[QWidget, str, str]] = [
            (self.search, "nameFilter", self.tr("Show only images whose path holds this")),
            (self.zoom, "sizeSlider", self.tr("Size of the pictures"))]
        for widget, name, text in texts:
            named(widget, name, text)
        self.everything = button("clearFilterButton", self.tr("Show all"), self.tr("Take all filters away"),
                                 self.clear_filter)
        bar = QHBoxLayout()
        for part in (self.search, self.by_state, self.by_split, self.by_order, self.everything):
            bar.addWidget(part, 1 if part is self.search else 0)
        bar.addWidget(self.zoom)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(bar)
        column.addWidget(self.grid, 1)
        column.addWidget(self.count)
        right = QWidget()
        stack = QVBoxLayout(right)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.addWidget(self.preview, 1)
        stack.addWidget(self.caption)
        stack.addWidget(self.pixel)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(self.split_panel)
        scroll.setObjectName("splitScroll")
        stack.addWidget(scroll, 1)
        parts = QSplitter()
        parts.setObjectName("dataSplitter")
        for widget in (self.classes, middle, right):
            parts.addWidget(widget)
        parts.setSizes([220, 760, 300])
        parts.setStretchFactor(1, 1)
        parts.setChildrenCollapsible(False)
        layout = QHBoxLayout(self)
        layout.addWidget(parts)

    def commands(self) -> list[Command]:
        """What the menus offer here."""
        def to(subset: str) -> Callable[[], None]:
            return lambda: self.assign_split(subset)

        return [Command("actionSplit", "data", self.tr("Split"), self.split_panel.split, "Ctrl+L", separated=True),
                *(Command(f"actionAssign{subset.title()}", "data",
                          self.tr("Selected images to {s}").format(s=subset), to(subset)) for subset in SUBSETS)]

    def scenes(self) -> list[Scene]:
        """Pictures of this tab."""
        def first() -> None:
            if self.grid.items.rowCount():
                self.grid.select([0])

        def health() -> QWidget:
            from dlgui.gui.data.health_dialog import HealthDialog
            from dlgui.project.operations.checks import check

            assert self.session.project is not None
            return HealthDialog(check(self.session.project), self)

        def importing() -> QWidget:
            from dlgui.gui.data.import_dialog import ImportDialog

            assert self.session.project is not None
            return ImportDialog(self.session.jobs, self.session.project.image_root, self)

        return [Scene("data", first), Scene("import", importing), Scene("health", health)]

    def _combo(self, name: str, values: Sequence[str], text: str, field: str) -> QComboBox:
        box = QComboBox()
        box.setObjectName(name)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(11)
        for value in values:
            box.addItem(text.format(v=value), value)
        box.setToolTip(text.format(v="…"))
        box.setAccessibleName(text.format(v="").strip(": "))
        box.currentIndexChanged.connect(lambda _: self.show_only(replace(self.filter, **{field: box.currentData()})))
        return box

    def _typed(self) -> None:
        self.show_only(replace(self.filter, text=self.search.text()))

    def clear_filter(self) -> None:
        """Shows every image."""
        for box in (self.by_split, self.by_state, self.by_order):
            box.blockSignals(True)
            box.setCurrentIndex(0)
            box.blockSignals(False)
        self.search.blockSignals(True)
        self.search.clear()
        self.search.blockSignals(False)
        self.classes.list.setCurrentRow(0)
        self.show_only(Filter())

    def show_only(self, wanted: Filter) -> None:
        """Shows the images that meet a filter."""
        self.filter = wanted
        self._show()

    def _load_results(self) -> None:
        """Reads what the newest run says, for the filters and orders that need it."""
        project = self.session.project
        self.results = None
        if project is not None:
            self.session.jobs.start("results", "results", lambda job: evaluations.known(project), quiet=True,
                                    done=self._results_came)

    def _results_came(self, found: tuple[list[str], np.ndarray, np.ndarray] | None) -> None:
        self.results = Results(*found) if found is not None else None
        if self.filter.state == "wrong in the last run" or self.filter.order.endswith("confident"):
            self._show()

    def refresh(self) -> None:
        """Shows the project as it is, keeping the selection."""
        self._load_results()
        self._show()

    def _show(self) -> None:
        project = self.session.project
        kept = set(self.selected_ids())
        self._table = project.images() if project is not None else None
        self._rows = self.filter.rows(self._table, self.results) if self._table is not None else np.empty(0, np.int64)
        self.grid.items.show(len(self._rows), self._item)
        if kept and self._table is not None:
            ids = self._table.id[self._rows]
            self.grid.select(np.flatnonzero(np.isin(ids, list(kept))).tolist())
        self.classes.refresh()
        self.split_panel.refresh()
        self._count()

    def apply_changes(self, changes: Changes) -> None:
        """Follows a commit: relabeling repaints, anything else looks again."""
        if changes.kinds <= {"runs", "history", "evaluations"}:
            if "runs" in changes.kinds:
                self._load_results()
            return
        light = changes.kinds <= {"labels", "splits", "flags", "notes"} and self.filter == Filter(
            text=self.filter.text, order=self.filter.order, only=self.filter.only)
        project = self.session.project
        if light and project is not None:
            self._table = project.images()
            self.grid.items.refresh()
            self.classes.refresh()
            self.split_panel.refresh()
            self._picked()
        else:
            self.refresh()

    def _item(self, position: int) -> GridItem:
        project, table = self.session.project, self._table
        assert project is not None
        assert table is not None
        row = self._rows[position]
        label = int(table.label[row])
        info = project.classes()[label] if label >= 0 else None
        reason = table.reason[row] or (self.tr("the file is gone") if table.missing[row] else "")
        caption = info.name if info else ""
        if table.excluded[row]:
            caption = self.tr("excluded")
        tip = "\n".join(part for part in (table.path[row], caption, reason, table.note[row]) if part)
        return GridItem(int(table.id[row]), str(project.image_root / table.path[row]), table.path[row], caption,
                        info.colour if info else "", _BADGES[int(table.split[row])], "warning" if reason else "",
                        bool(table.flag[row]), tip)

    def selected_ids(self) -> list[int]:
        """Ids of the selected images."""
        if self._table is None:
            return []
        return [int(self._table.id[self._rows[p]]) for p in self.grid.selected() if p < len(self._rows)]

    def label_selection(self, class_id: int | None) -> None:
        """Labels the selected images and goes on to the next unlabeled one."""
        ids = self.selected_ids()
        if ids and self.session.do(labels.assign, ids, class_id) is not None:
            self._advance()

    def _advance(self) -> None:
        chosen = self.grid.selected()
        if len(chosen) != 1 or self._table is None:
            return
        later = np.flatnonzero(self._table.label[self._rows[chosen[0] + 1:]] < 0)
        following = chosen[0] + 1 + (int(later[0]) if len(later) else 0)
        if following < len(self._rows):
            self.grid.select([following])

    def _key(self, key: str, shift: bool) -> None:
        project, ids = self.session.project, self.selected_ids()
        if project is None or not ids:
            return
        if key == "delete":
            self.label_selection(None)
        elif key == "f" and self._table is not None:
            rows = self._table.row_of(ids)
            self.session.do(labels.flag, ids, not bool(self._table.flag[rows].all()))
        elif key == "x" and self._table is not None:
            rows = self._table.row_of(ids)
            self.session.do(labels.exclude, ids, not bool(self._table.excluded[rows].all()))
        else:
            info = next((c for c in project.classes() if c.shortcut == key), None)
            if info is not None:
                self.label_selection(info.id)

    def assign_split(self, subset: str | None) -> None:
        """Puts the selected images into a subset."""
        ids = self.selected_ids()
        if ids:
            self.session.do(splits.assign, ids, subset)

    def _picked(self) -> None:
        self._count()
        chosen = self.grid.selected()
        project, table = self.session.project, self._table
        if len(chosen) != 1 or project is None or table is None or chosen[0] >= len(self._rows):
            return
        row = int(self._rows[chosen[0]])
        names = [self.tr("no label") if table.label[row] < 0 else table.class_names[table.label[row]],
                 SUBSETS[table.split[row]] if table.split[row] >= 0 else self.tr("no split"),
                 f"{table.width[row]} × {table.height[row]}"]
        if table.note[row]:
            names.append(table.note[row])
        self.caption.setText(f"{table.path[row]}\n{table.reason[row] or ', '.join(names)}")
        path = str(project.image_root / table.path[row])
        self.session.jobs.start("preview", "preview", lambda job: _decode(job, path), done=self.preview.show_image,
                                quiet=True)

    def _count(self) -> None:
        chosen = len(self.grid.selected())
        total = len(self._table) if self._table is not None else 0
        text = self.tr("{n} of {total} images").format(n=len(self._rows), total=total)
        if chosen:
            text += self.tr(", {n} selected. Keys: number labels, Delete takes the label away, F flags, X excludes, "
                            "A and D move").format(n=chosen)
        self.count.setText(text)


def _decode(job: Job, path: str) -> object:
    job.progress.check()
    return thumbnails.full(path)
