"""What a run was trained on: images, labels and split as they were then, and what has changed since."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from dlgui.engine.splitting import SUBSETS
from dlgui.gui.grid_model import GridItem
from dlgui.gui.image_grid import ImageGrid
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import Choice, named
from dlgui.gui.words import short, tip
from dlgui.project.operations import comparison
from dlgui.project.operations.comparison import Membership, TrainedOn
from dlgui.project.operations.runs import Run


class TrainedOnView(QWidget):
    """Counts of then, and the images that are not as they were.

    Signals:
        images_wanted: paths of images that the Data tab shall show.
    """

    images_wanted = Signal(list)
    job = "trained on"

    def __init__(self, session: Session, thumbnails: Thumbnails, chosen: Sequence[Run],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._asked: str | None = None
        self.run = named(Choice(30), "trainedOnRun", self.tr("Run whose data is shown"))
        for run in chosen:
            self.run.addItem(run.name or run.id, run)
        self.run.setVisible(len(chosen) > 1)
        self.text = QLabel()
        self.text.setObjectName("trainedOnText")
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.counts = named(QTableWidget(0, len(SUBSETS) + 1), "trainedOnTable",
                            self.tr("Images of each class and split when the run was trained"))
        self.counts.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.counts.setHorizontalHeaderLabels([self.tr("class"), self.tr("train"), self.tr("validation"),
                                               self.tr("test")])
        self.counts.verticalHeader().hide()
        self.counts.setShowGrid(False)
        self.counts.setWordWrap(False)
        self.counts.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.counts.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.counts.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.counts.setMinimumWidth(440)
        self.grid = ImageGrid("changedImages", thumbnails)
        self.grid.setToolTip(self.tr("Images that are no longer as they were when the run was trained. Double-click: "
                                     "show it in the Data tab."))
        self.grid.when_opened(lambda item: self.images_wanted.emit([item.name]))
        row = QHBoxLayout()
        row.addWidget(self.counts)
        row.addWidget(self.grid, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.addWidget(self.run, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.text)
        layout.addLayout(row, 1)
        self.run.currentIndexChanged.connect(lambda _: self.begin())

    def begin(self) -> None:
        """Reads the data of the chosen run, off the window's thread."""
        project, run = self.session.project, self.run.currentData()
        if project is None or run is None or run.id == self._asked:
            return
        self._asked = run.id
        self.text.setText(self.tr("Reading …"))
        self.session.jobs.start(self.job, self.tr("reading {run}").format(run=run.name or run.id),
                                lambda job: comparison.trained_on(project, run), done=self._show, quiet=True)

    def _show(self, found: TrainedOn) -> None:
        self.counts.setRowCount(len(found.counts))
        for i, (name, numbers) in enumerate(found.counts.items()):
            for j, text in enumerate((name, *(str(numbers[subset]) for subset in SUBSETS))):
                cell = QTableWidgetItem(text)
                cell.setToolTip(tip(text))
                if j:
                    cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.counts.setItem(i, j, cell)
        kinds = ((found.relabeled, self.tr("{n} have another class now")), (found.moved, self.tr("{n} changed the "
                 "split")), (found.added, self.tr("{n} are new")), (found.gone, self.tr("{n} are gone or left out")))
        changes = ", ".join(text.format(n=len(paths)) for paths, text in kinds if paths)
        since = self.tr("Since then: {changes}.").format(changes=changes) if changes else self.tr(
            "Images, labels and split are still exactly these.")
        text = self.tr("Trained on data {hash}. {since}").format(hash=found.data_hash, since=since)
        if found.renamed:
            text += " " + self.tr("Classes renamed or merged since: {names}.").format(
                names=", ".join(f"{short(then)} → {short(now)}" for then, now in found.renamed.items()))
        self.text.setText(text)
        self._show_changes(list(found.changes.items()))

    def _show_changes(self, changes: Sequence[tuple[str, tuple[Membership | None, Membership | None]]]) -> None:
        project = self.session.project
        if project is None:
            return
        root = project.image_root

        def item(i: int) -> GridItem:
            path, (then, now) = changes[i]
            return GridItem(i, str(root / path), path, self._caption(then, now))

        self.grid.items.show(len(changes), item)
        self.grid.setVisible(bool(changes))

    def _caption(self, then: Membership | None, now: Membership | None) -> str:
        if then is None:
            return self.tr("new")
        if now is None:
            return self.tr("gone")
        place = 0 if then[0] != now[0] else 1
        return f"{then[place] or self.tr('no split')} → {now[place] or self.tr('no split')}"
