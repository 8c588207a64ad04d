"""Finds a moved image folder again; says how many of the images are there before anything is changed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from dlgui.gui.drops import Drops
from dlgui.gui.session import Session
from dlgui.gui.widgets import button, named
from dlgui.project.operations import images
from dlgui.project.project import Project


class RelocateDialog(QDialog):
    """Asks where the images are now; starts with a guess."""

    def __init__(self, session: Session, project: Project, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self._project = session, project
        self._found = 0
        self.setObjectName("relocateDialog")
        self.setWindowTitle(self.tr("Where are the images?"))
        self.resize(620, 220)
        root = project.image_root
        head = QLabel(self.tr("The images of this project were in\n{root}\n{state}").format(
            root=root, state=self.tr("That folder is gone. Labels and results are safe; tell where the images are now.")
            if not root.is_dir() else self.tr("Choose another folder that holds the same images.")))
        head.setWordWrap(True)
        head.setTextFormat(Qt.TextFormat.PlainText)
        self.folder = named(QLineEdit(), "relocateFolder", self.tr("Folder that holds the images now"))
        self.folder.setPlaceholderText(self.tr("Folder that holds the images now"))
        self.folder.textChanged.connect(lambda _: self._look())
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(button("relocateBrowse", self.tr("Browse…"), self.tr("Choose the folder"), self._browse))
        self.note = QLabel()
        self.note.setProperty("soft", True)
        self.note.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        use = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        use.setText(self.tr("Use this folder"))
        use.setProperty("primary", True)
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(self.tr("Not now"))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.addWidget(head)
        layout.addLayout(row)
        layout.addWidget(self.note)
        layout.addStretch()
        layout.addWidget(self.buttons)
        Drops(self, lambda path: self.folder.setText(str(path)))
        self._told(0)
        self.session.jobs.start("relocate guess", self.tr("looking for the images"),
                                lambda job: images.guess_root(project), quiet=True, done=self._guessed)

    def chosen(self) -> Path:
        """The folder."""
        return Path(self.folder.text().strip())

    def _guessed(self, folder: Path | None) -> None:
        if folder is not None and not self.folder.text():
            self.folder.setText(str(folder))

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Where are the images now?"), self.folder.text())
        if folder:
            self.folder.setText(folder)

    def _look(self) -> None:
        folder, project = self.chosen(), self._project
        self._told(0)
        if self.folder.text().strip():
            self.session.jobs.start("relocate look", self.tr("looking for the images"),
                                    lambda job: images.count_found(project, folder), quiet=True, done=self._told)

    def _told(self, found: int) -> None:
        self._found, total = found, len(images.in_folder(self._project))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(found > 0)
        self.note.setText(self.tr("{n} of {total} images are there.").format(n=f"{found:,}", total=f"{total:,}")
                          if self.folder.text().strip() else "")

    def done(self, result: int) -> None:
        """Ends what is still looking."""
        for kind in ("relocate guess", "relocate look"):
            self.session.jobs.drop(kind)
        super().done(result)
