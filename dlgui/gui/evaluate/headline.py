"""The headline figures, each with how sure it is."""

from __future__ import annotations

import time
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from dlgui.engine.evaluation import Evaluation
from dlgui.engine.preload import yield_to_the_window
from dlgui.engine.statistics import Interval, calibration_interval, interval, wilson_interval
from dlgui.gui import theme
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.jobs import Job
from dlgui.gui.words import percent

FIGURES = ("top1_error", "mean_recall", "mean_precision", "mean_f_score", "expected_calibration_error")

LATER = 0.4
"""Seconds after the figures in which the first heatmap has both processors."""

NO_BREAK = "\u2011"
"""A hyphen at which no line ends."""

TOGETHER = "\u2060"
"""After a dash: no line ends here."""


class Headline(QLabel):
    """One line of figures; their bootstrap intervals follow as soon as they are drawn."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluationHeadline")
        self.inspection = inspection
        self.intervals: dict[str, Interval] = {}
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setToolTip(self.tr("95 % intervals: how far the figures would wander with other images of the same kind "
                                "(bootstrap of 1,000 draws)"))
        inspection.loaded.connect(self._loaded)

    def _loaded(self) -> None:
        found, self.intervals = self.inspection.evaluation, {}
        self.setVisible(found is not None)  # an empty line would take room all the same
        if found is None:
            self.clear()
            return
        wrong = round(found.top1_error * found.num_samples)
        self.intervals["top1_error"] = wilson_interval(wrong, found.num_samples)
        self._write(found)
        self.inspection.session.jobs.start("intervals", self.tr("intervals"), lambda job: _intervals(job, found),
                                           done=lambda drawn: self._drawn(found, drawn), quiet=True)

    def _drawn(self, found: Evaluation, drawn: dict[str, Interval]) -> None:
        if found is self.inspection.evaluation:  # where nothing is wrong, every draw is the same and says nothing
            self.intervals |= {key: (low, high) for key, (low, high) in drawn.items() if low < high}
            self._write(found)

    def _write(self, found: Evaluation) -> None:
        names = (self.tr("top-1 error"), self.tr("mean recall"), self.tr("mean precision"), self.tr("mean F-score"),
                 self.tr("calibration error"))
        parts = []
        if self.inspection.epoch is not None:
            parts.append(self.tr("<b>{when}</b>, on the validation images (epochs know no others):").format(
                when=self.inspection.when().replace(" ", "&nbsp;")))
        for key, name in zip(FIGURES, names, strict=True):
            between = self.intervals.get(key)
            words = [name.replace("-", NO_BREAK), f"<b>{percent(getattr(found, key))}</b>"]
            if key == "top1_error":
                words[1] = words[1].replace("<b>", "<b style='font-size:17px'>")
            if between:
                words.append(f"<small>({100 * between[0]:.1f} –{TOGETHER} {100 * between[1]:.1f})</small>")
            if key == "top1_error":
                words.append(self.tr("{wrong} of {n} wrong").format(wrong=round(found.top1_error * found.num_samples),
                                                                    n=found.num_samples))
                was = self.inspection.ghost.evaluation if self.inspection.ghost is not None else None
                if was is not None:
                    colour = theme.colours().soft
                    words.append(f"<small style='color:{colour}'>"
                                 + self.tr("was {then}").format(then=percent(was.top1_error)) + "</small>")
            parts.append("&nbsp;".join(word if "style" in word else word.replace(" ", "&nbsp;") for word in words))
        if self.inspection.left_out:
            parts.append(f"<span style='color:{theme.colours().warning}'>{escape(self.inspection.left_out)}</span>")
        self.setText(" &nbsp; ".join(parts))


def _intervals(job: Job, found: Evaluation) -> dict[str, Interval]:
    drawn = {}
    yield_to_the_window()
    time.sleep(LATER)
    for key in FIGURES:
        job.progress.check()
        drawn[key] = (calibration_interval(found.predictions) if key == "expected_calibration_error"
                      else interval(found.predictions, key))
    return drawn
