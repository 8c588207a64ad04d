"""The Apply tab: images in, answers out, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QMimeData, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from dlgui.engine.answers import Answer
from dlgui.engine.classifier import Classifier
from dlgui.engine.model_file import SUFFIX
from dlgui.engine.rejection import Rejection
from dlgui.gui import icons
from dlgui.gui.apply import scenes
from dlgui.gui.apply.answer_models import AnswerTable
from dlgui.gui.apply.camera_page import CameraPage
from dlgui.gui.apply.classifying import Beginning, Classifying
from dlgui.gui.apply.deeds import Deeds
from dlgui.gui.apply.detail_panel import DetailPanel
from dlgui.gui.apply.intake import Intake, local_files, picture_of
from dlgui.gui.apply.models import ModelChoice
from dlgui.gui.apply.reject_designer import RejectDesigner
from dlgui.gui.apply.results_panel import ResultsPanel
from dlgui.gui.commands import Command
from dlgui.gui.elided_label import ElidedLabel
from dlgui.gui.scenes import Scene
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import button
from dlgui.project.changes import Changes
from dlgui.project.operations import additions, rejection, runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project


class ApplyTab(QWidget):
    """Arranges the parts; classifies with a run of the project or a model file."""

    def __init__(self, session: Session, pictures: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("applyTab")
        self.setAcceptDrops(True)
        self.session, self._pictures = session, pictures
        self._answering = ""
        """The model file that the answers come from."""
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.refresh)

    def build(self) -> Iterator[None]:
        """Makes the parts, a piece at a time."""
        session = self.session
        self.model = ModelChoice(session)
        self.intake = Intake()
        self.classifying = Classifying(session, self.model.loaded.get, self)
        self.results = ResultsPanel(self._pictures)
        yield
        self.detail = DetailPanel(session, self._classifier)
        self.deeds = Deeds(session, self)
        self.camera = CameraPage(session, self._classifier)
        self.status = ElidedLabel()
        self.status.setProperty("soft", True)
        self.pages = QStackedWidget()
        self._arrange()
        self._connect()
        self._state()

    @property
    def table(self) -> AnswerTable:
        """The answers."""
        return self.results.table

    def _arrange(self) -> None:
        self.stop = button("stopApplyButton", self.tr("Stop"), self.tr("End classifying or watching"),
                           self.classifying.stop)
        icons.dress(self.stop, "stop")
        self.reject = button("rejectDesignerButton", self.tr("When not sure…"), self.tr(
            "Design when this classifier should say “not sure” or “unknown” instead of a class"), self.design)
        top = QHBoxLayout()
        top.addWidget(self.model)
        top.addWidget(self.reject)
        top.addStretch()
        top.addWidget(self.stop)
        self.add = button("addToDataButton", self.tr("Add to data set ▾"), self.tr(
            "Take the selected images (or all that are shown) into the project, as predicted or as another class"),
            self._add)
        self.sort = button("sortButton", self.tr("Into class folders…"), self.tr(
            "Copy or move the selected files (or all that are shown) into a folder for each class"),
            lambda: self.deeds.sort(self.results.selected()))
        self.unsort = button("undoSortButton", self.tr("Take back"), self.tr("Undo the last copying or moving"),
                             self.deeds.undo_sorting)
        self.save = button("saveResultsButton", self.tr("Save results…"), self.tr(
            "Write the selected results (or all that are shown) to a CSV or JSON file"),
            lambda: self.deeds.save(self.results.selected(), self.table.classes))
        bottom = QHBoxLayout()
        bottom.addWidget(self.status, 1)
        for widget in (self.unsort, self.add, self.sort, self.save):
            bottom.addWidget(widget)
        self.parts = QSplitter()
        self.parts.addWidget(self.results)
        self.parts.addWidget(self.detail)
        self.parts.setStretchFactor(0, 1)
        self.parts.setSizes([820, 380])
        self.parts.setChildrenCollapsible(False)
        self.pages.addWidget(self.parts)
        self.pages.addWidget(self.camera)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.intake)
        layout.addWidget(self.pages, 1)
        layout.addLayout(bottom)

    def _connect(self) -> None:
        self.model.chosen.connect(self._state)
        self.intake.files.connect(self.classify)
        self.intake.paste.connect(self.paste)
        self.intake.watch.connect(self._watch)
        self.intake.camera.connect(self.show_camera)
        self.classifying.began.connect(self._began)
        self.classifying.came.connect(self._came)
        self.classifying.ended.connect(self.status.setText)
        self.classifying.state.connect(self._state)
        self.results.current.connect(self.detail.show_answer)
        self.results.key.connect(self._key)
        self.deeds.said.connect(self.status.setText)
        self.deeds.added.connect(self.results.mark_added)
        self.deeds.moved.connect(self.table.rename)
        self.deeds.undoable.connect(self.unsort.setVisible)
        self.unsort.hide()
        self.camera.leave.connect(lambda: self.show_camera(False))
        self.camera.snapshot.connect(self.deeds.add_pixels)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self, self.paste)  # as long as the tab is shown
        self.session.opened.connect(self._opened)

    def commands(self) -> list[Command]:
        """What the menus offer here."""
        return [
            Command("actionApplyImages", "apply", self.tr("Classify images…"), self.intake.ask, "Ctrl+Shift+O"),
            Command("actionApplyPaste", "apply", self.tr("Classify the clipboard"), self.paste, "Ctrl+B, V"),
            Command("actionWatchFolder", "apply", self.tr("Watch a folder…"), lambda: self._watch(True), "Ctrl+B, W"),
            Command("actionCamera", "apply", self.tr("Classify what a camera sees"), lambda: self.show_camera(True),
                    "Ctrl+B, C"),
            Command("actionRejectDesigner", "apply", self.tr("When should it say “not sure”…"), self.design,
                    "Ctrl+B, N", separated=True),
            Command("actionSaveResults", "apply", self.tr("Save results…"), self.save.click, "Ctrl+B, S",
                    separated=True),
            Command("actionSortResults", "apply", self.tr("Into class folders…"), self.sort.click, "Ctrl+B, F"),
            Command("actionUndoSorting", "apply", self.tr("Take back a copying or moving…"), self.deeds.undo_other,
                    "Ctrl+B, Z")]

    def scenes(self) -> list[Scene]:
        """Pictures of this tab."""
        return scenes.scenes(self)

    def refresh(self) -> None:
        """Shows the classifiers that there are, and their answers by today's names."""
        self.model.refresh()
        self._rename_answers()

    def apply_changes(self, changes: Changes) -> None:
        """Follows a commit."""
        if changes.kinds & {"runs", "classes"} and changes.kind != runs.GOES_ON:
            if self.isVisible():
                self.refresh()
            else:  # what is seen comes first
                self._soon.start()
        if "classes" in changes.kinds:
            self.camera.refresh()
        if changes.kind == additions.KIND and changes.journal_id is None:  # undone, or done again
            self.results.mark_added({})
        self._state()

    def classify(self, paths: list[str], picture: QImage | None = None) -> None:
        """Classifies files, folders and archives, or a picture; results appear as they come. Opens model files."""
        for path in paths:
            if path.endswith(SUFFIX):
                self.model.open_file(path)
        paths = [path for path in paths if not path.endswith(SUFFIX)]
        model = self.model.path()
        if model is None:
            self.status.setText(self.tr("No classifier yet: train one, or open a model file."))
        elif paths or picture is not None:
            self.show_camera(False)
            self.status.setText(self.tr("classifying …"))
            self.classifying.classify(model, paths, picture)

    def watch_folder(self, folder: str) -> None:
        """Classifies what arrives in a folder from now on."""
        model = self.model.path()
        if model is not None:
            self.show_camera(False)
            self.classifying.watch(model, folder)
            self.status.setText(self.tr("Waiting for images in {folder} …").format(folder=folder))

    def paste(self) -> None:
        """Classifies the image or the files in the clipboard."""
        if not self._take(QGuiApplication.clipboard().mimeData()):
            self.status.setText(self.tr("The clipboard holds neither an image nor files."))

    def _take(self, data: QMimeData) -> bool:
        """Classifies what was dropped or copied; False where it is neither files nor a picture."""
        files = local_files(data)
        picture = None if files else picture_of(data)
        self.classify(files, picture)
        return bool(files) or picture is not None

    def write_csv(self, path: Path) -> None:
        """Writes all results as a table."""
        self.deeds.write(path, self.table.answers, self.table.classes)

    def design(self) -> None:
        """Opens the designer of the rule when to say nothing, once the validation images were looked at."""
        project, run = self.session.project, self.model.run()
        if project is not None and run is not None:
            self.status.setText(self.tr("looking at the validation images …"))
            self.session.jobs.start("rejection", self.tr("looking at the validation images"),
                                    lambda job: rejection.gather(project, run, job.progress), done=self.show_designer)

    def show_designer(self, evidence: rejection.Evidence) -> RejectDesigner:
        """The designer over what was gathered."""
        self.status.clear()
        dialog = RejectDesigner(evidence, self)
        dialog.store.connect(lambda rule: self._store(evidence.run, rule))
        dialog.open()
        return dialog

    def _store(self, run: Run, rule: Rejection | None) -> None:
        project = self.session.project
        if project is None:
            return
        text = self.tr("{run} accepts every answer again") if rule is None else self.tr(
            "The rule lies in the model of {run}; classify again to see what it does")
        self.session.jobs.start("rejection", self.tr("storing the rule"),
                                lambda job: rejection.store(project, run, rule),
                                done=lambda _: self.status.setText(text.format(run=run.id)))

    def _classifier(self) -> Classifier:
        """The classifier that is chosen, for any thread."""
        return self.model.loaded.get(self.model.path() or "")

    def _watch(self, on: bool) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder to watch")) if on else ""
        if folder:
            self.watch_folder(folder)
        elif not on:
            self.classifying.stop()
        self._state()

    def show_camera(self, on: bool) -> None:
        """Shows the camera's page, or the results again."""
        self.intake.camera_button.setChecked(on)
        if on:
            self.classifying.stop()
        self.pages.setCurrentWidget(self.camera if on else self.parts)
        for widget in (self.add, self.sort, self.save):
            widget.setVisible(not on)
        if on:
            self.camera.open()
        else:
            self.camera.close_source()

    def _rename_answers(self) -> None:
        """Answers of the project's runs follow its classes: added as predicted, they would bring old names back."""
        run, before = self.model.loaded.runs.get(self._answering), self.table.classes
        if run is not None and run.outputs.names != before and len(run.outputs) == len(before):
            self.results.rename_classes(run.outputs.names)
            self.detail.rename_classes(run.outputs.names)

    def _began(self, beginning: Beginning) -> None:
        self._answering = self.model.path() or ""
        self.results.begin(beginning.classes)
        self.detail.begin(beginning.classes, beginning.rule)

    def _came(self, answers: list[Answer]) -> None:
        self.table.add(answers)
        if self.classifying.watched:
            last = answers[-1]
            self.status.setText(self.tr("{n} images so far, last {name}: {what}").format(
                n=len(self.table.answers), name=Path(last.title).name, what=last.predicted or last.reason))
        self._state()

    def _add(self) -> None:
        self.deeds.ask_class(self.results.selected(), self.add.mapToGlobal(self.add.rect().topLeft()))

    def _key(self, key: str) -> None:
        project = self.session.project
        rows = self.results.selected_rows()
        info = next((c for c in project.classes() if c.shortcut == key), None) if project is not None else None
        if info is not None and rows:
            self.deeds.add([(a.path, info.name) for a in self.results.selected() if a.confidences is not None])

    def _state(self) -> None:
        ready, some = self.model.path() is not None, bool(self.table.answers)
        project = self.session.project
        writable = project is not None and not project.read_only
        watching = bool(self.classifying.watched)
        self.intake.setEnabled(ready)
        self.intake.watch_button.setChecked(watching)
        self.results.explain(self.classifying.watched)
        self.stop.setEnabled(self.classifying.busy() or watching)
        self.save.setEnabled(some)
        self.sort.setEnabled(some)
        self.add.setEnabled(some and writable)
        self.reject.setEnabled(self.model.run() is not None and writable)
        if not ready:
            self.status.setText(self.tr("No classifier yet: train one, or open a model file."))
        elif self.status.text().startswith(self.tr("No classifier")):
            self.status.clear()

    def _opened(self, project: Project | None) -> None:
        if project is None:
            self.show_camera(False)
            self.classifying.close()
            self.results.begin([])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        data = event.mimeData()
        if local_files(data) or data.hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self._take(event.mimeData())
