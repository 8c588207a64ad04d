"""The main window: welcome page or the four tabs, menus, status bar, what is dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QLabel,
    QMainWindow,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QTabWidget,
)

from dlgui.engine.progress import Report
from dlgui.errors import DlguiError
from dlgui.gui import theme
from dlgui.gui.commands import Command, CommandBook
from dlgui.gui.garbage import Collector
from dlgui.gui.jobs import Job
from dlgui.gui.palette import CommandPalette
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.welcome import WelcomePage
from dlgui.gui.words import time_left
from dlgui.project.changes import Changes
from dlgui.project.project import Project


class MainWindow(QMainWindow):
    """Everything the user sees. All state is in the session's project."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setAcceptDrops(True)
        self.resize(1280, 800)
        self.setMinimumSize(1024, 700)
        self.session, self.pictures, self.garbage = Session(self), Thumbnails(self), Collector(self)
        self.welcome = WelcomePage()
        self.tabs = QTabWidget()
        self.tabs.setObjectName("workflowTabs")
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(self.tr("Workflow"))
        self.pages = QStackedWidget()
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(self.tabs)
        self.setCentralWidget(self.pages)
        self.welcome.new.connect(lambda: self.new_project())
        self.welcome.open.connect(lambda: self.open_dialog())
        self.welcome.demo.connect(lambda: self.start_demo())
        self.welcome.recent.connect(lambda path: self.session.open(Path(path)))
        self.session.opened.connect(self._opened)
        self.session.changed.connect(self._changed)
        self.session.problem.connect(self.show_problem)
        self._status_bar()
        self.commands = CommandBook(self)
        self.commands.add(self._window_commands())
        geometry = QSettings().value("geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        self.setWindowTitle("dlgui")

    # --- tabs

    def _make_tabs(self) -> None:
        """The tabs are made when the first project opens, so that the welcome page is up at once."""
        if self.tabs.count():
            return
        from dlgui.gui.apply.tab import ApplyTab
        from dlgui.gui.data.tab import DataTab
        from dlgui.gui.evaluate.tab import EvaluateTab
        from dlgui.gui.train.tab import TrainTab

        self.data_tab, self.train_tab = DataTab(self.session, self.pictures), TrainTab(self.session)
        self.evaluate_tab = EvaluateTab(self.session, self.pictures)
        self.apply_tab = ApplyTab(self.session)
        for tab, name in ((self.data_tab, self.tr("1  Data")), (self.train_tab, self.tr("2  Train")),
                          (self.evaluate_tab, self.tr("3  Evaluate")), (self.apply_tab, self.tr("4  Apply"))):
            self.tabs.addTab(tab, name)
            self.commands.add(tab.commands())
        self.train_tab.show_me.connect(lambda: self.tabs.setCurrentWidget(self.train_tab))
        self.tabs.currentChanged.connect(lambda _: self._changed_tab())

    def all_tabs(self) -> list[Any]:
        """The tabs; each has `refresh`, `apply_changes`, `commands` and `scenes`."""
        return [self.tabs.widget(i) for i in range(self.tabs.count())]

    def _changed_tab(self) -> None:
        if self.tabs.currentWidget() is self.evaluate_tab and self.evaluate_tab.evaluation is None:
            self.evaluate_tab.refresh()

    # --- actions

    def _window_commands(self) -> list[Command]:
        def tab(i: int) -> Callable[[], None]:
            return lambda: self.tabs.setCurrentIndex(i)

        def dress(choice: str) -> Callable[[], None]:
            return lambda: self.set_theme(choice)

        return [
            Command("actionNewProject", "file", self.tr("New project…"), lambda: self.new_project(), "Ctrl+N", False),
            Command("actionOpenProject", "file", self.tr("Open project…"), self.open_dialog, "Ctrl+O", False),
            Command("actionCloseProject", "file", self.tr("Close project"), self.session.close, "Ctrl+W"),
            Command("actionImportFolder", "file", self.tr("Import folder…"), self.import_folder, "Ctrl+I", False, True),
            Command("actionImportCsv", "file", self.tr("Import CSV…"), self.import_csv, "Ctrl+Shift+I", False),
            Command("actionExportModel", "file", self.tr("Export model…"), self.export_model, "Ctrl+E", True, True),
            Command("actionExportReport", "file", self.tr("Export report…"), self.export_report, "Ctrl+R"),
            Command("actionExportScript", "file", self.tr("Export script…"), self.export_script, "Ctrl+Shift+E"),
            Command("actionQuit", "file", self.tr("Quit"), self.close, "Ctrl+Q", False, True),
            Command("actionUndo", "edit", self.tr("Undo"), self.session.undo, "Ctrl+Z"),
            Command("actionRedo", "edit", self.tr("Redo"), self.session.redo, "Ctrl+Shift+Z"),
            Command("actionCommandPalette", "edit", self.tr("Find a command…"), self.show_palette, "Ctrl+K", False,
                    True),
            Command("actionCheckData", "data", self.tr("Check data…"), self.check_data, "Ctrl+H"),
            Command("actionRescan", "data", self.tr("Look at the image folder again"), lambda: self.rescan(), "F5"),
            Command("actionRelocate", "data", self.tr("Image folder has moved…"), self.relocate),
            *(Command(f"actionTab{i + 1}", "view", name, tab(i), f"Ctrl+{i + 1}") for i, name in enumerate(
                (self.tr("Data"), self.tr("Train"), self.tr("Evaluate"), self.tr("Apply")))),
            *(Command(f"actionTheme{choice.title()}", "view", text, dress(choice), "", False, choice == "system")
              for choice, text in (("system", self.tr("Theme of the system")), ("light", self.tr("Light theme")),
                                   ("dark", self.tr("Dark theme")))),
            Command("actionAbout", "help", self.tr("About dlgui"), self.about, "F1", False)]

    def actions_by_name(self) -> dict[str, QAction]:
        """Every action by its objectName."""
        return self.commands.actions()

    # --- status

    def _status_bar(self) -> None:
        self.job_text, self.job_bar = QLabel(), QProgressBar()
        self.job_bar.setFixedWidth(180)
        self.job_bar.setTextVisible(False)
        self.job_bar.setAccessibleName(self.tr("Progress"))
        self.job_cancel = QPushButton(self.tr("Cancel"))
        self.job_cancel.setObjectName("cancelJobButton")
        self.job_cancel.setToolTip(self.tr("End what is running"))
        self.job_cancel.setAccessibleName(self.tr("Cancel"))
        self.job_cancel.clicked.connect(self._cancel_job)
        self._job: Job | None = None
        for widget in (self.job_text, self.job_bar, self.job_cancel):
            self.statusBar().addPermanentWidget(widget)
        self._hide_job()
        self.session.jobs.started.connect(self._job_started)
        self.session.jobs.ended.connect(self._job_ended)

    def _hide_job(self) -> None:
        for widget in (self.job_text, self.job_bar, self.job_cancel):
            widget.hide()

    def _job_started(self, job: Job) -> None:
        if job.property("quiet"):
            return
        self._job = job
        job.reported.connect(self._job_report)
        self.job_text.setText(job.name)
        self.job_bar.setRange(0, 0)
        QTimer.singleShot(300, lambda: self._show_job(job))  # what is over at once need not flicker

    def _show_job(self, job: Job) -> None:
        if self._job is job:
            for widget in (self.job_text, self.job_bar, self.job_cancel):
                widget.show()

    def _job_report(self, report: Report) -> None:
        self.job_text.setText(f"{report.task}  {report.done}/{report.total or '?'}{time_left(report.remaining)}")
        self.job_bar.setRange(0, report.total or 0)
        self.job_bar.setValue(report.done)

    def _job_ended(self, job: Job) -> None:
        if self._job is job:
            self._job = None
            self._hide_job()

    def _cancel_job(self) -> None:
        if self._job is not None:
            self._job.cancel()

    # --- project

    def _opened(self, project: Project | None) -> None:
        if project is not None:
            self._make_tabs()
            self.pages.setCurrentWidget(self.tabs)
            self.setWindowTitle(f"{project.name}{self.tr(' (read-only)') if project.read_only else ''} – dlgui")
            if project.read_only:
                self.statusBar().showMessage(self.tr("Read-only: another window has this project open."), 10000)
        else:
            self.welcome.refresh()
            self.pages.setCurrentWidget(self.welcome)
            self.setWindowTitle("dlgui")
        self.commands.project_is_open(project is not None)
        for tab in self.all_tabs():
            tab.refresh()

    def _changed(self, changes: Changes) -> None:
        for tab in self.all_tabs():
            tab.apply_changes(changes)

    def new_project(self, images: Path | None = None) -> None:
        """Asks for images and makes a project of them."""
        from dlgui.gui.data.import_dialog import ImportDialog

        dialog = ImportDialog(self.session.jobs, images, self)
        if dialog.exec():
            self.create_project(Path(dialog.folder.text()), Path(dialog.images.text()), dialog.label_source())

    def create_project(self, folder: Path, images: Path, source: str) -> None:
        """Makes a project off the window's thread and opens it."""
        self.session.jobs.start("create", self.tr("importing"), lambda job: Project.create(
            folder, images, source, job.progress), done=self.session.adopt,
            cancelled=lambda: self.statusBar().showMessage(self.tr("Import cancelled; the project can be opened and "
                                                                   "goes on with F5."), 10000))

    def start_demo(self) -> None:
        """A project on the demo's images beside the user's documents."""
        from dlgui.project.demo import demo_images

        try:
            images = demo_images()
        except DlguiError as problem:
            self.show_problem(problem)
            return
        folder = Path.home() / "dlgui-demo.dlproj"
        if (folder / "project.sqlite").exists():
            self.session.open(folder)
        else:
            self.create_project(folder, images, "last_folder")

    def open_dialog(self) -> None:
        """Asks for a project."""
        folder = QFileDialog.getExistingDirectory(self, self.tr("Open project"))
        if folder:
            self.session.open(Path(folder))

    def import_folder(self) -> None:
        """A new project from a folder."""
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder of images"))
        if folder:
            self.new_project(Path(folder))

    def import_csv(self) -> None:
        """Labels from a CSV: into the open project, or a new one."""
        path, _ = QFileDialog.getOpenFileName(self, self.tr("CSV file"), "", "CSV (*.csv)")
        if path:
            self.take(Path(path))

    def take(self, path: Path) -> None:
        """Opens what was dropped: a project, a CSV or a folder of images."""
        if (path / "project.sqlite").exists() or path.name == "project.sqlite":
            self.session.open(path if path.is_dir() else path.parent)
        elif path.suffix.lower() == ".csv" and self.session.project is not None:
            self.rescan(f"csv:{path}")
        elif path.is_dir() or path.suffix.lower() == ".csv":
            self.new_project(path)
        else:
            self.statusBar().showMessage(self.tr("Drop a folder of images, a CSV or a project."), 8000)

    def rescan(self, source: str | None = None) -> None:
        """Looks at the image folder again; labels that are there stay."""
        project = self.session.project
        if project is None:
            return
        from dlgui.project.operations import images

        self.session.jobs.start(
            "rescan", self.tr("importing"), lambda job: images.import_folder(project, source, progress=job.progress),
            done=lambda report: self.statusBar().showMessage(self.tr(
                "{a} new, {r} gone, {b} back, {n} labeled").format(a=report.added, r=report.removed, b=report.restored,
                                                                  n=report.labeled), 10000))

    def relocate(self) -> None:
        """Asks where the images are now."""
        from dlgui.project.operations import images

        folder = QFileDialog.getExistingDirectory(self, self.tr("Where are the images now?"))
        if folder and self.session.do(images.relocate, folder) is not None:
            self.rescan()

    def check_data(self) -> None:
        """Looks for what is wrong with the data and lists it."""
        from dlgui.project.operations.checks import check

        project = self.session.project
        if project is None:
            return
        self.session.jobs.start("check", self.tr("checking data"), lambda job: check(project), done=self._checked)

    def _checked(self, found: dict[str, Any]) -> None:
        from dlgui.gui.data.health_dialog import HealthDialog

        dialog = HealthDialog(found, self)
        dialog.show_paths.connect(self._show_paths)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()

    def _show_paths(self, paths: list[str]) -> None:
        from dlgui.gui.filters import Filter

        self.tabs.setCurrentIndex(0)
        self.data_tab.clear_filter()
        self.data_tab.show_only(Filter(only=frozenset(paths)))

    # --- export

    def _run_to_export(self) -> Any:
        from dlgui.project.operations import runs

        chosen = self.train_tab.selected_run()
        if chosen is not None and chosen.model.exists():
            return chosen
        return self.session.do(runs.get)

    def export_model(self) -> None:
        """Writes the selected run's model in a format for other programs."""
        run = self._run_to_export()
        if run is None:
            return
        kinds = {"dlgui (*.dlclassifier)": "dlclassifier", "ONNX (*.onnx)": "onnx", "OpenVINO (*.xml)": "openvino",
                 "torch.export (*.pt2)": "torch_export"}
        path, chosen = QFileDialog.getSaveFileName(self, self.tr("Export model"), f"{run.id}.dlclassifier",
                                                   ";;".join(kinds))
        project = self.session.project
        if path and project is not None:
            self.session.jobs.start("export", self.tr("exporting"), lambda job: _export(
                project, run, kinds[chosen], Path(path)), done=lambda difference: self.statusBar().showMessage(self.tr(
                    "{path} written; its confidences differ by at most {d:.1e}").format(path=path, d=difference),
                    12000))

    def export_report(self) -> None:
        """Writes the selected run's report."""
        from dlgui.project.operations import reports

        run = self._run_to_export()
        if run is None:
            return
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Export report"), f"{run.id}.html", "HTML (*.html)")
        project = self.session.project
        if path and project is not None:
            self.session.jobs.start("report", self.tr("writing the report"), lambda job: reports.write(
                project, run, path, job.progress), done=lambda _: self.statusBar().showMessage(
                    self.tr("{path} written").format(path=path), 12000))

    def export_script(self) -> None:
        """Writes the project's history as a script."""
        from dlgui.project.operations import scripts

        path, _ = QFileDialog.getSaveFileName(self, self.tr("Export script"), "history.py", "Python (*.py)")
        if path:
            self.session.do(scripts.write, path)

    # --- window

    def show_palette(self) -> None:
        """All actions by name."""
        CommandPalette(list(self.actions_by_name().values()), self).exec()

    def set_theme(self, choice: str) -> None:
        """Light, dark, or as the system."""
        theme.apply(choice)
        if self.tabs.count():
            self.train_tab.plot.dress()
        self.update()

    def about(self) -> None:
        """Version and licence."""
        import dlgui

        QMessageBox.about(self, "dlgui", self.tr(
            "dlgui {version}\nLabel images, train a classifier, find out why it errs.\n\nApache-2.0; third-party "
            "notices are in resources/third-party-notices.md.").format(version=dlgui.__version__))

    def show_problem(self, problem: Exception) -> None:
        """One sentence with the remedy; a bug with a report that can be copied."""
        box = QMessageBox(self)
        box.setObjectName("problemDialog")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if isinstance(problem, DlguiError):
            box.setIcon(QMessageBox.Icon.Warning)
            box.setText(f"{problem.what}: {problem.why}")
            box.setInformativeText(problem.remedy)
        else:
            box.setIcon(QMessageBox.Icon.Critical)
            box.setText(self.tr("Something went wrong inside dlgui. Your project is safe on disk."))
            box.setInformativeText(f"{type(problem).__name__}: {problem}")
            box.setDetailedText("\n".join(getattr(problem, "__notes__", [])) or repr(problem))
        box.open()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            self.take(paths[0])

    def closeEvent(self, event: QCloseEvent) -> None:
        QSettings().setValue("geometry", self.saveGeometry())
        self.session.close()
        self.pictures.close()
        self.garbage.close()
        super().closeEvent(event)


def _export(project: Project, run: Any, kind: str, path: Path) -> float:
    from dlgui.engine import exporters
    from dlgui.engine.model_file import read_model
    from dlgui.project.operations import evaluations

    return exporters.export(read_model(run.model), kind, path, evaluations.some_images(project))
