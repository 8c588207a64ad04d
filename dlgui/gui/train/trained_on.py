"""What a run was trained on: images, labels and split as they were then, and what has changed since."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from dlgui.engine.splitting import SUBSETS
from dlgui.gui.image_grid import GridItem, ImageGrid
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import named
from dlgui.project.operations import comparison, runs
from dlgui.project.operations.runs import Run


class TrainedOnView(QWidget):
    """Counts of then, and the images that are not as they were."""

    def __init__(self, session: Session, thumbnails: Thumbnails, chosen: Sequence[Run],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.run = named(QComboBox(), "trainedOnRun", self.tr("Run whose data is shown"))
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
        self.counts.setMinimumWidth(440)
        self.grid = ImageGrid("changedImages", thumbnails)
        self.grid.setToolTip(self.tr("Images that are no longer as they were when the run was trained"))
        row = QHBoxLayout()
        row.addWidget(self.counts)
        row.addWidget(self.grid, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.addWidget(self.run, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.text)
        layout.addLayout(row, 1)
        self.run.currentIndexChanged.connect(lambda _: self._show())
        self._show()

    def _show(self) -> None:
        project, run = self.session.project, self.run.currentData()
        if project is None or run is None:
            return
        found = comparison.trained_on(project, run)
        self.counts.setRowCount(len(found.counts))
        for i, (name, numbers) in enumerate(found.counts.items()):
            for j, text in enumerate((name, *(str(numbers[subset]) for subset in SUBSETS))):
                cell = QTableWidgetItem(text)
                if j:
                    cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.counts.setItem(i, j, cell)
        kinds = ((found.relabeled, self.tr("{n} have another class now")), (found.moved, self.tr("{n} changed the "
                 "split")), (found.added, self.tr("{n} are new")), (found.gone, self.tr("{n} are gone or left out")))
        changes = ", ".join(text.format(n=len(paths)) for paths, text in kinds if paths)
        since = self.tr("Since then: {changes}.").format(changes=changes) if changes else self.tr(
            "Images, labels and split are still exactly these.")
        self.text.setText(self.tr("Trained on data {hash}. {since}").format(hash=found.data_hash, since=since))
        then = runs.snapshot(project, run)
        table = project.images()
        label = dict(zip(table.path, table.label_names(), strict=True))
        shown = list(dict.fromkeys([*found.relabeled, *found.moved, *found.added, *found.gone]))

        def item(i: int) -> GridItem:
            path = shown[i]
            before, now = then.get(path, (None, None)), label.get(path)
            if path in found.relabeled:
                caption = f"{before[0]} → {now}"
            else:
                caption = self.tr("other split") if path in then and path in label and now == before[0] else (
                    self.tr("new") if path not in then else self.tr("gone"))
            return GridItem(i, str(project.image_root / path), path, caption)

        self.grid.items.show(len(shown), item)
        self.grid.setVisible(bool(shown))
