"""The chosen images in words: filters, slices and cells of the matrix."""

from __future__ import annotations

import numpy as np

from dlgui.engine.matrix_table import UNSURE
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.words import short

NAMED = 3
"""So many classes are named in a caption, of more their number is told."""


def describe(inspection: Inspection) -> str:
    """The chosen images in words, after a colon; empty where all are chosen."""
    shown, wanted = inspection.decisions, inspection.criteria
    if shown is None:
        return ""
    parts = [inspection.named] if wanted.only is not None and inspection.named else []
    if wanted.outcome != "all":
        parts.append(wanted.outcome)
    for word, value in (("truth", wanted.truth), ("predicted", wanted.predicted)):
        if isinstance(value, str):
            parts.append(f"{word} {short(value)}")
    if wanted.cells is not None:
        parts.append(_cells(wanted.cells, shown.classes))
    if (wanted.minimum_confidence, wanted.maximum_confidence) != (0.0, 1.0):
        parts.append(f"confidence {100 * wanted.minimum_confidence:.0f} to {100 * wanted.maximum_confidence:.0f} %")
    if wanted.topk_miss is not None:
        parts.append(f"truth not among the first {wanted.topk_miss}")
    if wanted.text:
        parts.append(f"name with “{wanted.text}”")
    return f": {', '.join(parts)}" if parts else ""


def _cells(cells: np.ndarray, classes: list[str]) -> str:
    answers, truths = np.flatnonzero(cells.any(1)), np.flatnonzero(cells.any(0))
    names = [*classes, UNSURE]
    truth = f"truth {_either([classes[i] for i in truths])}"
    answer = f"answer {_either([names[i] for i in answers])}"
    if cells.all():
        return "all cells"
    if cells[:, truths].all():
        return truth
    if cells[answers].all():
        return answer
    if cells[np.ix_(answers, truths)].all():
        return f"{truth}, {answer}"
    return f"{int(cells.sum())} cells"


def _either(names: list[str]) -> str:
    """`a`, `a or b`, `a, b or c`, `7 classes`."""
    if len(names) > NAMED:
        return f"{len(names)} classes"
    cut = [short(name) for name in names]
    return " or ".join(part for part in (", ".join(cut[:-1]), cut[-1]) if part) if cut else ""
