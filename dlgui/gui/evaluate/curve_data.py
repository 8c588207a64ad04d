"""What the curves page draws, computed in a job's thread."""

from __future__ import annotations

from dataclasses import dataclass

from dlgui.engine.calibration import Reliability, error_by_chance
from dlgui.engine.evaluation import Evaluation, reliability
from dlgui.engine.statistics import Curve, precision_recall_curve, rejection_curve, roc_curve
from dlgui.gui.jobs import Job
from dlgui.project.operations import evaluations
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project


@dataclass(frozen=True, eq=False)
class Drawn:
    """Everything that the page draws.

    Attributes:
        precision_recall, roc: by class.
        rejection: error over coverage.
        reliability: by what was done to the confidences.
        by_chance: calibration error that chance alone may bring with so many images.
        fitted_on, crossed: as in `evaluations.Recalibrated`.
    """

    precision_recall: dict[str, Curve]
    roc: dict[str, Curve]
    rejection: Curve
    reliability: dict[str, Reliability]
    by_chance: float
    fitted_on: int
    crossed: int


def compute(job: Job, project: Project, run: Run | None, found: Evaluation) -> Drawn:
    """In the job's thread; without a run there is nothing to compare the calibration with."""
    known, precision_recall, roc = found.predictions, {}, {}
    job.progress.task("curves", len(found.classes))
    for name in found.classes:
        precision_recall[name], roc[name] = precision_recall_curve(known, name), roc_curve(known, name)
        job.progress.advance()
    reliable, fitted_on, crossed = {"as it is": reliability(known)}, 0, 0
    if run is not None:
        other = evaluations.recalibrated(project, run, known, job.progress)
        fitted_on, crossed = other.fitted_on, other.crossed
        for name, one in (("before calibration", other.before), ("calibrated anew", other.again)):
            if one is not None:
                reliable[name] = reliability(one)
    return Drawn(precision_recall, roc, rejection_curve(known), reliable, error_by_chance(known.confidence), fitted_on,
                 crossed)
