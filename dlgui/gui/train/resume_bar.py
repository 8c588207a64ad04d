"""A bar that offers to go on with a training that did not come to its end."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from dlgui.gui import theme
from dlgui.gui.widgets import button
from dlgui.gui.words import shortened
from dlgui.project.operations import divergence, training
from dlgui.project.operations.runs import Run


class ResumeBar(QFrame):
    """Says which run stands still and where; asks nothing until somebody wants to.

    Signals:
        resume, conclude: the run that shall go on, or be ended with the best network that it has.
    """

    resume, conclude = Signal(object), Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("resumeBar")
        self.run: Run | None = None
        self._dismissed: set[str] = set()
        self.text = QLabel()
        self.text.setObjectName("resumeText")
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.go_on = button("resumeTrainingButton", "", "", lambda: self.resume.emit(self.run), primary=True)
        self.keep = button("keepBestButton", self.tr("Keep the best so far"), self.tr(
            "End the run with the best network that it has, calibrated and evaluated"),
            lambda: self.conclude.emit(self.run))
        self.dismiss = button("dismissResumeButton", self.tr("Not now"), self.tr(
            "Hide this; the run stays in the table and can go on from there"), self._dismiss)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.addWidget(self.text, 1)
        for made in (self.go_on, self.keep, self.dismiss):
            layout.addWidget(made)
        theme.notifier().changed.connect(self._dress)
        self._dress()
        self._say_how(False)
        self.hide()

    def _dress(self) -> None:
        c = theme.colours()
        self.setStyleSheet(f"QFrame#resumeBar {{ background: {c.panel}; border: 1px solid {c.warning}; "
                           "border-radius: 8px; }")

    def offer(self, run: Run | None, asked: bool = False) -> None:
        """Offers to go on with a run, or hides where there is none; `asked` when somebody has selected it."""
        self.run = run
        if run is None or (run.id in self._dismissed and not asked):
            self.hide()
            return
        where, smaller = "", divergence.failed(run)
        if run.method == "finetune":
            where = (self.tr(" after epoch {done} of {all}") if run.epochs else self.tr(
                " before the end of its first epoch")).format(
                    done=run.epochs, all=run.parameters["settings"]["epochs"])
        name = shortened(run.name or run.id, 40)
        self.text.setText(self.tr(
            "The loss of {name} became no number{where}. With a smaller learning rate it can go on.").format(
                name=name, where=where) if smaller else {
            "interrupted": self.tr("{name} was interrupted{where}. Nothing is lost: it can go on where it was."),
            "paused": self.tr("{name} is paused{where}. It can go on where it was."),
            "failed": self.tr("{name} ended{where} with a problem: {error}")}[run.state].format(
                name=name, where=where, error=run.error))
        self._say_how(smaller)
        self.keep.setVisible(training.can_conclude(run))
        self.show()

    def _say_how(self, smaller: bool) -> None:
        """What the first button does: as it was, a training whose loss became no number would only fail again."""
        text = self.tr("Go on with a tenth of the rate") if smaller else self.tr("Go on")
        self.go_on.setText(text)
        self.go_on.setAccessibleName(text)
        self.go_on.setToolTip(self.tr(
            "Go on with a tenth of the learning rate from the last state before the loss ran away; where none was "
            "written, train anew as a run of its own") if smaller else self.tr("Go on with the training where it was"))

    def forget(self) -> None:
        """Another project is open: what was hidden before says nothing about its runs."""
        self._dismissed.clear()

    def _dismiss(self) -> None:
        if self.run is not None:
            self._dismissed.add(self.run.id)
        self.hide()
