"""Two runs image by image: which images one has right and the other wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from dlgui.gui.image_grid import GridItem, ImageGrid
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import named
from dlgui.project.operations import comparison
from dlgui.project.operations.comparison import Disagreement
from dlgui.project.operations.runs import Run

GROUPS = ((True, False), (False, True), (False, False), (True, True))


class DisagreementView(QWidget):
    """A, B, the split, the group of images; counts and whether the difference is more than chance."""

    def __init__(self, session: Session, thumbnails: Thumbnails, chosen: Sequence[Run],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.found = session, None  # type: Session, Disagreement | None
        self._asked: tuple[str, str, str] | None = None
        self.a = named(QComboBox(), "firstRunBox", self.tr("First run"))
        self.b = named(QComboBox(), "secondRunBox", self.tr("Second run"))
        for box in (self.a, self.b):
            for run in chosen:
                box.addItem(run.name or run.id, run)
        self.b.setCurrentIndex(1)
        self.split = named(QComboBox(), "comparisonSplitBox", self.tr("Images that are compared"))
        for text, value in ((self.tr("test"), "test"), (self.tr("validation"), "validation"),
                            (self.tr("train"), "train"), (self.tr("all"), "all")):
            self.split.addItem(text, value)
        self.group = named(QComboBox(), "disagreementGroup", self.tr("Which images are shown"))
        self.group.setMinimumContentsLength(34)
        self.text = QLabel()
        self.text.setObjectName("disagreementText")
        self.text.setWordWrap(True)
        self.grid = ImageGrid("disagreementGrid", thumbnails)
        row = QHBoxLayout()
        for text, widget in ((self.tr("A"), self.a), (self.tr("B"), self.b), (self.tr("on"), self.split)):
            row.addWidget(QLabel(text))
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.group)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.text)
        layout.addWidget(self.grid, 1)
        for box in (self.a, self.b, self.split):
            box.currentIndexChanged.connect(lambda _: self.compare())
        self.group.currentIndexChanged.connect(lambda _: self._show_group())

    def compare(self) -> None:
        """Compares what is chosen, off the window's thread."""
        project, a, b, split = (self.session.project, self.a.currentData(), self.b.currentData(),
                                self.split.currentData())
        if project is None or (a.id, b.id, split) == self._asked:
            return
        self._asked = a.id, b.id, split
        self.text.setText(self.tr("Comparing …"))
        self.session.jobs.start("comparison", self.tr("comparing runs"), lambda job: comparison.disagreement(
            project, a, b, split, job.progress), done=self._show, failed=self._failed)

    def _failed(self, problem: Exception) -> None:
        self._asked = None
        self.text.setText(str(problem))

    def _show(self, found: Disagreement) -> None:
        self.found = found
        a, b = self.a.currentText(), self.b.currentText()
        names = (self.tr("only {a} right ({n})"), self.tr("only {b} right ({n})"), self.tr("both wrong ({n})"),
                 self.tr("both right ({n})"))
        counts = [len(found.rows(*group)) for group in GROUPS]
        self.group.blockSignals(True)
        self.group.clear()
        for text, n in zip(names, counts, strict=True):
            self.group.addItem(text.format(a=a, b=b, n=n))
        self.group.setCurrentIndex(int(np.argmax([c > 0 for c in counts])) if any(counts) else 0)
        self.group.blockSignals(False)
        verdict = self.tr("more than chance") if found.p_value < 0.05 else self.tr("may well be chance")
        better = a if counts[0] > counts[1] else b
        self.text.setText(self.tr("{n} images: {a} errs on {x}, {b} on {y}. {better}p = {p:.2g} (McNemar).").format(
            n=len(found.paths), a=a, b=b, x=counts[1] + counts[2], y=counts[0] + counts[2], p=found.p_value,
            better="" if counts[0] == counts[1] else self.tr("{better} is better; the difference {verdict}: ").format(
                better=better, verdict=self.tr("is ") + verdict if found.p_value < 0.05 else verdict)))
        self._show_group()

    def _show_group(self) -> None:
        project, found = self.session.project, self.found
        if project is None or found is None or self.group.currentIndex() < 0:
            return
        group = GROUPS[self.group.currentIndex()]
        rows = found.rows(*group)
        colours = {info.name: info.colour for info in project.classes()}

        def item(i: int) -> GridItem:
            k = int(rows[i])
            said = found.of_b[k] if group[0] and not group[1] else found.of_a[k]
            return GridItem(i, str(project.image_root / found.paths[k]), found.paths[k],
                            f"{found.truth[k]} ≠ {said}" if said != found.truth[k] else found.truth[k],
                            colours.get(found.truth[k], ""), tip=self.tr("{path}\nclass {t}\nA says {a}\nB says {b}")
                            .format(path=found.paths[k], t=found.truth[k], a=found.of_a[k], b=found.of_b[k]))

        self.grid.items.show(len(rows), item)
        self.grid.setAccessibleDescription(self.group.currentText())
