"""Classifies the newest frame, again and again; frames that come meanwhile are skipped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from dlgui.engine.answers import Answer, answer
from dlgui.engine.classifier import Classifier
from dlgui.engine.images import shrunk
from dlgui.engine.rejection import Rejection
from dlgui.gui.apply.frame_sources import pixels_of
from dlgui.gui.jobs import Job
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import to_qimage

SIDE = 1600
"""Most pixels of a side that are shown: painting all of a large frame would hold the window up."""


@dataclass(frozen=True, eq=False)
class LiveAnswer:
    """One classified frame.

    Attributes:
        pixels: uint8 (H, W) or (H, W, 3), as the camera gave it.
        picture: what is shown, with the heatmap where it is wanted; no side is longer than `SIDE`.
        answer: what the classifier says.
        classes, rule: of the classifier.
    """

    pixels: np.ndarray
    picture: QImage
    answer: Answer
    classes: list[str]
    rule: Rejection | None


class _Mailbox:
    """Holds the newest frame, and knows whether the window has shown the last answer."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._frame: Any = None
        self.shown = threading.Event()
        self.shown.set()

    def put(self, frame: Any) -> None:
        with self._change:
            self._frame = frame
            self._change.notify()

    def take(self, seconds: float) -> Any:
        """The newest frame, or None where none came in time."""
        with self._change:
            self._change.wait_for(lambda: self._frame is not None, seconds)
            frame, self._frame = self._frame, None
            return frame


class LiveClassifier(QObject):
    """Takes frames and gives answers, never more than the window can show.

    Signals:
        answered: a `LiveAnswer`.
        failed: an exception; nothing follows.
    """

    answered = Signal(object)
    failed = Signal(object)

    def __init__(self, session: Session, load: Callable[[], Classifier], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session, self._load = session, load
        self._box = _Mailbox()
        self.heatmap = False

    def start(self) -> None:
        """Begins; ends what went before."""
        box = self._box = _Mailbox()
        self.session.jobs.start("camera", self.tr("camera"), lambda job: self._work(job, box), told=self._told,
                                failed=self.failed.emit, quiet=True)

    def stop(self) -> None:
        """Ends."""
        self.session.jobs.drop("camera")

    def take(self, frame: Any) -> None:
        """Offers a frame; cheap, whatever its size."""
        self._box.put(frame)

    def _told(self, live: LiveAnswer) -> None:
        self.answered.emit(live)
        self._box.shown.set()

    def _work(self, job: Job, box: _Mailbox) -> None:
        classifier = self._load()
        predictor = classifier.predictor("auto")
        while True:
            job.progress.check()
            frame = box.take(0.1)
            pixels = pixels_of(frame) if frame is not None else None
            if pixels is None:
                continue
            judged = predictor.judge_pixels(classifier.preprocessing.pixels(pixels)[None])[0]
            picture = to_qimage(shrunk(_explained(classifier, pixels) if self.heatmap else pixels, SIDE))
            while not box.shown.wait(0.1):
                job.progress.check()
            box.shown.clear()
            job.tell(LiveAnswer(pixels, picture, answer("", judged, classifier.classes), classifier.classes,
                                classifier.rejection))


def _explained(classifier: Classifier, pixels: np.ndarray) -> np.ndarray:
    from dlgui.engine import heatmaps

    return heatmaps.overlay(pixels, heatmaps.explain(classifier, [pixels])[0].map)
