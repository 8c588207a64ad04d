"""What the curves under the mouse say, as rich text."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

import numpy as np

from dlgui.gui.train.lines import RunCurves
from dlgui.gui.words import shortened

Translate = Callable[[str], str]
ORDER = ("train", "validation", "loss", "rate")

RUNS = 10
"""Of so many runs at once the values are read out."""

LONGEST = 18
"""Letters of a run's name."""


def of_one(run: RunCurves, epoch: float, kinds: Sequence[str], tr: Translate) -> str:
    """The values of one run at an epoch, a line each; errors with the epoch after which they were found."""
    at = min(max(epoch, 0.0), run.last)
    lines = [f"<b>{tr('epoch')} {at:.2f}</b>"]
    for kind, text in values(run, at, kinds).items():
        x = run.curves[kind].x
        found = f" ({tr('epoch')} {x[np.abs(x - at).argmin()]:g})" if kind in ("train", "validation") else ""
        lines.append(f"{_word(kind, tr)} {text}{found}")
    if run.start_kept:
        lines.append(tr("kept: the start, {error:.2f} %").format(error=run.best_error))
    return "<br>".join(lines)


def of_several(runs: Sequence[RunCurves], colours: Sequence[str], epoch: float, kinds: Sequence[str],
               tr: Translate) -> str:
    """The values of several runs as a table, a run a row.

    Args:
        runs: whose; of the first `RUNS` with values these are given.
        colours: `#rrggbb` of each.
        epoch: where the mouse is; of a shorter run the last values are given.
        kinds: that are shown.
        tr: translates.
    """
    known = [(run, colour) for run, colour in zip(runs, colours, strict=True) if run.last or run.level is not None]
    shown = [kind for kind in ORDER if kind in kinds]
    head = _cells([f"<b>{tr('epoch')} {max(epoch, 0.0):.2f}</b>", *(_word(kind, tr) for kind in shown)])
    rows = [head]
    for run, colour in known[:RUNS]:
        said = values(run, min(max(epoch, 0.0), run.last), shown)
        if run.level is not None:
            said |= {"train": tr("no epochs"), "validation": f"{run.level:.2f} %"}
        name = f"<span style='color: {colour}'>●</span> {html.escape(shortened(run.name, LONGEST))}"
        rows.append(_cells([name, *(said.get(kind, "–") for kind in shown)]))
    more = tr("and {n} more").format(n=len(known) - RUNS) if len(known) > RUNS else ""
    return f"<table cellspacing=0>{''.join(rows)}</table>{more}"


def values(run: RunCurves, at: float, kinds: Sequence[str]) -> dict[str, str]:
    """Kind → what the curve of that kind says at an epoch; without those that say nothing."""
    found: dict[str, str] = {}
    for kind in (kind for kind in ORDER if kind in kinds):
        value = run.curves[kind].at(at)
        if value is not None:
            found[kind] = {"loss": f"{value:.4g}", "rate": f"{value:.3g}"}.get(kind, f"{value:.2f} %")
    return found


def _word(kind: str, tr: Translate) -> str:
    return {"train": tr("training"), "validation": tr("validation"), "loss": tr("loss"),
            "rate": tr("learning rate")}[kind]


def _cells(texts: Sequence[str]) -> str:
    first, *rest = texts
    return f"<tr><td>{first}</td>{''.join(f'<td align=right>&nbsp; {text}</td>' for text in rest)}</tr>"
