"""Runs whose loss became no number: they would fail again as they are, and go on with a smaller learning rate."""

from __future__ import annotations

import numpy as np

from dlgui.errors import DlguiError
from dlgui.project.operations import batches, run_files
from dlgui.project.operations.runs import Run

SMALLER = 10.0
"""What the rate is divided by unless somebody names another."""

RUNAWAY = 4.0
"""So many times its least the loss may be in a state to go on from; the learning-rate range test ends there, too."""


def failed(run: Run) -> bool:
    """Whether a run ended because its loss was no number."""
    return run.state == "failed" and run_files.mend(run) == "smaller rate"


def smaller_rate(run: Run) -> float | None:
    """The learning rate with which such a run can go on; None for other runs."""
    return run.parameters["settings"]["learning_rate"] / SMALLER if failed(run) else None


def would_fail_again(run: Run) -> DlguiError:
    """Why such a run does not go on as it is."""
    rate = run.parameters["settings"]["learning_rate"]
    return DlguiError(run.id, f"with the learning rate {rate:g} its loss became no number, and would again",
                      f"go on with a smaller one: dlgui train PROJECT --resume {run.id} --learning-rate "
                      f"{rate / SMALLER:g}", "smaller rate")


def sound(run: Run, iteration: int) -> bool:
    """Whether the loss had not run away yet when a run had made `iteration` updates: its mean over the last epoch by
    then against the least such mean."""
    known = batches.read(run)
    known = known[known[:, 0] <= iteration]
    if not len(known):
        return True
    losses = known[:, 2]
    width = min(max(round(float(known[-1, 0] / known[-1, 1])), 1), len(losses))
    means = np.convolve(losses, np.full(width, 1 / width), "valid")
    return bool(means[-1] <= RUNAWAY * means.min())
