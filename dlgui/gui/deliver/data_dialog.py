"""Writing the data set in the form of another program."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from dlgui.gui.deliver.job_line import JobLine
from dlgui.gui.session import Session
from dlgui.gui.widgets import Form, beside, button, named
from dlgui.gui.words import breakable
from dlgui.project.operations import exchange
from dlgui.project.operations.exchange import Exported
from dlgui.project.project import Project


class DataExportDialog(QDialog):
    """Form, folder, and what happens to the images."""

    def __init__(self, session: Session, project: Project, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dataExportDialog")
        self.setWindowTitle(self.tr("Export data set"))
        self.resize(560, 220)
        self._session, self._project = session, project
        self.form = named(QComboBox(), "dataFormat", self.tr("Form of the data set"))
        for name, text in (("imagefolder", self.tr("Class folders (split/class/file)")),
                           ("csv", self.tr("CSV (dataset.csv)")),
                           ("huggingface", self.tr("Hugging Face imagefolder (metadata.jsonl)")),
                           ("coco", self.tr("COCO-style JSON (annotations.json)"))):
            self.form.addItem(text, name)
        self.images = named(QComboBox(), "dataImages", self.tr("What happens to the image files"))
        self.folder = named(QLineEdit(str(Path.home() / f"{project.name}-data")), "dataFolder",
                            self.tr("New or empty folder"))
        self.line = JobLine(session.jobs, "dataExport")
        self.note = QLabel(self.tr("Splits, groups, flags and notes go along; dlgui reads all of it back exactly."))
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setProperty("soft", True)
        self.export_button = button("dataExportButton", self.tr("Export"), self.tr("Writes the data set"),
                                    self.export, True)
        self._arrange()
        self.form.currentIndexChanged.connect(lambda _: self._ways())
        self._ways()

    def _arrange(self) -> None:
        place = beside(self.folder, button("dataBrowse", self.tr("Browse…"), self.tr("Choose the folder"), self.browse))
        form = Form()
        form.addRow(self.tr("Form"), self.form)
        form.addRow(self.tr("Images"), self.images)
        form.addRow(self.tr("Folder"), place)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        named(close.button(QDialogButtonBox.StandardButton.Close), "dataClose", self.tr("Close"))
        close.rejected.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.export_button)
        row.addStretch()
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.note)
        layout.addWidget(self.line)
        layout.addStretch()
        layout.addLayout(row)

    def _ways(self) -> None:
        self.images.clear()
        self.images.addItem(self.tr("Copy"), "copy")
        self.images.addItem(self.tr("Hard links where the disk can"), "link")
        if self.form.currentData() in ("csv", "coco"):
            self.images.addItem(self.tr("Leave them where they are"), "none")

    def browse(self) -> None:
        """Asks for the folder."""
        chosen = QFileDialog.getExistingDirectory(self, self.tr("New or empty folder"), self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def export(self) -> None:
        """Writes the data set off-thread."""
        project, kind, way = self._project, self.form.currentData(), self.images.currentData()
        folder = Path(self.folder.text()).expanduser()
        self.line.start(self.tr("exporting"), lambda job: exchange.export_dataset(
            project, kind, folder, way, job.progress), self._done, self._session.problem.emit,
            lambda: self.export_button.setEnabled(True))
        self.export_button.setEnabled(False)

    def _done(self, found: Exported) -> None:
        text = self.tr("{n} images written to {folder}.").format(n=found.images, folder=self.folder.text())
        if found.failed:
            text += self.tr(" {n} files are gone and were left out.").format(n=len(found.failed))
        self.note.setText(breakable(text))

    def done(self, result: int) -> None:
        self.line.drop()
        super().done(result)
