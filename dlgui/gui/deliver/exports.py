"""The commands by which something leaves the project or comes back: models, reports, scripts, data, whole projects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QFileDialog, QWidget

from dlgui.gui.commands import Command
from dlgui.gui.deliver.data_import import DataImport
from dlgui.gui.scenes import Scene
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import named
from dlgui.project.operations import runs
from dlgui.project.operations.runs import Run


class Exports(QObject):
    """The export and exchange commands of the window.

    Args:
        session: holds the project.
        chosen: gives the run that is selected in the window, or None.
        tell: shows a sentence in the status bar.
        pictures: thumbnails for what is to be reviewed.
        window: parent of the dialogs.
    """

    def __init__(self, session: Session, chosen: Callable[[], Run | None], tell: Callable[[str], None],
                 pictures: Thumbnails, window: QWidget) -> None:
        super().__init__(window)
        self.session, self._chosen, self._tell, self._window = session, chosen, tell, window
        self._pictures = pictures
        self.data_import = DataImport(session, tell, window)

    def commands(self) -> list[Command]:
        """What the menus offer here."""
        return [
            Command("actionExportModel", "file", self.tr("Export model…"), self.export_model, "Ctrl+E", True, True,
                    icon="export"),
            Command("actionExportReport", "file", self.tr("Export report…"), self.export_report, "Ctrl+R",
                    icon="report"),
            Command("actionExportScript", "file", self.tr("Export script…"), self.export_script, "Ctrl+Shift+E",
                    icon="script"),
            Command("actionExportData", "file", self.tr("Export data set…"), self.export_data, "Ctrl+P, E", True, True),
            Command("actionImportData", "file", self.tr("Import data set…"), self.data_import.ask, "Ctrl+P, I", False),
            Command("actionReviewCorrections", "file", self.tr("Review corrections of a report…"),
                    self.review_corrections, "Ctrl+P, C"),
            Command("actionPackProject", "file", self.tr("Pack project into one file…"), self.pack_project,
                    "Ctrl+P, P", True, True),
            Command("actionUnpackProject", "file", self.tr("Unpack project…"), self.unpack_project, "Ctrl+P, U", False)]

    def scenes(self) -> list[Scene]:
        """Dialogs worth a picture."""
        made: list[Scene] = []
        if self._run(quiet=True) is not None:
            made += [Scene("export_model", self._export_dialog), Scene("report", self._report_dialog)]
        return [*made, Scene("export_data", self._data_dialog), Scene("import_data", self.data_import.question),
                Scene("journal", lambda: self._show_journal(True), lambda: self._show_journal(False))]

    def _show_journal(self, on: bool) -> None:
        panel = self._window.findChild(QWidget, "journalPanel")
        if panel is not None:
            panel.setVisible(on)

    def _run(self, quiet: bool = False) -> Run | None:
        """The selected run where it has a model, else the newest that has one."""
        chosen = self._chosen()
        if chosen is not None and chosen.model.exists():
            return chosen
        project = self.session.project
        if quiet and project is not None and not any(r.model.exists() for r in runs.all_runs(project)):
            return None
        return self.session.do(runs.get)

    def _beside(self, name: str) -> str:
        """A file of this name beside the project, which dialogs propose."""
        project = self.session.project
        return name if project is None else str(project.folder.parent / name)

    def _export_dialog(self) -> QDialog | None:
        from dlgui.gui.deliver.export_dialog import ExportDialog

        run, project = self._run(), self.session.project
        return None if run is None or project is None else ExportDialog(self.session, project, run, self._window)

    def _report_dialog(self) -> QDialog | None:
        from dlgui.gui.deliver.report_dialog import ReportDialog

        run, project = self._run(), self.session.project
        return None if run is None or project is None else ReportDialog(self.session, project, run, self._window)

    def _data_dialog(self) -> QDialog | None:
        from dlgui.gui.deliver.data_dialog import DataExportDialog

        project = self.session.project
        return None if project is None else DataExportDialog(self.session, project, self._window)

    def _open(self, dialog: QDialog | None) -> None:
        if dialog is not None:
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.open()

    def dropped(self, data: QMimeData) -> bool:
        """Takes a packed project or the corrections of a report that was dropped; says whether it was one."""
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        return len(paths) == 1 and self.take(paths[0])

    def take(self, path: Path) -> bool:
        """Opens a packed project or the corrections of a report; says whether it was one."""
        from dlgui.project.operations import archive, corrections

        if path.suffix.lower() == ".zip" and archive.is_archive(path):
            self._unpack(path)
            return True
        if self.session.project is not None and corrections.is_corrections(path):
            self.show_corrections(path)
            return True
        return False

    def export_model(self) -> None:
        """Writes a run's model in a form for other programs."""
        self._open(self._export_dialog())

    def export_report(self) -> None:
        """Shows a run's report and writes it."""
        self._open(self._report_dialog())

    def export_script(self) -> None:
        """Writes the project's history as a script."""
        from dlgui.project.operations import scripts

        path, _ = QFileDialog.getSaveFileName(self._window, self.tr("Export script"), self._beside("history.py"),
                                              "Python (*.py)")
        if path:
            self.session.do(scripts.write, path)

    def export_data(self) -> None:
        """Writes the data set in the form of another program."""
        self._open(self._data_dialog())

    def review_corrections(self) -> None:
        """Asks for what somebody marked in a report."""
        path, _ = QFileDialog.getOpenFileName(self._window, self.tr("Corrections of a report"), "", "JSON (*.json)")
        if path:
            self.show_corrections(Path(path))

    def show_corrections(self, path: Path) -> QDialog | None:
        """Shows the proposals of a file."""
        from dlgui.gui.deliver.corrections_dialog import open_corrections

        dialog = open_corrections(self.session, self._pictures, path, self._window)
        self._open(dialog)
        return dialog

    def pack_project(self) -> None:
        """Asks for a file, and whether the images go along."""
        project = self.session.project
        if project is None:
            return
        dialog = QFileDialog(self._window, self.tr("Pack project into one file"),
                             self._beside(f"{project.name}.zip"), "ZIP (*.zip)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.setDefaultSuffix("zip")
        images = named(QCheckBox(self.tr("Take the image files along")), "packImages", self.tr(
            "Without them the archive is small, and the other computer needs the same images"))
        images.setChecked(True)
        layout = dialog.layout()
        if layout is not None:
            layout.addWidget(images)
        if dialog.exec():
            self.pack_to(Path(dialog.selectedFiles()[0]), images.isChecked())

    def pack_to(self, path: Path, images: bool) -> None:
        """Writes the whole project into one file."""
        from dlgui.project.operations import archive

        project = self.session.project
        if project is not None:
            self.session.jobs.start("pack", self.tr("packing"), lambda job: archive.pack(
                project, path, images, job.progress), done=lambda count: self._tell(self.tr(
                    "{path} written, {n} files").format(path=path, n=count)))

    def unpack_project(self) -> None:
        """Asks for a packed project and where it shall be."""
        path, _ = QFileDialog.getOpenFileName(self._window, self.tr("Packed project"), "", "ZIP (*.zip)")
        if path:
            self._unpack(Path(path))

    def _unpack(self, path: Path) -> None:
        name, _ = QFileDialog.getSaveFileName(self._window, self.tr("New project"),
                                              str(path.parent / f"{path.stem}.dlproj"))
        if name:
            self.unpack_to(path, Path(name))

    def unpack_to(self, path: Path, folder: Path) -> None:
        """Makes a project of a packed one and opens it."""
        from dlgui.project.operations import archive

        self.session.jobs.start("create", self.tr("unpacking"), lambda job: archive.unpack(
            path, folder, progress=job.progress), done=self.session.adopt)
