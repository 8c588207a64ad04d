"""Exporting a model: choose a form, see what the file was measured to do, save it."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from dlgui.errors import DlguiError
from dlgui.gui import theme
from dlgui.gui.deliver.job_line import JobLine
from dlgui.gui.session import Session
from dlgui.gui.widgets import Form, beside, button, named
from dlgui.project.operations import exports
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

FORMATS = (("dlclassifier", "dlgui (.dlclassifier)", ".dlclassifier"), ("onnx", "ONNX (.onnx)", ".onnx"),
           ("openvino", "OpenVINO (.xml and .bin)", ".xml"), ("torch_export", "torch.export (.pt2)", ".pt2"))


def _listed(title: str, lines: list[str]) -> str:
    """A sentence and a list below it, close to the left edge."""
    return f"<p>{escape(title)}</p>" + '<ul style="-qt-list-indent:0; margin-left:14px">' + "".join(
        f'<li style="margin-bottom:3px">{escape(line)}</li>' for line in lines) + "</ul>"


class ExportDialog(QDialog):
    """Measures first, saves after: nothing is written before its certificate was seen."""

    def __init__(self, session: Session, project: Project, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("exportDialog")
        self.setWindowTitle(self.tr("Export model of {run}").format(run=run.name or run.id))
        self.resize(640, 500)
        self._project, self._run = project, run
        self._prepared: Any = None
        self.written: list[Path] = []
        self.form = named(QComboBox(), "exportFormat", self.tr("Form of the file"))
        for name, text, _ in FORMATS:
            self.form.addItem(text, name)
        self.int8 = named(QCheckBox(self.tr("Eight-bit integers (int8)")), "exportInt8", self.tr(
            "Smaller, and on full networks faster; costs some accuracy, which is measured and shown before you save"))
        self.path = named(QLineEdit(), "exportPath", self.tr("File to write"))
        self.line = JobLine(session.jobs, "export")
        self.found = named(QTextBrowser(), "exportCertificate", self.tr("What the file was measured to do"))
        self.measure_button = button("exportMeasure", self.tr("Convert and measure"), self.tr(
            "Makes the network and compares it with dlgui on real images; writes nothing yet"), self.measure, True)
        self.save_button = button("exportSave", self.tr("Save"), self.tr(
            "Writes the file, checks it once more and puts a ready-to-run example beside it"), self.save, True)
        self.folder_button = button("exportOpenFolder", self.tr("Open folder"), self.tr(
            "Shows the written files in the file manager"), self.open_folder)
        self._arrange()
        self.form.currentIndexChanged.connect(lambda _: self._chose())
        self.int8.toggled.connect(lambda _: self._forget())
        self._chose()

    def _arrange(self) -> None:
        place = beside(self.path, button("exportBrowse", self.tr("Browse…"), self.tr("Choose the file"), self.browse))
        form = Form()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.addRow(self.tr("Form"), self.form)
        form.addRow("", self.int8)
        form.addRow(self.tr("File"), place)
        note = QLabel(self.tr("Class names, preprocessing and the certificate go into the file."))
        note.setProperty("soft", True)
        note.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(self.measure_button)
        row.addWidget(self.save_button)
        row.addWidget(self.folder_button)
        row.addStretch()
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        named(close.button(QDialogButtonBox.StandardButton.Close), "exportClose", self.tr("Close"))
        close.rejected.connect(self.reject)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(note)
        layout.addWidget(self.found, 1)
        layout.addWidget(self.line)
        layout.addLayout(row)

    def _chose(self) -> None:
        name, _, suffix = FORMATS[self.form.currentIndex()]
        self.int8.setEnabled(name == "onnx")
        if name != "onnx":
            self.int8.setChecked(False)
        before = Path(self.path.text() or Path.home() / f"{self._project.name}-{self._run.id}.x")
        self.path.setText(str(before.with_suffix(suffix)))
        self._forget()

    def _forget(self) -> None:
        self._prepared = None
        lines = [self.tr("how many real images of this project get the same class as in dlgui, and by how much "
                         "confidences differ"),
                 self.tr("how fast it is on this computer")]
        if self.int8.isChecked():
            lines.append(self.tr("what eight bits cost in accuracy on the validation images"))
        example = self.tr("a ready-to-run example in Python, C++ and C#") if self.form.currentData() == "onnx" \
            else self.tr("a ready-to-run example in Python")
        self.found.setHtml(f'<div style="color:{theme.colours().soft}">' + _listed(self.tr(
            "“Convert and measure” shows before anything is saved:"), lines) + _listed(
            self.tr("“Save” then writes the file, and beside it:"), [example]) + "</div>")
        self._enable()

    def _enable(self) -> None:
        busy = self.line.busy()
        self.measure_button.setEnabled(not busy)
        self.save_button.setEnabled(not busy and self._prepared is not None)
        for chosen, next_step in ((self.measure_button, self._prepared is None), (self.save_button, True)):
            chosen.setProperty("primary", next_step)
            chosen.style().unpolish(chosen)
            chosen.style().polish(chosen)
        self.form.setEnabled(not busy)
        self.int8.setEnabled(not busy and self.form.currentData() == "onnx")
        self.folder_button.setEnabled(bool(self.written))

    def browse(self) -> None:
        """Asks for the file."""
        suffix = FORMATS[self.form.currentIndex()][2]
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Export model"), self.path.text(), f"*{suffix}")
        if path:
            self.path.setText(path if path.endswith(suffix) else path + suffix)

    def measure(self) -> None:
        """Converts and compares."""
        kind, int8 = self.form.currentData(), self.int8.isChecked()
        self._prepared = None
        self.line.start(self.tr("converting"), lambda job: exports.prepare(
            self._project, self._run, kind, int8=int8, progress=job.progress), self._measured, self._failed,
            self._enable)
        self._enable()

    def _measured(self, prepared: Any) -> None:
        self._prepared = prepared
        self._show(self.tr("Measured. Nothing has been saved yet."))
        self._enable()

    def save(self) -> None:
        """Writes what was measured."""
        if self._prepared is None:
            return
        path, prepared, run = Path(self.path.text()).expanduser(), self._prepared, self._run
        self.line.start(self.tr("saving"), lambda job: exports.save(self._project, run, prepared, path), self._saved,
                        self._failed, self._enable)
        self._enable()

    def _saved(self, written: list[Path]) -> None:
        self.written = written
        self._show(self.tr("Saved and checked once more."), _listed(
            self.tr("In {folder}:").format(folder=written[0].absolute().parent), [path.name for path in written]))
        self._enable()

    def _failed(self, problem: Exception) -> None:
        if not isinstance(problem, DlguiError):
            raise problem
        remedy = problem.remedy[:1].upper() + problem.remedy[1:] + "."
        self.found.setHtml(f'<p style="color:{theme.colours().wrong}"><b>{escape(f"{problem.what}: {problem.why}")}</b>'
                           f"</p><p>{escape(remedy)}</p>")
        self._enable()

    def _show(self, title: str, before: str = "") -> None:
        found = self._prepared.certificate
        colour = theme.colours().warning if found.cost is not None and found.cost.loss > 0 else theme.colours().right
        self.found.setHtml(f'<p style="color:{colour}"><b>{escape(title)}</b></p>' + before
                           + _listed(self.tr("The file was measured to do this:"), found.sentences()))

    def open_folder(self) -> None:
        """Shows the files where they lie."""
        if self.written:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.written[0].absolute().parent)))

    def done(self, result: int) -> None:
        self.line.drop()
        super().done(result)

    def keyPressEvent(self, event: Any) -> None:
        if event.key() == Qt.Key.Key_Escape and self.line.busy():
            self.line.cancel()
        else:
            super().keyPressEvent(event)
