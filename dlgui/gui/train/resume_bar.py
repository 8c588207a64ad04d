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
        again: the run whose settings shall be trained anew, for it cannot go on.
    """

    resume, conclude, again = Signal(object), Signal(object), Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("resumeBar")
        self.run: Run | None = None
        self._dismissed: set[str] = set()
        self._stuck: set[str] = set()
        """Runs whose data have changed since they began."""
        self.text = QLabel()
        self.text.setObjectName("resumeText")
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.go_on = button("resumeTrainingButton", "", "", self._go_on, primary=True)
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
        self._say_how()
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
        self.text.setText(self._sentence(run))
        self._say_how(divergence.failed(run), run.id in self._stuck)
        self.keep.setVisible(training.can_conclude(run))
        self.show()

    def _sentence(self, run: Run) -> str:
        where = ""
        if run.method == "finetune":
            where = (self.tr(" after epoch {done} of {all}") if run.epochs else self.tr(
                " before the end of its first epoch")).format(
                    done=run.epochs, all=run.parameters["settings"]["epochs"])
        if run.id in self._stuck:
            text = self.tr("{name} stands still{where} and cannot go on: images, labels or the split have changed.")
        elif divergence.failed(run):
            text = self.tr("The loss of {name} became no number{where}. With a smaller learning rate it can go on.")
        else:
            text = {
                "interrupted": self.tr("{name} was interrupted{where}. Nothing is lost: it can go on where it was."),
                "paused": self.tr("{name} is paused{where}. It can go on where it was."),
                "failed": self.tr("{name} ended{where} with a problem: {error}")}[run.state]
        return text.format(name=shortened(run.name or run.id, 40), where=where, error=run.error)

    def _say_how(self, smaller: bool = False, stuck: bool = False) -> None:
        """What the first button does: as it was, a training whose loss became no number would only fail again."""
        if stuck:
            text, tip = self.tr("Train anew"), self.tr(
                "Train a new run with its settings on today's images, labels and split")
        elif smaller:
            text, tip = self.tr("Go on with a tenth of the rate"), self.tr(
                "Go on with a tenth of the learning rate from the last state before the loss ran away; where none was "
                "written, train anew as a run of its own")
        else:
            text, tip = self.tr("Go on"), self.tr("Go on with the training where it was")
        self.go_on.setText(text)
        self.go_on.setAccessibleName(text)
        self.go_on.setToolTip(tip)

    def _go_on(self) -> None:
        if self.run is None or self.run.id not in self._stuck:
            self.resume.emit(self.run)
        else:
            self._dismissed.add(self.run.id)
            self.again.emit(self.run)

    def tell_data(self, run: Run, unchanged: bool) -> None:
        """Takes in whether the data of a run are still those that it began with."""
        (self._stuck.discard if unchanged else self._stuck.add)(run.id)
        if self.run is not None and self.run.id == run.id and self.isVisible():
            self.offer(self.run, asked=True)

    def forget(self) -> None:
        """Another project is open: what was known before says nothing about its runs."""
        self._dismissed.clear()
        self._stuck.clear()

    def _dismiss(self) -> None:
        if self.run is not None:
            self._dismissed.add(self.run.id)
        self.hide()
