"""What copying or moving into class folders would do, before it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine import sorting
from dlgui.engine.answers import Answer
from dlgui.engine.progress import Progress
from dlgui.engine.sorting import Plan
from dlgui.errors import DlguiError
from dlgui.gui.apply.decisions import word_of
from dlgui.gui.jobs import Jobs
from dlgui.gui.widgets import button, named
from dlgui.gui.words import breakable, tip

_LISTED = 2000
"""Files that are listed at most, over all classes."""


@dataclass(frozen=True)
class _Preview:
    """A plan, and the first (title, target) of each class folder."""

    plan: Plan
    listed: dict[str, list[tuple[str, str]]]


def _previewed(answers: Sequence[Answer], names: Callable[[Answer], str], folder: str, move: bool,
               progress: Progress) -> _Preview:
    plan = sorting.plan([(a.path, names(a)) for a in answers], folder, move, progress)
    titles = {Path(a.path).absolute(): a.title for a in answers}
    listed: dict[str, list[tuple[str, str]]] = {name: [] for name in sorted(plan.counts)}
    most = max(_LISTED // len(listed), 5)
    for step in plan.steps:
        rows = listed[step.target.parent.name]
        if len(rows) < most:
            rows.append((titles[step.source], f"{step.target.parent.name}/{step.target.name}"))
    return _Preview(plan, listed)


class SortDialog(QDialog):
    """Asks where to and how, and lists what would happen. `plan` holds what was agreed to."""

    def __init__(self, jobs: Jobs, answers: Sequence[Answer], folder: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sortDialog")
        self.setWindowTitle(self.tr("Into class folders"))
        self.resize(720, 520)
        self._jobs, self._answers = jobs, [a for a in answers if a.confidences is not None]
        self.plan: Plan | None = None
        self.folder = named(QLineEdit(folder), "sortFolder", self.tr("Folder that will hold a folder for each class"))
        self.folder.setPlaceholderText(self.folder.toolTip())
        self.mode = named(QComboBox(), "sortMode", self.tr("Whether the files stay where they are as well"))
        self.mode.addItem(self.tr("copy"), False)
        self.mode.addItem(self.tr("move"), True)
        self.apart = named(QCheckBox(self.tr("What is not sure or unknown goes into folders of its own")), "sortApart",
                           self.tr("Folders “not sure” and “unknown” instead of the predicted class's"))
        self.apart.setChecked(True)
        self.list = named(QTreeWidget(), "sortPreview", self.tr("What would be done"))
        self.list.setHeaderLabels([self.tr("file"), self.tr("would go to")])
        self.list.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.list.setColumnWidth(0, 330)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # the names of the files are at the end
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        named(self.go, "sortGoButton", self.tr("Do what is listed; it can be undone"))
        named(self.buttons.button(QDialogButtonBox.StandardButton.Cancel), "sortCancelButton", self.tr("Do nothing"))
        row = QHBoxLayout()
        row.addWidget(self.mode)
        row.addWidget(QLabel(self.tr("to")))
        row.addWidget(self.folder, 1)
        row.addWidget(button("sortBrowseButton", self.tr("Browse…"), self.tr("Choose the folder"), self._browse))
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.apart)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.note)
        layout.addWidget(self.buttons)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.folder.textChanged.connect(lambda _: self.preview())
        self.mode.currentIndexChanged.connect(lambda _: self.preview())
        self.apart.toggled.connect(lambda _: self.preview())
        self.preview()

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder"))
        if folder:
            self.folder.setText(folder)

    def preview(self) -> None:
        """Plans anew and lists the plan, which takes a while for many files."""
        self.list.clear()
        self.plan = None
        self.go.setEnabled(False)
        move, apart, text = bool(self.mode.currentData()), self.apart.isChecked(), self.folder.text().strip()
        self.go.setText(self.tr("Move") if move else self.tr("Copy"))
        if not text or not Path(text).is_absolute():
            self._jobs.drop("sort preview")
            self.note.setText(self.tr("Choose a folder."))
            return

        def name(a: Answer) -> str:
            return a.predicted if a.decision == "accepted" or not apart else word_of(a.decision)

        self.note.setText(self.tr("looking …"))
        self._jobs.start("sort preview", self.tr("preview"), lambda job: _previewed(
            self._answers, name, text, move, job.progress), done=self._show, failed=self._cannot, quiet=True)

    def _cannot(self, problem: Exception) -> None:
        if not isinstance(problem, DlguiError):
            raise problem
        self.note.setText(breakable(f"{problem.why}; {problem.remedy}"))

    def done(self, result: int) -> None:
        self._jobs.drop("sort preview")
        super().done(result)

    def _show(self, found: _Preview) -> None:
        plan = self.plan = found.plan
        self.go.setEnabled(True)
        for name, count in sorted(plan.counts.items()):
            top = QTreeWidgetItem([self.tr("1 file") if count == 1 else self.tr("{n} files").format(n=count), name])
            self.list.addTopLevelItem(top)
            listed = found.listed[name]
            for texts in listed:
                item = QTreeWidgetItem(list(texts))
                for column, text in enumerate(texts):
                    item.setToolTip(column, tip(text))
                top.addChild(item)
            if count > len(listed):
                top.addChild(QTreeWidgetItem([self.tr("and {n} more").format(n=count - len(listed))]))
            top.setExpanded(len(plan.counts) <= 4)
        files, folders = len(plan.steps), len(plan.counts)
        self.note.setText(self.tr("{files} would be {done} into {folders}. Nothing has been done yet; afterwards a "
                                  "manifest in the folder undoes it.").format(
            files=self.tr("1 file") if files == 1 else self.tr("{n} files").format(n=files),
            done=self.tr("moved") if plan.move else self.tr("copied"),
            folders=self.tr("1 folder") if folders == 1 else self.tr("{n} folders").format(n=folders)))
