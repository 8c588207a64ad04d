"""Small charts as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from dlgui.engine.calibration import Reliability
from dlgui.engine.evaluation import Evaluation, relative

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 520, 260, 52, 34
TRAINING, VALIDATION = "#c2187a", "#b8860b"


def training_curve(history: Sequence[dict[str, Any]]) -> Markup:
    """Training and validation error over epochs; nothing for a single epoch."""
    points = [h for h in history if h["train_top1_error"] is not None]
    if len(points) < 2:
        return Markup("")
    epochs = [float(h["epoch"]) for h in points]
    lines = {"training error": (TRAINING, [h["train_top1_error"] for h in points]),
             "validation error": (VALIDATION, [h["validation_top1_error"] for h in points])}
    top = max([e for _, values in lines.values() for e in values if e is not None] + [0.001]) * 1.1
    body = _axes([(share, f"{100 * top * share:.3g} %") for share in (0, 0.25, 0.5, 0.75, 1)],
                 [((e - epochs[0]) / (epochs[-1] - epochs[0]), f"{e:.0f}")
                  for e in epochs[:: max(len(epochs) // 8, 1)]], "epoch")
    for i, (name, (colour, values)) in enumerate(lines.items()):
        path = " ".join(f"{_x((e - epochs[0]) / (epochs[-1] - epochs[0])):.1f},{_y(v / top):.1f}"
                        for e, v in zip(epochs, values, strict=True) if v is not None)
        body += f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        body += f'<text x="{_WIDTH - 130}" y="{24 + 18 * i}" fill="{colour}">{name}</text>'
    return _svg(body, "training and validation error over epochs")


def reliability_diagram(found: Reliability) -> Markup:
    """Accuracy over confidence as bars, with the diagonal of perfect calibration."""
    body = _axes([(s, f"{100 * s:.0f} %") for s in (0, 0.25, 0.5, 0.75, 1)],
                 [(s, f"{100 * s:.0f} %") for s in (0, 0.25, 0.5, 0.75, 1)], "confidence")
    for low, high, count, accuracy in zip(found.edges[:-1], found.edges[1:], found.count, found.accuracy, strict=True):
        if count:
            x, y = _x(float(low)), _y(float(accuracy))
            body += (f'<rect x="{x + 1:.1f}" y="{y:.1f}" width="{_x(float(high)) - x - 2:.1f}" '
                     f'height="{_y(0) - y:.1f}" fill="#0b6bcb" opacity="{0.85 if count >= 10 else 0.3}">'
                     f"<title>{count} images, {100 * accuracy:.1f} % right</title></rect>")
    body += (f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" class="even" stroke-dasharray="5 4"/>')
    return _svg(body, "reliability diagram")


def confusion_map(found: Evaluation) -> Markup:
    """The confusion matrix of many classes: a coloured square where there are images, each one to be clicked."""
    shares, size = relative(found.confusion_matrix), len(found.classes)
    squares = []
    for i, j in np.argwhere(found.confusion_matrix).tolist():
        count = int(found.confusion_matrix[i, j])
        colour, _ = cell_colour(float(shares[i, j]), i == j)
        told = escape(cell_words(count, found.classes[j], found.classes[i]))
        squares.append(f'<rect x="{j}" y="{i}" width="1" height="1" fill="{colour}" '
                       f'tabindex="0" role="button" data-row="{i}" data-column="{j}" data-count="{count}" '
                       f'aria-label="{told}"><title>{told}</title></rect>')
    return Markup(f'<svg class="map" role="group" aria-label="confusion matrix" viewBox="0 0 {size} {size}" '
                  f'shape-rendering="crispEdges"><rect class="ground" width="{size}" height="{size}"/>'
                  f'{"".join(squares)}</svg>')


def cell_words(count: int, truth: str, predicted: str) -> str:
    """What a cell of the matrix holds."""
    images = f"{count} image{'' if count == 1 else 's'} of {truth}"
    return f"{images} recognized" if truth == predicted else f"{images} taken for {predicted}"


def cell_colour(share: float, diagonal: bool) -> tuple[str, str]:
    """Background and ink of a cell by the share of its column: blue where right, red where wrong."""
    strength = share if diagonal else min(share * 2.5, 1.0) ** 0.6
    target = (11, 107, 203) if diagonal else (200, 40, 40)
    red, green, blue = (round(244 + (c - 244) * strength) for c in target)
    return f"#{red:02x}{green:02x}{blue:02x}", "#ffffff" if strength > 0.45 else "#1b2733"


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - 16)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - 12)


def _axes(vertical: list[tuple[float, str]], horizontal: list[tuple[float, str]], name: str) -> str:
    body = ""
    for share, text in vertical:
        body += (f'<line x1="{_LEFT}" x2="{_WIDTH - 16}" y1="{_y(share):.1f}" y2="{_y(share):.1f}" class="grid"/>'
                 f'<text x="{_LEFT - 6}" y="{_y(share) + 4:.1f}" text-anchor="end">{text}</text>')
    for share, text in horizontal:
        body += f'<text x="{_x(share):.1f}" y="{_HEIGHT - 16}" text-anchor="middle">{text}</text>'
    return body + f'<text x="{(_WIDTH + _LEFT) / 2}" y="{_HEIGHT - 2}" text-anchor="middle">{name}</text>'


def _svg(body: str, label: str) -> Markup:
    return Markup(f'<svg class="chart" role="img" aria-label="{label}" width="{_WIDTH}" height="{_HEIGHT}" '
                  f'viewBox="0 0 {_WIDTH} {_HEIGHT}">{body}</svg>')
