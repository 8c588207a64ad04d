"""Making, opening, importing and finding again: what the File menu does with projects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from dlgui.errors import DlguiError
from dlgui.gui.commands import Command
from dlgui.gui.session import Session
from dlgui.project.project import Project

if TYPE_CHECKING:
    from dlgui.project.operations.images import ImportReport


class ProjectDesk(QObject):
    """The project commands of the window, and what is dropped on it.

    Signals:
        show_paths: these images shall be shown in the Data tab.

    Args:
        session: holds the project.
        tell: shows a sentence in the status bar.
        window: parent of the dialogs.
    """

    show_paths = Signal(list)

    def __init__(self, session: Session, tell: Callable[[str], None], window: QWidget) -> None:
        super().__init__(window)
        self.session, self._tell, self._window = session, tell, window

    def commands(self) -> list[Command]:
        """What the menus offer here."""
        return [
            Command("actionNewProject", "file", self.tr("New project…"), self.new, "Ctrl+N", False, icon="new"),
            Command("actionOpenProject", "file", self.tr("Open project…"), self.open_dialog, "Ctrl+O", False,
                    icon="open"),
            Command("actionCloseProject", "file", self.tr("Close project"), self.session.close, "Ctrl+W", icon="close"),
            Command("actionImportFolder", "file", self.tr("Import folder…"), self.import_folder, "Ctrl+I", False, True,
                    icon="import"),
            Command("actionImportCsv", "file", self.tr("Import CSV…"), self.import_csv, "Ctrl+Shift+I", False),
            Command("actionRescan", "data", self.tr("Look at the image folder again"), self.rescan, "F5",
                    icon="refresh"),
            Command("actionRelocate", "data", self.tr("Image folder has moved…"), self.relocate, "Ctrl+D, M",
                    icon="folder")]

    def new(self, images: Path | None = None) -> None:
        """Asks for images and makes a project of them."""
        from dlgui.gui.data.import_dialog import ImportDialog

        dialog = ImportDialog(self.session.jobs, images, self._window)
        if dialog.exec():
            self.create(Path(dialog.folder.text()), Path(dialog.images.text()), dialog.label_source())

    def create(self, folder: Path, images: Path, source: str) -> None:
        """Makes a project off the window's thread and opens it."""
        self.session.jobs.start(
            "create", self.tr("importing"), lambda job: Project.create(folder, images, source, job.progress),
            done=self.session.adopt, cancelled=lambda: self._tell(self.tr(
                "Import cancelled; the project can be opened and goes on with F5.")))

    def demo(self) -> None:
        """A project on the demo's images beside the user's documents."""
        from dlgui.project.demo import demo_images

        try:
            images = demo_images()
        except DlguiError as problem:
            self.session.problem.emit(problem)
            return
        folder = Path.home() / "dlgui-demo.dlproj"
        if (folder / "project.sqlite").exists():
            self.session.open_soon(folder)
        else:
            self.create(folder, images, "last_folder")

    def open_dialog(self) -> None:
        """Asks for a project."""
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Open project"))
        if folder:
            self.session.open_soon(Path(folder))

    def import_folder(self) -> None:
        """A new project from a folder."""
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Folder of images"))
        if folder:
            self.new(Path(folder))

    def import_csv(self) -> None:
        """Labels from a CSV: into the open project, or a new one."""
        path, _ = QFileDialog.getOpenFileName(self._window, self.tr("CSV file"), "", "CSV (*.csv)")
        if path:
            self.take(Path(path))

    def dropped(self, data: QMimeData) -> None:
        """Takes what was dropped on the window."""
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if paths:
            self.take(paths[0])

    def take(self, path: Path) -> None:
        """Opens a project, a CSV or a folder of images."""
        if (path / "project.sqlite").exists() or path.name == "project.sqlite":
            self.session.open_soon(path if path.is_dir() else path.parent)
        elif path.suffix.lower() == ".csv" and self.session.project is not None:
            self.rescan(f"csv:{path}")
        elif path.is_dir() or path.suffix.lower() == ".csv":
            self.new(path)
        else:
            self._tell(self.tr("Drop a folder of images, a CSV or a project."))

    def rescan(self, source: str | None = None, overwrite: bool = False) -> None:
        """Looks at the image folder again; labels that are there stay, unless those of the source are asked for."""
        project = self.session.project
        if project is None:
            return
        from dlgui.project.operations import images

        self.session.jobs.start(
            "rescan", self.tr("importing"),
            lambda job: images.import_folder(project, source, overwrite=overwrite, progress=job.progress),
            done=lambda report: self._rescanned(report, source),
            cancelled=lambda: self._tell(self.tr("Cancelled; F5 goes on where it was.")))

    def _rescanned(self, report: ImportReport, source: str | None) -> None:
        if not report.any and not report.rejected and not report.notes and not (source and report.kept):
            self._tell(self.tr("Nothing has changed in the image folder."))
            return
        from dlgui.gui.data.rescan_dialog import RescanDialog

        self._tell(self.tr("{a} new, {r} gone, {b} back, {c} changed, {n} labeled").format(
            a=report.added, r=report.removed, b=report.restored, c=report.changed, n=report.labeled))
        dialog = RescanDialog(report, source, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.overwrite.connect(lambda: self.rescan(source, True))
        dialog.show_paths.connect(self.show_paths)
        dialog.show()

    def opened(self, project: Project | None) -> None:
        """Asks for the image folder where an opened project has lost it."""
        if project is not None and not project.read_only and len(project.images()) and not project.image_root.is_dir():
            self.relocate()

    def relocate(self) -> None:
        """Asks where the images are now."""
        from dlgui.gui.data.relocate_dialog import RelocateDialog
        from dlgui.project.operations import images

        project = self.session.project
        if project is None:
            return
        dialog = RelocateDialog(self.session, project, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def accepted() -> None:
            if self.session.do(images.relocate, dialog.chosen()) is not None:
                self.rescan()

        dialog.accepted.connect(accepted)
        dialog.open()
