"""New project: what each label source would give, and what cannot be read, is shown before anything is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine import survey
from dlgui.engine.labels import Listing
from dlgui.engine.progress import Report
from dlgui.engine.survey import Outcome
from dlgui.gui import words
from dlgui.gui.data.found_classes import MOST, PICTURES, FoundClasses
from dlgui.gui.drops import Drops
from dlgui.gui.jobs import Job, Jobs
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import Form, button, named

_PATIENCE = 1.0
"""Seconds that a file to be checked waits at most for pictures to be shown."""


class ImportDialog(QDialog):
    """Asks for images, label source and project folder.

    Args:
        jobs: runs the look into the folder.
        images: a folder, or a CSV beside its images.
    """

    def __init__(self, jobs: Jobs, images: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._outcomes: dict[str, Outcome] = {}
        self._chosen_by_hand = False
        self._broken: list[tuple[str, str]] = []
        self._all_checked = False
        self._used: set[str] = set()
        self.listing: Listing | None = None
        self.setObjectName("importDialog")
        self.setWindowTitle(self.tr("New project"))
        self.resize(820, 640)
        self.pictures = Thumbnails(self)
        self.images = named(QLineEdit(), "importImages", self.tr("Image folder; it stays as it is"))
        self.csv = named(QLineEdit(), "importCsv", self.tr("Columns: image path, label, optional split and group"))
        self.folder = named(QLineEdit(), "importProject", self.tr("New folder for the project"))
        self.source = named(QComboBox(), "importSource", self.tr("Where labels come from"))
        self.titles = {"last_folder": self.tr("folder that holds the image"), "file_name": self.tr("file name"),
                       "file_name_remove_index": self.tr("file name without its number"), "csv": self.tr("CSV file"),
                       "none": self.tr("none: label by hand")}
        for value, text in self.titles.items():
            self.source.addItem(text, value)
        self.found = FoundClasses(self.pictures)
        self.note, self.checked = QLabel(), QLabel()
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.checked.setProperty("soft", True)
        self.bad = named(QListWidget(), "importUnreadable", self.tr("Files and rows that cannot be used, and why"))
        self.bad.setMaximumHeight(110)
        self.bad.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.bad.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.bad.hide()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setText(self.tr("Create project"))
        ok.setProperty("primary", True)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._build()
        Drops(self, self.choose)
        for edit in (self.images, self.csv):
            edit.editingFinished.connect(self.preview)
        self.folder.textChanged.connect(lambda _: self._state())
        self.source.activated.connect(self._by_hand)
        self.source.currentIndexChanged.connect(lambda _: self._show())
        if images is not None:
            self.choose(images)
        else:
            self.preview()

    def _build(self) -> None:
        form = Form()
        form.addRow(self.tr("Images"), self._with_button(self.images, "browseImages", self._browse_images))
        form.addRow(self.tr("Labels from"), self.source)
        self.csv_row = self._with_button(self.csv, "browseCsv", self._browse_csv)
        form.addRow(self.tr("CSV"), self.csv_row)
        form.addRow(self.tr("Project"), self._with_button(self.folder, "browseProject", self._browse_project))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.addLayout(form)
        layout.addWidget(self.note)
        layout.addWidget(self.found, 1)
        layout.addWidget(self.checked)
        layout.addWidget(self.bad)
        layout.addWidget(self.buttons)

    def choose(self, images: Path) -> None:
        """Takes a folder, or a CSV: with its folder where none was chosen yet."""
        if images.suffix.lower() == ".csv":
            self.csv.setText(str(images))
            if not self.images.text().strip():
                self.images.setText(str(images.parent))
            self.source.setCurrentIndex(self.source.findData("csv"))
            self._chosen_by_hand = True
        else:
            self.images.setText(str(images))
        if not self.folder.text():
            base = Path(self.images.text())
            self.folder.setText(str(_free(base.parent / f"{base.name or 'project'}.dlproj")))
        self.preview()

    def label_source(self) -> str:
        """The source as the engine names it."""
        source = str(self.source.currentData())
        return f"csv:{self.csv.text()}" if source == "csv" else source

    def _by_hand(self, _: int) -> None:
        self._chosen_by_hand = True

    def preview(self) -> None:
        """Looks into the folder anew and shows what each label source gives."""
        self._jobs.drop("import check")
        self._outcomes, self.listing = {}, None
        self._broken, self._all_checked, self._used = [], False, set()
        self.csv_row.setEnabled(self.source.currentData() == "csv")
        self._list_bad()
        self.checked.clear()
        self._state()
        images, csv_file = self.images.text().strip(), self.csv.text().strip()
        if not images:
            self._fail(self.tr("Choose the folder that holds your images, or drop it on the window."))
            return
        self.note.setText(self.tr("looking into the folder…"))
        self._jobs.start("import preview", self.tr("looking into the folder"),
                         lambda job: survey.survey(images, csv_file, job.progress), done=self._surveyed, quiet=True,
                         failed=lambda problem: self._fail(str(problem)))

    def _fail(self, reason: str) -> None:
        self.note.setText(reason)
        self.found.setRowCount(0)
        self._used = set()
        self._list_bad()
        self._state()

    def _surveyed(self, outcomes: dict[str, Outcome]) -> None:
        self._outcomes = outcomes
        with QSignalBlocker(self.source):
            for i in range(self.source.count()):
                self.source.setItemText(i, self._title(self.source.itemData(i)))
            if not self._chosen_by_hand:
                self.source.setCurrentIndex(self.source.findData(survey.advised(outcomes)))
        self._show()
        listing = outcomes["none"].listing
        if listing is not None:
            self._check([sample.path for sample in listing.samples])

    def _title(self, source: str) -> str:
        """Name of a source, and how many classes it gives."""
        outcome = self._outcomes.get(source)
        if source == "none" or outcome is None:
            return self.titles[source]
        if outcome.listing is None:
            return self.tr("{source}  –  cannot be used").format(source=self.titles[source])
        return f"{self.titles[source]}  –  {self._classes(outcome.listing)}"

    def _classes(self, listing: Listing) -> str:
        return words.counted(len(listing.classes), self.tr("class"), self.tr("classes"))

    def _show(self) -> None:
        source = str(self.source.currentData())
        self.csv_row.setEnabled(source == "csv")
        outcome = self._outcomes.get(source)
        self.listing = outcome.listing if outcome is not None else None
        if outcome is None:
            self._fail(self.tr("Choose the CSV file.") if self._outcomes else self.note.text())
            return
        if self.listing is None:
            self._fail(outcome.reason)
            return
        classes = outcome.first_images(PICTURES)
        self.found.show_classes(Path(self.images.text()), classes)
        labeled = sum(count for label, count, _ in classes if label is not None)
        text = self.tr("{images}, {labeled:,} with a label, {classes}").format(
            images=words.counted(len(self.listing.samples), self.tr("image"), self.tr("images")), labeled=labeled,
            classes=self._classes(self.listing))
        if len(classes) > MOST:
            text += self.tr("; the first {n} are listed").format(n=MOST)
        splits = Counter(sample.split for sample in self.listing.samples)
        if len(splits) > 1 or None not in splits:
            text += self.tr(";\nsplits: {train:,} training, {validation:,} validation, {test:,} test, {none:,} without"
                            ).format(train=splits["train"], validation=splits["validation"], test=splits["test"],
                                     none=splits[None])
        self.note.setText("\n".join([text, *self.listing.notes]))
        self._used = {sample.path for sample in self.listing.samples}
        self._list_bad()
        self._state()

    def _check(self, paths: list[str]) -> None:
        root = self.images.text()

        def work(job: Job) -> None:
            for path, reason in survey.unreadable(root, paths, job.progress, lambda: self.pictures.wait(_PATIENCE)):
                job.tell((path, reason))

        def told(found: tuple[str, str]) -> None:
            self._broken.append(found)
            if found[0] in self._used:
                self._add_bad(f"{found[0]}: {found[1]}")

        def done(_: None) -> None:
            self._all_checked = True
            self._list_bad()

        def reported(report: Report) -> None:
            if self._jobs.running("import check") is job:
                self.checked.setText(self.tr("checking files  {done:,}/{total:,}{left}; you need not wait").format(
                    done=report.done, total=report.total or 0, left=words.time_left(report.remaining)))

        job = self._jobs.start("import check", self.tr("checking files"), work, done=done, quiet=True,
                               told=told)
        job.reported.connect(reported)

    def _list_bad(self) -> None:
        """Lists what the chosen source cannot use, and the files of it that cannot be read."""
        self.bad.clear()
        self.bad.hide()
        rejected = self.listing.rejected if self.listing is not None else []
        for path, reason in rejected[:MOST]:
            self._add_bad(f"{path}: {reason}")
        if len(rejected) > MOST:
            self._add_bad(self.tr("… and {n:,} more rows of the CSV").format(n=len(rejected) - MOST))
        broken = [f"{path}: {reason}" for path, reason in self._broken if path in self._used]
        for found in broken:
            self._add_bad(found)
        if self._all_checked:
            text = self.tr("Every file can be read.")
            if broken:
                text = self.tr("{n:,} files cannot be read; they are imported as such and left out of training.") \
                    if len(broken) > 1 else self.tr(
                        "1 file cannot be read; it is imported as such and left out of training.")
            self.checked.setText(text.format(n=len(broken)) if self._used else "")

    def _add_bad(self, text: str) -> None:
        item = QListWidgetItem(text)
        item.setToolTip(words.tip(item.text()))
        self.bad.addItem(item)
        self.bad.show()

    def _state(self) -> None:
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(
            self.listing is not None and bool(self.folder.text().strip()))

    def done(self, result: int) -> None:
        """Ends what looks into the folder; accepted or not."""
        for kind in ("import preview", "import check"):
            self._jobs.drop(kind)
        self.pictures.close()
        super().done(result)

    def _with_button(self, edit: QLineEdit, name: str, slot: Callable[[], None]) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(edit, 1)
        layout.addWidget(button(name, self.tr("Browse…"), self.tr("Choose"), slot))
        return row

    def _browse_images(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder of images"), self.images.text())
        if folder:
            self.choose(Path(folder))

    def _browse_csv(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("CSV file"), self.images.text(), "CSV (*.csv)")
        if path:
            self.choose(Path(path))

    def _browse_project(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Project folder"), self.folder.text(), "*.dlproj")
        if path:
            self.folder.setText(path)


def _free(folder: Path) -> Path:
    """The folder, or the first of `name-2`, `name-3`, … that is not there yet."""
    candidate, number = folder, 1
    while candidate.exists():
        number += 1
        candidate = folder.with_name(f"{folder.stem}-{number}{folder.suffix}")
    return candidate
