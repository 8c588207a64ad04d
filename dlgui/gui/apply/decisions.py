"""How a decision is called and coloured wherever it shows."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from dlgui.engine.answers import Answer
from dlgui.gui import theme


def word_of(decision: str) -> str:
    """The decision in the user's words."""
    translate = QCoreApplication.translate
    return {"accepted": translate("decisions", "accepted"), "not_sure": translate("decisions", "not sure"),
            "unknown": translate("decisions", "unknown"), "failed": translate("decisions", "cannot be read")}[decision]


def colour_of(decision: str) -> str:
    """`#rrggbb`, or empty for what needs no attention."""
    c = theme.colours()
    return {"not_sure": c.warning, "unknown": c.wrong, "failed": c.soft}.get(decision, "")


def sentence(a: Answer, threshold: float | None) -> str:
    """What was decided and why; `threshold` is that of the predicted class."""
    translate = QCoreApplication.translate
    if a.decision == "failed":
        return a.reason
    if a.decision == "unknown" and a.novelty is not None:
        return translate("decisions", "Unknown: unlike anything it was trained on ({n:.1f} × the limit)").format(
            n=a.novelty)
    if a.decision == "not_sure" and threshold is not None:
        return translate("decisions", "Not sure: {c:.1f} % is below the threshold of {t:.1f} %").format(
            c=100 * a.confidence, t=100 * threshold)
    return f"{a.predicted}  {100 * a.confidence:.1f} %"
