"""Small charts as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from dlgui.engine.calibration import Reliability

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
    body += (f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="#5b6b7b" stroke-dasharray="5 4"/>')
    return _svg(body, "reliability diagram")


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - 16)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - 12)


def _axes(vertical: list[tuple[float, str]], horizontal: list[tuple[float, str]], name: str) -> str:
    body = ""
    for share, text in vertical:
        body += (f'<line x1="{_LEFT}" x2="{_WIDTH - 16}" y1="{_y(share):.1f}" y2="{_y(share):.1f}" stroke="#e3e8ed"/>'
                 f'<text x="{_LEFT - 6}" y="{_y(share) + 4:.1f}" text-anchor="end">{text}</text>')
    for share, text in horizontal:
        body += f'<text x="{_x(share):.1f}" y="{_HEIGHT - 16}" text-anchor="middle">{text}</text>'
    return body + f'<text x="{(_WIDTH + _LEFT) / 2}" y="{_HEIGHT - 2}" text-anchor="middle">{name}</text>'


def _svg(body: str, label: str) -> Markup:
    return Markup(f'<svg role="img" aria-label="{label}" width="{_WIDTH}" height="{_HEIGHT}" '
                  f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-size="11" fill="#5b6b7b" '
                  f'font-family="system-ui, sans-serif" style="max-width:100%">{body}</svg>')
