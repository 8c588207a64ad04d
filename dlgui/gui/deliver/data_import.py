"""A data set comes in: into the open project, or as a new one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QCheckBox, QFileDialog, QMessageBox, QWidget

from dlgui.gui.session import Session
from dlgui.gui.widgets import named
from dlgui.project.operations.exchange import Imported
from dlgui.project.project import Project

LISTED = 500
"""Most entries without a match that are shown."""


class DataImport(QObject):
    """Asks for a data set, takes it, and says what could not be used.

    Args:
        session: holds the project.
        tell: shows a sentence in the status bar.
        window: parent of the dialogs.
    """

    def __init__(self, session: Session, tell: Callable[[str], None], window: QWidget) -> None:
        super().__init__(window)
        self.session, self._tell, self._window = session, tell, window

    def question(self) -> QMessageBox:
        """Asks whether it is a folder or a file, and where it shall go."""
        box = QMessageBox(self._window)
        box.setObjectName("importDataQuestion")
        box.setWindowTitle(self.tr("Import data set"))
        box.setText(self.tr("Is the data set a folder, or one file (CSV, JSON, JSONL)?"))
        for name, text, tip in (("importDataFolder", self.tr("Folder…"), self.tr("Choose the folder of the data set")),
                                ("importDataFile", self.tr("File…"), self.tr("Choose the file of the data set"))):
            named(box.addButton(text, QMessageBox.ButtonRole.AcceptRole), name, tip)
        box.addButton(QMessageBox.StandardButton.Cancel)
        if self.session.project is not None:
            box.setInformativeText(self.tr(
                "What it says of images that the project has replaces what the project says, as one step of undo."))
            anew = QCheckBox(self.tr("Make a new project of it instead"), box)
            box.setCheckBox(named(anew, "importDataAnew", self.tr(
                "Over the images that lie in the data set; the open project stays as it is")))
        return box

    def ask(self) -> None:
        """Asks for a data set and imports it."""
        box = self.question()
        box.exec()
        chosen = box.clickedButton().objectName() if box.clickedButton() is not None else ""
        if chosen == "importDataFolder":
            path = QFileDialog.getExistingDirectory(self._window, self.tr("Folder of the data set"))
        elif chosen == "importDataFile":
            path, _ = QFileDialog.getOpenFileName(self._window, self.tr("File of the data set"), "",
                                                  "*.csv *.json *.jsonl")
        else:
            return
        if path:
            anew = box.checkBox()
            self.take(Path(path), self.session.project is None or (anew is not None and anew.isChecked()))

    def take(self, source: Path, anew: bool = False, folder: Path | None = None) -> None:
        """Imports a data set: into the open project, or `anew` into one in `folder` (asked for)."""
        from dlgui.project.operations import exchange

        project = self.session.project
        if not anew and project is not None:
            self.session.jobs.start("importData", self.tr("importing"),
                                    lambda job: exchange.import_dataset(project, source), done=self._told)
            return
        if folder is None:
            name, _ = QFileDialog.getSaveFileName(self._window, self.tr("New project"),
                                                  str(source.parent / f"{source.stem}.dlproj"))
            folder = Path(name) if name else None
        if folder is not None:
            target = folder
            self.session.jobs.start("create", self.tr("importing"), lambda job: exchange.create_from_dataset(
                target, source, progress=job.progress), done=self._made)

    def _made(self, made: tuple[Project, Imported]) -> None:
        self.session.adopt(made[0])
        self._told(made[1])

    def _told(self, found: Imported) -> None:
        text = self.tr("Images described: {n}; remarks: {m}").format(n=found.matched, m=len(found.rejected))
        self._tell(text)
        if not found.rejected:
            return
        box = QMessageBox(QMessageBox.Icon.Information, self.tr("Import data set"), "",
                          QMessageBox.StandardButton.Ok, self._window)
        box.setObjectName("importDataRejected")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(text + ".")
        path, reason = found.rejected[0]
        box.setInformativeText(self.tr("The first: {path}: {reason}").format(path=path, reason=reason))
        lines = [f"{path}: {reason}" for path, reason in found.rejected[:LISTED]]
        if len(found.rejected) > LISTED:
            lines.append(self.tr("… and {n} more").format(n=len(found.rejected) - LISTED))
        box.setDetailedText("\n".join(lines))
        box.open()
