"""The network chooser: what each network costs and is worth, how fast it is here, and whether its weights are."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine import network_weights, networks, speed
from dlgui.engine.networks import NetworkInfo
from dlgui.engine.preprocessing import Preprocessing
from dlgui.errors import DlguiError
from dlgui.gui.jobs import Job
from dlgui.gui.session import Session
from dlgui.gui.widgets import button, named, on_choice
from dlgui.gui.words import shortened
from dlgui.project.operations.plans import AUTO

_NAME, _PARAMETERS, _MEGABYTES, _SIZE, _SPEED, _ACCURACY, _WEIGHTS, _LICENCE = range(8)


class _Figure(QTableWidgetItem):
    """A cell that sorts by its number; cells without one come last."""

    def __init__(self, text: str, number: float | None) -> None:
        super().__init__(text)
        self.number = float("-inf") if number is None else number
        self.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def __lt__(self, other: QTableWidgetItem) -> bool:
        return self.number < other.number if isinstance(other, _Figure) else super().__lt__(other)


class NetworkDialog(QDialog):
    """Compares the networks.

    Signals:
        chosen: name of the network that shall be used.
    """

    chosen = Signal(str)

    def __init__(self, session: Session, current: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("networkDialog")
        self.setWindowTitle(self.tr("Networks"))
        self.resize(940, 620)
        self._session = session
        self._state = {"installed": self.tr("here"), "brought": self.tr("here, brought by you"),
                       "cached": self.tr("here"), "registered": self.tr("from your script"),
                       "fetched": self.tr("fetched once"), "missing": self.tr("not installed")}
        self.search = named(QLineEdit(), "networkSearch", self.tr("Shows the networks whose name holds this text"))
        self.search.setPlaceholderText(self.tr("search, or the name of a network of timm"))
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._entered)
        self.add = button("addTimmButton", self.tr("Look up in timm"), self.tr(
            "Adds the network of the timm library with this name"), self._look_up)
        self.table = named(QTableWidget(0, 8), "networkTable", self.tr("Networks; a double click or Enter takes one"))
        self.table.setHorizontalHeaderLabels([
            self.tr("network"), self.tr("weights\n(million)"), self.tr("size\n(MB)"), self.tr("input\n(px)"),
            self.tr("here\n(images/s)"), self.tr("ImageNet\ntop-1 (%)"), self.tr("weights are"), self.tr("licence")])
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._explain)
        on_choice(self.table, self._take)
        self.about = QLabel()
        self.about.setObjectName("networkAbout")
        self.about.setWordWrap(True)
        self.about.setMinimumHeight(3 * self.about.fontMetrics().lineSpacing())
        self.about.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        note = QLabel(self.tr(
            "Speed: features on this computer's processor at the input size shown, half a second each, kept for "
            "four hours. Accuracy: top-1 on ImageNet as published by torchvision for the weights it fetches, for "
            "EfficientNet-Lite by timm; on your images the order may differ."))
        note.setWordWrap(True)
        note.setProperty("soft", True)
        self.measure = button("measureNetworkButton", self.tr("Measure selected"), self.tr(
            "Runs the selected networks for half a second each"), self.measure_selected)
        self.measure_all = button("measureAllNetworksButton", self.tr("Measure all"), self.tr(
            "Measures every network that is shown and not measured yet; takes some seconds each"),
            lambda: self._measure(self._shown_rows()))
        self.cancel = button("cancelMeasureButton", self.tr("Stop measuring"), self.tr("End the measurement"),
                             self._stop)
        self.cancel.setEnabled(False)
        self.auto = button("autoNetworkButton", self.tr("Try them on my images"), self.tr(
            "Auto: before the next training the networks that need no internet are tried on your images within a given "
            "time, and the best on the validation split is taken"), self._take_auto)
        self.take = button("useNetworkButton", self.tr("Use this network"), self.tr(
            "Takes the selected network for the next training"), self._take, primary=True)
        self._build(note)
        self._fill()
        self._select(current)
        if current == AUTO:
            self.about.setText(self.auto.toolTip())

    def _build(self, note: QLabel) -> None:
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.add)
        for widget in (self.measure, self.measure_all, self.cancel):
            bottom.addWidget(widget)
        bottom.addStretch()
        bottom.addWidget(button("closeNetworksButton", self.tr("Close"), self.tr("Keep the network as it is"),
                                self.reject))
        bottom.addWidget(self.auto)
        bottom.addWidget(self.take)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.about)
        layout.addWidget(note)
        layout.addLayout(bottom)

    def _fill(self) -> None:
        self.table.setSortingEnabled(False)
        self.table.setRowCount(0)
        for name in networks.names():
            self._add_row(networks.info(name))
        self.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)  # as registered
        self.table.setSortingEnabled(True)

    def _add_row(self, info: NetworkInfo) -> None:
        row = self.table.rowCount()
        self.table.insertRow(row)
        state = network_weights.state(info)
        name = QTableWidgetItem(info.name)
        name.setData(Qt.ItemDataRole.UserRole, info.name)
        self.table.setItem(row, _NAME, name)
        millions = info.parameters
        self.table.setItem(row, _PARAMETERS, _Figure(_dash(millions, "{:.1f}"), millions))
        megabytes = None if millions is None else 4 * millions
        self.table.setItem(row, _MEGABYTES, _Figure(_dash(megabytes, "{:.0f}"), megabytes))
        self.table.setItem(row, _SIZE, _Figure(f"{info.width} × {info.height}", info.width * info.height))
        self._show_speed(row, self._known(info))
        self.table.setItem(row, _ACCURACY, _Figure(_dash(info.imagenet_top1, "{:.1f}"), info.imagenet_top1))
        weights = QTableWidgetItem(self._state[state.state])
        weights.setToolTip(state.remedy)
        self.table.setItem(row, _WEIGHTS, weights)
        self.table.setItem(row, _LICENCE, QTableWidgetItem(info.licence))

    def _known(self, info: NetworkInfo) -> float | None:
        return speed.forward(info.name, Preprocessing(info.width, info.height), measure=False)

    def _show_speed(self, row: int, rate: float | None) -> None:
        self.table.setItem(row, _SPEED, _Figure(_dash(rate, "{:.1f}"), rate))

    def _row(self, name: str) -> int:
        return next((row for row in range(self.table.rowCount()) if self._name(row) == name), -1)

    def _name(self, row: int) -> str:
        item = self.table.item(row, _NAME)
        return str(item.data(Qt.ItemDataRole.UserRole)) if item is not None else ""

    def _select(self, name: str) -> None:
        if self._row(name) >= 0:
            self.table.selectRow(self._row(name))

    def _filter(self, text: str) -> None:
        for row in range(self.table.rowCount()):
            self.table.setRowHidden(row, text.strip().lower() not in self._name(row).lower())
        shown = self._shown_rows()
        if shown and self._chosen() < 0:
            self.table.selectRow(shown[0])
        elif not shown:
            self.table.clearSelection()
            self.about.setText(self.tr("No network of this list is called “{text}”. “{look}” asks the timm library for "
                                       "it.").format(text=html.escape(shortened(text.strip(), 40)),
                                                     look=self.add.text()))

    def _shown_rows(self) -> list[int]:
        return [row for row in range(self.table.rowCount()) if not self.table.isRowHidden(row)]

    def _chosen(self) -> int:
        """Row of the network that is selected and shown, -1 without one."""
        row = self.table.currentRow()
        return row if self.table.selectedItems() and not self.table.isRowHidden(row) else -1

    def _entered(self) -> None:
        """Enter goes on to what was found, or looks elsewhere where nothing was."""
        if self._shown_rows():
            self.table.setFocus()
        else:
            self._look_up()

    def _explain(self) -> None:
        row = self._chosen()
        self.take.setEnabled(row >= 0)
        self.measure.setEnabled(row >= 0 and not self.cancel.isEnabled())
        if row >= 0:
            info = networks.info(self._name(row))
            state = network_weights.state(info)
            text = f"<b>{info.name}</b>: {self.tr(info.description)}"
            if info.fixed_size:
                text += " " + self.tr("Takes images of {w} × {h} px only.").format(w=info.width, h=info.height)
            if state.remedy:
                text += "<br>" + self.tr("Its ImageNet weights are not here: {remedy}.").format(remedy=state.remedy)
            self.about.setText(text)

    def _take(self) -> None:
        row = self._chosen()
        if row >= 0:
            self.chosen.emit(self._name(row))
            self.accept()

    def _take_auto(self) -> None:
        self.chosen.emit(AUTO)
        self.accept()

    # --- measuring

    def measure_selected(self) -> None:
        """Measures the selected networks."""
        self._measure(sorted({index.row() for index in self.table.selectedIndexes()}))

    def _measure(self, rows: list[int]) -> None:
        names = [self._name(row) for row in rows]
        if names:
            self._busy(True)
            self._session.jobs.start("network speed", self.tr("measuring networks"),
                                     lambda job: _measure(job, names), told=self._told, done=lambda _: self._end(""),
                                     failed=lambda problem: self._end(str(problem)), cancelled=lambda: self._end(""))

    def _told(self, told: tuple[str, float | None, str]) -> None:
        name, rate, reason = told
        row = self._row(name)
        if row >= 0:
            self.table.setSortingEnabled(False)
            self._show_speed(row, rate)
            if reason:
                item = self.table.item(row, _SPEED)
                assert item is not None
                item.setToolTip(reason)
            self.table.setSortingEnabled(True)

    def _stop(self) -> None:
        job = self._session.jobs.running("network speed")
        if job is not None:
            job.cancel()

    def _end(self, problem: str) -> None:
        self._busy(False)
        if problem:
            self.about.setText(problem)

    def _busy(self, busy: bool) -> None:
        self.measure.setEnabled(not busy and self._chosen() >= 0)
        for widget in (self.measure_all, self.add):
            widget.setEnabled(not busy)
        self.cancel.setEnabled(busy)

    def _look_up(self) -> None:
        name = self.search.text().strip()
        if name:
            self._busy(True)
            self._session.jobs.start("network look-up", self.tr("looking up {name}").format(name=name),
                                     lambda _: networks.info(name), done=self._found,
                                     failed=lambda problem: self._end(str(problem)))

    def _found(self, info: NetworkInfo) -> None:
        self._busy(False)
        self.search.clear()
        if self._row(info.name) < 0:
            self.table.setSortingEnabled(False)
            self._add_row(info)
            self.table.setSortingEnabled(True)
        self._select(info.name)

    def done(self, result: int) -> None:
        self._session.jobs.drop("network speed")
        super().done(result)


def _dash(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def _measure(job: Job, names: list[str]) -> None:
    job.progress.task("measuring networks", len(names))
    for name in names:
        info = networks.info(name)
        try:
            job.tell((name, speed.forward(name, Preprocessing(info.width, info.height), job.progress), ""))
        except DlguiError as problem:
            job.tell((name, None, str(problem)))
        job.progress.advance()
