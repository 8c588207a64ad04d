"""The headline figures, each with how sure it is."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from dlgui.engine.evaluation import Evaluation
from dlgui.engine.statistics import wilson_interval
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.words import percent


class Headline(QLabel):
    """One line of figures."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        inspection.loaded.connect(lambda: self.setText(_text(inspection.evaluation) if inspection.evaluation else ""))


def _text(found: Evaluation) -> str:
    wrong = int(found.confusion_matrix.sum() - np.trace(found.confusion_matrix))
    low, high = wilson_interval(wrong, found.num_samples)
    return (f"<b style='font-size:17px'>{percent(found.top1_error)}</b> top-1 error "
            f"({percent(low)} – {percent(high)}), {wrong} of {found.num_samples} wrong &nbsp; "
            f"mean recall <b>{percent(found.mean_recall)}</b> &nbsp; mean precision "
            f"<b>{percent(found.mean_precision)}</b> &nbsp; calibration error "
            f"<b>{percent(found.expected_calibration_error)}</b>")
