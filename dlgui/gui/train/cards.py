"""The two ways to train, each on a card: what it does, how long it takes here, how good it was; one click starts it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from dlgui.gui.widgets import button
from dlgui.gui.words import about_seconds, percent, shortened
from dlgui.project.operations.outlook import Estimate, Outlook


class MethodCard(QFrame):
    """One way to train.

    Signals:
        chosen: the card was clicked.
        started: its button was pressed.
    """

    chosen = Signal()
    started = Signal()

    def __init__(self, method: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.method = method
        self._able, self._held = True, False
        self.setObjectName(f"{method}Card")
        self.setProperty("card", True)
        self.setAccessibleName(title)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.title, self.what, self.time, self.last = QLabel(title), QLabel(), QLabel(), QLabel()
        self.title.setProperty("heading", True)
        for label, name in ((self.what, "What"), (self.time, "Time"), (self.last, "Last")):
            label.setObjectName(f"{method}Card{name}")
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.what.setProperty("soft", True)
        self.start = button(f"{method}StartButton", self.tr("Train"), self.tr(
            "Trains at once with the defaults, on the network and device below; the other parameters below are for "
            "'Start training'"), self.started.emit)
        self.start.setAccessibleName(self.tr("Train: {title}").format(title=title))
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.start)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 10, 10)
        layout.setSpacing(4)
        layout.addLayout(head)
        for label in (self.what, self.time, self.last):
            layout.addWidget(label)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit()
        super().mousePressEvent(event)

    def set_chosen(self, chosen: bool) -> None:
        """Marks the card whose parameters the form shows."""
        if self.property("chosen") != chosen:
            self.setProperty("chosen", chosen)
            self.style().unpolish(self)
            self.style().polish(self)

    def hold(self, on: bool) -> None:
        """Nothing can be started for now, whatever the data are."""
        self._held = on
        self._enable()

    def _enable(self) -> None:
        self.start.setEnabled(self._able and not self._held)

    def show_outlook(self, network: str, found: Outlook | None) -> bool:
        """What it does with these data and how good it was; None where the plan does not fit.

        Returns whether that is something else than before, so that it will take another time.
        """
        before = self.what.text()
        self._show_best(found)
        self._describe(network, found)
        return self.what.text() != before

    def _describe(self, network: str, found: Outlook | None) -> None:
        obstacle = self._obstacle(found)
        self._able = found is not None and found.kinds > 1 and (not found.train or len(found.classes) > 1)
        self._enable()
        if obstacle or found is None:
            self.what.setText(obstacle)
            self._say_time("")
            return
        if self.method == "quick":
            text = self.tr("Runs {every:,} images once through {network}, left as it is, and solves for the layer that "
                           "tells {classes} classes apart.")
        elif found.validation:
            text = self.tr("Trains all of {network} on {train:,} images, {epochs} times over, and keeps what errs "
                           "least on {validation:,} others.")
        else:
            text = self.tr("Trains all of {network} on {train:,} images, {epochs} times over, and keeps the last "
                           "state: there are no validation images to judge by.")
        self.what.setText(text.format(every=found.every, train=found.train, validation=found.validation,
                                      network=network, classes=len(found.classes), epochs=found.epochs))

    def _obstacle(self, found: Outlook | None) -> str:
        if found is None:
            return self.tr("The image size does not fit the network.")
        if found.kinds < 2:
            return self.tr("Needs labeled images of at least two classes.")
        if not found.train:
            return self.tr("The images have no split yet; training makes one (70 % training, 15 % validation, 15 % "
                           "test).")
        if len(found.classes) < 2:
            return self.tr("The training split holds images of one class only: split the data again.")
        return ""

    def _show_best(self, found: Outlook | None) -> None:
        best = found.best if found is not None else None
        if best is None:
            self.last.setText(self.tr("Not trained yet in this project."))
            return
        errors = [text.format(error=percent(error)) for text, error in (
            (self.tr("{error} validation error"), best.validation_top1_error),
            (self.tr("{error} on the test split"), best.test_top1_error)) if error is not None]
        self.last.setText(self.tr("Best so far: {errors}, in {seconds} ({run}).").format(
            errors=", ".join(errors) or self.tr("not judged yet"), seconds=about_seconds(best.train_seconds),
            run=shortened(best.name or best.id)))

    def show_measuring(self) -> None:
        """The time is being measured."""
        self._say_time(self.tr("Measuring how fast this computer is…"))

    def _say_time(self, text: str) -> None:
        self.time.setText(text)
        self.time.setVisible(bool(text))

    def show_estimate(self, found: Estimate | None, reason: str = "") -> None:
        """How long it takes here, or why that is not known."""
        if found is None:
            self._say_time(reason)
            return
        text = (self.tr("About {time} here, at the speed of {run}.") if found.source else self.tr(
            "About {time} here, as measured.")).format(time=about_seconds(found.seconds),
                                                                 run=shortened(found.source))
        if not found.new:
            text += " " + self.tr("The images are prepared already.")
        if found.choosing:
            text += " " + self.tr("Choosing the network takes up to {time} more.").format(
                time=about_seconds(found.choosing))
        self._say_time(text)
        names = {"features": self.tr("features of new images"), "solving": self.tr("choosing and solving"),
                 "reading": self.tr("preparing new images"), "starting": self.tr("loading the network"),
                 "training": self.tr("training"),
                 "quick": self.tr("the quick classifier, which it has to beat"), "evaluating": self.tr("validating")}
        self.time.setToolTip("\n".join(f"{names[part]}: {about_seconds(seconds)}"
                                       for part, seconds in found.parts.items()))
