"""Two runs image by image: which images one has right and the other wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from dlgui.gui.grid_model import GridItem
from dlgui.gui.image_grid import ImageGrid
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import Choice, button, named
from dlgui.gui.words import shortened
from dlgui.project.operations import comparison
from dlgui.project.operations.comparison import Disagreement
from dlgui.project.operations.runs import Run

GROUPS = ((True, False), (False, True), (False, False), (True, True))


class DisagreementView(QWidget):
    """A, B, the split, the group of images; counts and whether the difference is more than chance.

    Signals:
        images_wanted: paths of images that the Data tab shall show.
    """

    images_wanted = Signal(list)
    job = "disagreement"

    def __init__(self, session: Session, thumbnails: Thumbnails, chosen: Sequence[Run],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.found = session, None  # type: Session, Disagreement | None
        self._asked: tuple[str, str, str] | None = None
        self.a = named(Choice(16), "firstRunBox", self.tr("First run"))
        self.b = named(Choice(16), "secondRunBox", self.tr("Second run"))
        for box in (self.a, self.b):
            for run in chosen:
                box.addItem(run.name or run.id, run)
        self.b.setCurrentIndex(1)
        self.split = named(QComboBox(), "comparisonSplitBox", self.tr("Images that are compared"))
        for text, value in ((self.tr("test"), "test"), (self.tr("validation"), "validation"),
                            (self.tr("train"), "train"), (self.tr("all"), "all")):
            self.split.addItem(text, value)
        self.group = named(Choice(28), "disagreementGroup", self.tr("Which images are shown"))
        self.text = QLabel()
        self.text.setObjectName("disagreementText")
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.grid = ImageGrid("disagreementGrid", thumbnails)
        self.grid.setToolTip(self.tr("Below each image its class and what the run that errs says. Double-click: show "
                                     "it in the Data tab."))
        self.grid.when_empty = self.tr("No image is judged so.")
        self.show_all = button("showDisagreementButton", self.tr("Show in the Data tab"), self.tr(
            "Shows the selected images in the Data tab, or all of this group where none is selected"), self._want)
        self._build()
        for chooser in (self.a, self.b, self.split):
            chooser.currentIndexChanged.connect(lambda _: self.begin())
        self.group.currentIndexChanged.connect(lambda _: self._show_group())
        self.grid.when_opened(lambda item: self.images_wanted.emit([item.name]))
        self.grid.menu.connect(self._fill_menu)

    def _build(self) -> None:
        row, below = QHBoxLayout(), QHBoxLayout()
        for text, box, share in ((self.tr("A"), self.a, 1), (self.tr("B"), self.b, 1), (self.tr("on"), self.split, 0)):
            row.addWidget(QLabel(text))
            row.addWidget(box, share)
        row.addSpacing(12)
        row.addWidget(self.group, 2)
        below.addWidget(self.text, 1)
        below.addWidget(self.show_all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.addLayout(row)
        layout.addLayout(below)
        layout.addWidget(self.grid, 1)

    def _fill_menu(self, menu: QMenu) -> None:
        menu.addAction(self.show_all.text(), self._want)

    def _want(self) -> None:
        rows = self.grid.selected() or range(self.grid.items.rowCount())
        self.images_wanted.emit([self.grid.items.item(row).name for row in rows])

    def begin(self) -> None:
        """Compares what is chosen, off the window's thread."""
        project, a, b, split = (self.session.project, self.a.currentData(), self.b.currentData(),
                                self.split.currentData())
        if project is None or (a.id, b.id, split) == self._asked:
            return
        self._asked = a.id, b.id, split
        self._clear(self.tr("Comparing …"))
        self.session.jobs.start(self.job, self.tr("comparing runs"), lambda job: comparison.disagreement(
            project, a, b, split, job.progress), done=self._show, failed=self._failed, cancelled=self._cancelled)

    def _clear(self, text: str) -> None:
        self.found = None
        self.text.setText(text)
        self.group.clear()
        self.grid.items.show(0, None)
        self.show_all.setEnabled(False)

    def _failed(self, problem: Exception) -> None:
        self._asked = None
        self._clear(str(problem))
        self.session.unexpected(problem)

    def _cancelled(self) -> None:
        self._asked = None
        self._clear(self.tr("Cancelled; choose the runs again."))

    def _show(self, found: Disagreement) -> None:
        self.found = found
        a, b = (shortened(box.currentText(), 24) for box in (self.a, self.b))
        names = (self.tr("only {a} right ({n})"), self.tr("only {b} right ({n})"), self.tr("both wrong ({n})"),
                 self.tr("both right ({n})"))
        counts = [len(found.rows(*group)) for group in GROUPS]
        self.group.blockSignals(True)
        self.group.clear()
        for text, n in zip(names, counts, strict=True):
            self.group.addItem(text.format(a=a, b=b, n=n))
        self.group.setCurrentIndex(int(np.argmax([c > 0 for c in counts])) if any(counts) else 0)
        self.group.blockSignals(False)
        self.text.setText(self._verdict(found, a, b, counts))
        self._show_group()

    def _verdict(self, found: Disagreement, a: str, b: str, counts: Sequence[int]) -> str:
        text = self.tr("{n} images: {a} errs on {x}, {b} on {y}.").format(
            n=len(found.paths), a=a, b=b, x=counts[1] + counts[2], y=counts[0] + counts[2])
        if counts[0] != counts[1]:
            text += " " + (self.tr("{better} is better; the difference is more than chance.") if found.p_value < 0.05
                           else self.tr("{better} is better; the difference may well be chance.")).format(
                better=a if counts[0] > counts[1] else b)
        return text + " " + self.tr("p = {p:.2g} (McNemar).").format(p=found.p_value)

    def _show_group(self) -> None:
        project, found = self.session.project, self.found
        if project is None or found is None or self.group.currentIndex() < 0:
            return
        group = GROUPS[self.group.currentIndex()]
        rows = found.rows(*group)
        colours = {info.name: info.colour for info in project.classes()}
        said = found.of_b if group == (True, False) else found.of_a

        def item(i: int) -> GridItem:
            k = int(rows[i])
            wrong = said[k] != found.truth[k]
            return GridItem(i, str(project.image_root / found.paths[k]), found.paths[k],
                            f"{found.truth[k]} ≠ {said[k]}" if wrong else found.truth[k],
                            colours.get(found.truth[k], ""), tip=self.tr("{path}\nclass {t}\nA says {a}\nB says {b}")
                            .format(path=found.paths[k], t=found.truth[k], a=found.of_a[k], b=found.of_b[k]))

        self.grid.items.show(len(rows), item)
        self.grid.setAccessibleDescription(self.group.currentText())
        self.show_all.setEnabled(bool(len(rows)))
