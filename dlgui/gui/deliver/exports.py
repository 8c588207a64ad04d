"""Exporting a run's model, its report and the project's history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from dlgui.gui.commands import Command
from dlgui.gui.session import Session
from dlgui.project.operations import runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

KINDS = {"dlgui (*.dlclassifier)": "dlclassifier", "ONNX (*.onnx)": "onnx", "OpenVINO (*.xml)": "openvino",
         "torch.export (*.pt2)": "torch_export"}


class Exports(QObject):
    """The export commands of the window.

    Args:
        session: holds the project.
        chosen: gives the run that is selected in the window, or None.
        tell: shows a sentence in the status bar.
        window: parent of the dialogs.
    """

    def __init__(self, session: Session, chosen: Callable[[], Run | None], tell: Callable[[str], None],
                 window: QWidget) -> None:
        super().__init__(window)
        self.session, self._chosen, self._tell, self._window = session, chosen, tell, window

    def commands(self) -> list[Command]:
        """What the menus offer here."""
        return [
            Command("actionExportModel", "file", self.tr("Export model…"), self.export_model, "Ctrl+E", True, True,
                    icon="export"),
            Command("actionExportReport", "file", self.tr("Export report…"), self.export_report, "Ctrl+R",
                    icon="report"),
            Command("actionExportScript", "file", self.tr("Export script…"), self.export_script, "Ctrl+Shift+E",
                    icon="script")]

    def _run(self) -> Run | None:
        """The selected run where it has a model, else the newest that has one."""
        chosen = self._chosen()
        if chosen is not None and chosen.model.exists():
            return chosen
        return self.session.do(runs.get)

    def export_model(self) -> None:
        """Writes a run's model in a format for other programs."""
        run, project = self._run(), self.session.project
        if run is None or project is None:
            return
        path, kind = QFileDialog.getSaveFileName(self._window, self.tr("Export model"), f"{run.id}.dlclassifier",
                                                 ";;".join(KINDS))
        if path:
            self.session.jobs.start("export", self.tr("exporting"), lambda job: _export(
                project, run, KINDS[kind], Path(path)), done=lambda difference: self._tell(self.tr(
                    "{path} written; its confidences differ by at most {d:.1e}").format(path=path, d=difference)))

    def export_report(self) -> None:
        """Writes a run's report."""
        from dlgui.project.operations import reports

        run, project = self._run(), self.session.project
        if run is None or project is None:
            return
        path, _ = QFileDialog.getSaveFileName(self._window, self.tr("Export report"), f"{run.id}.html", "HTML (*.html)")
        if path:
            self.session.jobs.start("report", self.tr("writing the report"), lambda job: reports.write(
                project, run, path, job.progress), done=lambda _: self._tell(
                    self.tr("{path} written").format(path=path)))

    def export_script(self) -> None:
        """Writes the project's history as a script."""
        from dlgui.project.operations import scripts

        path, _ = QFileDialog.getSaveFileName(self._window, self.tr("Export script"), "history.py", "Python (*.py)")
        if path:
            self.session.do(scripts.write, path)


def _export(project: Project, run: Run, kind: str, path: Path) -> float:
    from dlgui.engine import exporters
    from dlgui.engine.model_file import read_model
    from dlgui.project.operations import evaluations

    return exporters.export(read_model(run.model), kind, path, evaluations.some_images(project))
