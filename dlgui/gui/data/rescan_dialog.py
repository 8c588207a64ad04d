"""What has changed in the image folder since it was looked at last."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from dlgui.gui.widgets import button, named
from dlgui.project.operations.images import ImportReport

MOST = 500
"""So many files of a kind are listed."""


class RescanDialog(QDialog):
    """Lists added, vanished, returned and changed files.

    Args:
        report: what was found.
        source: the label source that was asked for; None: the project's own.

    Signals:
        show_paths: these images shall be shown in the Data tab.
        overwrite: the labels of the source shall replace those that are there.
    """

    show_paths = Signal(list)
    overwrite = Signal()

    def __init__(self, report: ImportReport, source: str | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rescanDialog")
        self.setWindowTitle(self.tr("Labels were imported") if source else self.tr("The image folder has changed"))
        self.resize(640, 460)
        self.tree = named(QTreeWidget(), "rescanTree", self.tr("Files that are new, gone, back or changed"))
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.tree.setHeaderHidden(True)
        self.tree.itemActivated.connect(lambda item: self._show(item))
        for title, paths in ((self.tr("new"), report.paths["added"]), (self.tr("gone: the labels are kept"),
                             report.paths["removed"]), (self.tr("back"), report.paths["restored"]),
                             (self.tr("changed: read again, the labels are kept"), report.paths["changed"]),
                             (self.tr("rows of the CSV that cannot be used"),
                              [f"{path}: {reason}" for path, reason in report.rejected])):
            if paths:
                top = QTreeWidgetItem([f"{title}   {len(paths):,}"])
                top.addChildren([QTreeWidgetItem([path]) for path in paths[:MOST]])
                self.tree.addTopLevelItem(top)
                top.setExpanded(len(paths) <= 20)
        self._paths = [path for kind in ("added", "removed", "restored", "changed") for path in report.paths[kind]]
        head = QLabel("\n".join(self._sentences(report, source)))
        head.setWordWrap(True)
        head.setTextFormat(Qt.TextFormat.PlainText)
        head.setAlignment(Qt.AlignmentFlag.AlignTop)
        if not self.tree.topLevelItemCount():
            self.tree.hide()
            self.resize(640, 180)
        below = QHBoxLayout()
        show = button("rescanShow", self.tr("Show these images"), self.tr("Show them in the Data tab"),
                      self._show_all, True)
        show.setEnabled(bool(self._paths))
        below.addWidget(show)
        if source and report.kept:
            below.addWidget(button("rescanOverwrite", self.tr("Take the source's labels"), self.tr(
                "Replaces the labels of the images that have another one; this can be undone"), self._overwrite))
        below.addStretch()
        below.addWidget(button("rescanClose", self.tr("Close"), self.tr("Close this dialog"), self.accept))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 14, 14, 12)
        layout.addWidget(head)
        layout.addWidget(self.tree, 1)
        layout.addLayout(below)

    def _sentences(self, report: ImportReport, source: str | None) -> list[str]:
        """What happened to labels and splits."""
        said = [self.tr("No label was lost.")]
        if report.labeled:
            said.append(self.tr("{n:,} images got a label from the label source.").format(n=report.labeled))
        if report.divided:
            said.append(self.tr("{n:,} images got a split or a group from it.").format(n=report.divided))
        if source and report.kept:
            said.append(self.tr("{n:,} images keep the label that they have, though the source names another.").format(
                n=report.kept))
        return said + report.notes

    def _overwrite(self) -> None:
        self.overwrite.emit()
        self.accept()

    def _show_all(self) -> None:
        self.show_paths.emit(self._paths)
        self.accept()

    def _show(self, item: QTreeWidgetItem) -> None:
        if item.parent() is not None:
            self.show_paths.emit([item.text(0)])
