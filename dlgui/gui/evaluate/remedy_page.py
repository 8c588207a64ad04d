"""Remedy: suspected label errors, ranked by what their correction is expected to gain, and a quick retraining."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from dlgui.engine.label_issues import outlook
from dlgui.gui.commands import Command
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.evaluate.page import Page
from dlgui.gui.evaluate.samples import Sample
from dlgui.gui.evaluate.suspect_table import SuspectTable
from dlgui.gui.image_view import ImageView
from dlgui.gui.scenes import Scene
from dlgui.gui.thumbnails import full
from dlgui.gui.widgets import button, sentences
from dlgui.gui.words import about_seconds, percent, short, tip, told
from dlgui.project.changes import Changes
from dlgui.project.operations import evaluations, ghosts, label_queue, labels
from dlgui.project.operations.ghosts import Retrained
from dlgui.project.operations.label_queue import Suspect
from dlgui.project.operations.runs import Run


class RemedyPage(Page):
    """The queue of suspected label errors: keep, relabel or exclude, until it says that one may stop.

    Signals:
        looked: the suspect that is looked at is another, or was clicked; see `looked_at`.
    """

    looked = Signal()
    name = "remedy"

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        self.session = inspection.session
        self._queue: list[Suspect] = []
        self._run: Run | None = None
        self.search = button("findLabelErrorsButton", self.tr("Find label errors"), self.tr(
            "Looks for labels that the network, which never saw the images, contradicts"), self.look_for_errors, True)
        self.retrain = button("retrainQuickButton", self.tr("Retrain quick"), self.tr(
            "Trains a quick run on today's labels and shows what that brings"), self.train_again)
        self.standing, self.gained, self.hint, self.about = QLabel(), QLabel(), sentences(), sentences()
        self.preview = ImageView("suspectView")
        self.table = SuspectTable()
        self.keep = button("suspectKeepButton", self.tr("Keep  K"), self.tr(
            "The label is right (key K); it will not be doubted again"), lambda: self.decide("k"))
        self.change = button("suspectRelabelButton", self.tr("Relabel  R"), self.tr(
            "Take the suggestion (key R)"), lambda: self.decide("r"))
        self.leave = button("suspectExcludeButton", self.tr("Exclude  X"), self.tr(
            "Leave the image out of training and evaluation (key X)"), lambda: self.decide("x"))
        self._build()
        self.table.current.connect(self._look)
        self.table.clicked.connect(lambda _: self.looked.emit())
        self.table.key.connect(self.decide)
        inspection.loaded.connect(self._loaded)
        self.session.changed.connect(self._changed)
        self.session.opened.connect(lambda _: self._forget())

    def _build(self) -> None:
        for text, name in ((self.standing, "runStanding"), (self.hint, "suspectOutlook"),
                           (self.gained, "retrainResult"), (self.about, "suspectAbout")):
            text.setObjectName(name)
        for figures in (self.standing, self.gained):
            figures.setTextFormat(Qt.TextFormat.RichText)
            figures.setWordWrap(True)
        self.standing.setToolTip(self.tr(
            "A look: figures of the test split that nobody had seen before. Each one lets the split influence what is "
            "chosen next, and makes its figures a little too good."))
        self.preview.setMinimumHeight(120)
        top, acts = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.search)
        top.addWidget(self.retrain)
        top.addStretch()
        for part in (self.keep, self.change, self.leave):
            acts.addWidget(part)
        acts.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        for line in (self.standing, self.gained, self.hint):
            layout.addWidget(line)
        layout.addWidget(self.preview, 3)
        layout.addWidget(self.about)
        layout.addLayout(acts)
        layout.addWidget(self.table, 2)
        self.gained.hide()

    def title(self) -> str:
        return self.tr("Remedy")

    def tip(self) -> str:
        return self.tr("Suspected label errors, those first whose correction is expected to gain most")

    def commands(self) -> list[Command]:
        return [Command("actionFindLabelErrors", "evaluate", self.tr("Find label errors"),
                        self.look_for_errors, "Ctrl+G, L", True, True),
                Command("actionRetrainQuick", "evaluate", self.tr("Retrain quick"), self.train_again, "Ctrl+G, R")]

    def scenes(self) -> list[Scene]:
        return [Scene("evaluate-remedy", self.look_for_errors)]

    # --- the queue

    def _loaded(self) -> None:
        if self.active:
            self.refresh()

    def refresh(self) -> None:
        run = self.inspection.run
        ready = run is not None and self.inspection.evaluation is not None
        self.search.setEnabled(ready)
        self.retrain.setEnabled(ready)
        if run is None or self._run is None or run.id != self._run.id:
            self._queue, self._run = [], None
        self._show_queue()
        self._show_standing()

    def _forget(self) -> None:
        self._queue, self._run = [], None
        self.gained.hide()
        self._show_queue()

    def look_for_errors(self) -> None:
        """Looks for label errors, off the window's thread."""
        project, run = self.session.project, self.inspection.run
        if project is None or run is None:
            return
        self.search.setEnabled(False)
        self.hint.setText(self.tr("looking…"))
        self.session.jobs.start("labelErrors", self.tr("label errors"), lambda job: label_queue.suspects(
            project, run, job.progress), done=lambda queue: self._found(run, queue), failed=self._failed,
            cancelled=lambda: self.refresh())

    def _found(self, run: Run, queue: list[Suspect]) -> None:
        self._run, self._queue = run, queue
        self.search.setEnabled(True)
        self._show_queue()
        self.table.setFocus()

    def _failed(self, problem: Exception) -> None:
        self.search.setEnabled(True)
        self.hint.setText(told(problem))

    def _show_queue(self) -> None:
        project = self.session.project
        left, decided = label_queue.progress_of(project, self._queue) if project is not None else ([], [])
        self.table.show_suspects(left)
        for part in (self.keep, self.change, self.leave):
            part.setEnabled(bool(left))
        if self._run is None:
            self.hint.setText(self.tr("Not looked for yet."))
            return
        ahead = outlook([s.probability for s in left], [s.gain for s in left], decided)
        if not left:
            self.hint.setText(self.tr("No label is doubted any more." if self._queue else "No label is doubted."))
        elif ahead.stop:
            self.hint.setText(self.tr("The next {n} are probably right: you may stop. {left} left, worth {gain:.2f} "
                                      "points.").format(n=ahead.looked, left=len(left), gain=100 * ahead.gain))
        else:
            self.hint.setText(self.tr("{left} left, {done} done. Of the next {n} about {wrong:.0f} are wrong; "
                                      "correcting all is expected to gain {gain:.2f} points.").format(
                left=len(left), done=len(decided), n=ahead.looked, wrong=ahead.wrong, gain=100 * ahead.gain))

    def looked_at(self) -> Sample | None:
        """The suspect in the table's current row as any other image, its suggestion as what was predicted."""
        suspect, project, found = self.table.suspect(), self.session.project, self.inspection.evaluation
        if suspect is None or project is None or found is None or not self.active:
            return None
        paths = found.predictions.paths
        return Sample(paths.index(suspect.path) if suspect.path in paths else -1, suspect.image_id, suspect.path,
                      project.image_root / suspect.path, suspect.given, suspect.suggested, suspect.probability)

    def _look(self, suspect: Suspect | None) -> None:
        self.looked.emit()
        project = self.session.project
        if suspect is None or project is None:
            self.session.jobs.drop("suspectPicture")
            self.preview.show_image(QImage())
            self.preview.say("" if self._run is None else self.tr("Nothing left to decide."))
            self.about.clear()
            return
        split = self.tr(", in the {split} split").format(split=suspect.split) if suspect.split else ""
        test = self.tr(": relabeling it changes the test itself") if suspect.split == "test" else ""
        words = self.tr("{path}: labeled {given}, looks like {suggested} ({share:.0f} %){split}{test}")
        self.about.setToolTip(tip(suspect.path))
        self.about.setText(words.format(
            path=short(suspect.path, 44), given=short(suspect.given), suggested=short(suspect.suggested),
            share=100 * suspect.probability, split=split, test=test))
        file = str(project.image_root / suspect.path)
        self.session.jobs.start("suspectPicture", self.tr("picture"), lambda job: full(file),
                                done=self.preview.show_image, quiet=True)

    def decide(self, key: str) -> None:
        """Decides about the suspect that is looked at: `k`, `r`, `x`, or the key of a class."""
        suspect, project = self.table.suspect(), self.session.project
        if suspect is None or project is None:
            return
        if key == "x":
            self.session.do(labels.exclude, [suspect.image_id])
            return
        by_key = {info.shortcut: info.name for info in project.classes() if info.shortcut}
        name = {"k": suspect.given, "r": suspect.suggested}.get(key) or by_key.get(key)
        if name is not None:
            self.session.do(label_queue.decide, {suspect.image_id: name})

    def _changed(self, changes: Changes) -> None:
        if self.active and changes.kinds & {"labels", "flags", "classes", "images"}:
            self._show_queue()
            self._show_standing()

    # --- then and now

    def _show_standing(self) -> None:
        project, inspection = self.session.project, self.inspection
        if project is None or inspection.evaluation is None:
            self.standing.setText(self.inspection.problem)
            return
        ghost = inspection.ghost
        shown = inspection.split if inspection.epoch is None else self.tr("{when}, validation").format(
            when=inspection.when())
        text = self.tr("{split} error <b>{now}</b>").format(split=shown, now=percent(inspection.evaluation.top1_error))
        if ghost is not None:
            table = project.images()
            split_of = dict(zip(table.path, table.split.tolist(), strict=True))
            in_test = sum(split_of.get(path) == 2 for path in ghost.changed)
            if ghost.evaluation is not None:
                text += self.tr(" <small>was {then}</small>").format(then=percent(ghost.evaluation.top1_error))
            text += self.tr(" · labels changed since the run: {n}").format(n=len(ghost.changed))
            if in_test:
                text += self.tr(", <b>{n} of them in the test split</b>: its figure is no longer the run's own").format(
                    n=in_test)
        text += self.tr(" · looks at the test split: {n}").format(n=evaluations.looks(project))
        self.standing.setText(text)

    def train_again(self) -> None:
        """Trains a quick run on today's labels, off the window's thread."""
        project, run = self.session.project, self.inspection.run
        if project is None or run is None:
            return
        self.retrain.setEnabled(False)
        self.session.jobs.start("retrainQuick", self.tr("retraining"), lambda job: ghosts.retrain_quick(
            project, run, job.progress), done=self._retrained, failed=self._not_retrained,
            cancelled=lambda: self.retrain.setEnabled(True))

    def _retrained(self, found: Retrained) -> None:
        self.retrain.setEnabled(True)
        before, after = found.before.top1_error, found.after.top1_error
        word = self.tr("better") if after < before else self.tr("worse") if after > before else self.tr("as good")
        self.gained.setText(self.tr("{run}, trained in {time}: {subset} error {before} → <b>{after}</b>, {word}; both "
                                    "against today's labels").format(
            run=found.run.id, time=about_seconds(found.run.train_seconds), subset=found.subset, before=percent(before),
            after=percent(after), word=word))
        self.gained.show()

    def _not_retrained(self, problem: Exception) -> None:
        self.retrain.setEnabled(True)
        self.gained.setText(escape(told(problem)))
        self.gained.show()
