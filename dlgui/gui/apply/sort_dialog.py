"""What copying or moving into class folders would do, before it is done."""

from __future__ import annotations

from collections.abc import Sequence
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
from dlgui.engine.sorting import Plan
from dlgui.errors import DlguiError
from dlgui.gui.apply.decisions import word_of
from dlgui.gui.widgets import button, named
from dlgui.gui.words import breakable

_LISTED = 200


class SortDialog(QDialog):
    """Asks where to and how, and lists what would happen. `plan` holds what was agreed to."""

    def __init__(self, answers: Sequence[Answer], folder: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sortDialog")
        self.setWindowTitle(self.tr("Into class folders"))
        self.resize(720, 520)
        self._answers = [a for a in answers if a.confidences is not None]
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
        """Plans anew and lists the plan."""
        self.list.clear()
        self.plan = None
        move = bool(self.mode.currentData())
        self.go.setText(self.tr("Move") if move else self.tr("Copy"))
        text = self.folder.text().strip()
        if not text or not Path(text).is_absolute():
            self.note.setText(self.tr("Choose a folder."))
        else:
            try:
                self.plan = sorting.plan([(a.path, self._name(a)) for a in self._answers], text, move)
            except DlguiError as problem:
                self.note.setText(breakable(f"{problem.why}; {problem.remedy}"))
        self.go.setEnabled(self.plan is not None)
        if self.plan is not None:
            self._show(self.plan)

    def _name(self, a: Answer) -> str:
        return a.predicted if a.decision == "accepted" or not self.apart.isChecked() else word_of(a.decision)

    def _show(self, plan: Plan) -> None:
        titles = {Path(a.path): a.title for a in self._answers}
        for name, count in sorted(plan.counts.items()):
            top = QTreeWidgetItem([self.tr("1 file") if count == 1 else self.tr("{n} files").format(n=count), name])
            self.list.addTopLevelItem(top)
            steps = [s for s in plan.steps if s.target.parent.name == name]
            for step in steps[:_LISTED]:
                title = titles.get(step.source, str(step.source))
                item = QTreeWidgetItem([title, f"{name}/{step.target.name}"])
                item.setToolTip(0, title)
                item.setToolTip(1, item.text(1))
                top.addChild(item)
            if len(steps) > _LISTED:
                top.addChild(QTreeWidgetItem([self.tr("and {n} more").format(n=len(steps) - _LISTED)]))
            top.setExpanded(len(plan.counts) <= 4)
        done = self.tr("moved") if plan.move else self.tr("copied")
        self.note.setText(self.tr("{n} files would be {done} into {c} folders. Nothing has been done yet; afterwards a "
                                  "manifest in the folder undoes it.").format(n=len(plan.steps), done=done,
                                                                              c=len(plan.counts)))
