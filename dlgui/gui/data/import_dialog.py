"""New project: what each label source would give is shown before anything is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine.labels import Listing, read_listing
from dlgui.gui.jobs import Jobs

MOST = 200


class ImportDialog(QDialog):
    """Asks for images, label source and project folder.

    Args:
        jobs: runs the look into the folder.
        images: a folder, or a CSV beside its images.
    """

    def __init__(self, jobs: Jobs, images: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.setObjectName("importDialog")
        self.setWindowTitle(self.tr("New project"))
        self.resize(640, 560)
        self.images, self.csv, self.folder = QLineEdit(), QLineEdit(), QLineEdit()
        self.source = QComboBox()
        for text, value in ((self.tr("folder that holds the image"), "last_folder"),
                            (self.tr("file name"), "file_name"),
                            (self.tr("file name without its number"), "file_name_remove_index"),
                            (self.tr("CSV file"), "csv"), (self.tr("none: label by hand"), "none")):
            self.source.addItem(text, value)
        self.found = QTableWidget(0, 3)
        self.found.setHorizontalHeaderLabels([self.tr("class"), self.tr("images"), self.tr("first image")])
        self.found.horizontalHeader().setStretchLastSection(True)
        self.found.verticalHeader().hide()
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setProperty("soft", True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(self.tr("Create project"))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        for widget, name, tip in ((self.images, "importImages", self.tr("Image folder; it stays as it is")),
                                  (self.csv, "importCsv", self.tr("Columns: image path, label, optional split, group")),
                                  (self.folder, "importProject", self.tr("New folder for the project")),
                                  (self.source, "importSource", self.tr("Where labels come from")),
                                  (self.found, "importFound", self.tr("What this label source gives"))):
            widget.setObjectName(name)
            widget.setToolTip(tip)
            widget.setAccessibleName(tip)
        form = QFormLayout()
        form.addRow(self.tr("Images"), self._with_button(self.images, "browseImages", self._browse_images))
        form.addRow(self.tr("Labels from"), self.source)
        self.csv_row = self._with_button(self.csv, "browseCsv", self._browse_csv)
        form.addRow(self.tr("CSV"), self.csv_row)
        form.addRow(self.tr("Project"), self._with_button(self.folder, "browseProject", self._browse_project))
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.found, 1)
        layout.addWidget(self.note)
        layout.addWidget(self.buttons)
        for edit in (self.images, self.csv):
            edit.editingFinished.connect(self.preview)
        self.folder.textChanged.connect(lambda _: self._state())
        self.source.currentIndexChanged.connect(lambda _: self.preview())
        self.listing: Listing | None = None
        if images is not None:
            self.choose(images)
        self.preview()

    def choose(self, images: Path) -> None:
        """Takes a folder, or a CSV and its folder."""
        if images.suffix.lower() == ".csv":
            self.csv.setText(str(images))
            self.images.setText(str(images.parent))
            self.source.setCurrentIndex(self.source.findData("csv"))
        else:
            self.images.setText(str(images))
        if not self.folder.text():
            base = Path(self.images.text())
            self.folder.setText(str(base.parent / f"{base.name or 'project'}.dlproj"))
        self.preview()

    def label_source(self) -> str:
        """The source as the engine names it."""
        source = str(self.source.currentData())
        return f"csv:{self.csv.text()}" if source == "csv" else source

    def preview(self) -> None:
        """Shows classes, counts and first images of the source."""
        self.csv_row.setEnabled(self.source.currentData() == "csv")
        self.listing = None
        self._state()
        images, source = self.images.text(), self.label_source()
        if not images:
            self._show(None, self.tr("Choose the folder that holds your images."))
            return
        self.note.setText(self.tr("looking into the folder…"))
        self._jobs.start("import preview", self.tr("looking into the folder"), lambda job: read_listing(images, source),
                         done=lambda listing: self._show(listing, ""), quiet=True,
                         failed=lambda problem: self._show(None, str(problem)))

    def _show(self, listing: Listing | None, reason: str) -> None:
        self.listing = listing
        rows = _classes(listing) if listing else []
        self.found.setRowCount(min(len(rows), MOST))
        for i, (name, count, first) in enumerate(rows[:MOST]):
            for j, text in enumerate((name, str(count), first)):
                self.found.setItem(i, j, QTableWidgetItem(text))
        if listing:
            labeled = sum(s.label is not None for s in listing.samples)
            reason = self.tr("{n} images, {labeled} with a label, {classes} classes").format(
                n=len(listing.samples), labeled=labeled, classes=len(listing.classes))
            if listing.rejected:
                reason += self.tr(", {n} rows cannot be used: {first}").format(
                    n=len(listing.rejected), first=": ".join(listing.rejected[0]))
        self.note.setText(reason)
        self._state()

    def _state(self) -> None:
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(
            self.listing is not None and bool(self.folder.text().strip()))

    def _with_button(self, edit: QLineEdit, name: str, slot: Any) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        button = QPushButton(self.tr("Browse…"))
        button.setObjectName(name)
        button.setToolTip(self.tr("Choose"))
        button.setAccessibleName(self.tr("Browse"))
        button.clicked.connect(slot)
        layout.addWidget(edit, 1)
        layout.addWidget(button)
        return row

    def _browse_images(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder of images"), self.images.text())
        if folder:
            self.choose(Path(folder))

    def _browse_csv(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("CSV file"), self.images.text(), "CSV (*.csv)")
        if path:
            self.csv.setText(path)
            if not self.images.text():
                self.choose(Path(path))
            self.preview()

    def _browse_project(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Project folder"), self.folder.text(), "*.dlproj")
        if path:
            self.folder.setText(path)


def _classes(listing: Listing) -> list[tuple[str, int, str]]:
    counts: dict[str, list[str]] = {}
    for sample in listing.samples:
        counts.setdefault(sample.label or "–", []).append(sample.path)
    return [(name, len(paths), paths[0]) for name, paths in sorted(counts.items())]
