"""Puts figures, charts and pictures into the page."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from markupsafe import Markup
from PIL import Image

from dlgui import environment, resources
from dlgui.engine.evaluation import Evaluation, most_confused, relative, reliability
from dlgui.engine.statistics import wilson_interval
from dlgui.report import charts

THUMBNAIL = 300
"""Longest side of a picture in pixels."""
MANY = 40
"""Classes of the largest matrix with names and figures; a larger one is a map of coloured squares."""
FEW = 10
"""Classes of a matrix that is seen at a glance; beyond that its cells are small, and the worst are listed, too."""
LISTED = 20
LONG, BRIEFER, BRIEF = 14, 24, 40
"""Letters of a class name: from which on a phone has no room for it, and what is shown beside many cells and few."""


@dataclass
class WorstError:
    """A wrongly classified image: uint8 (H, W, 3) picture, and overlay or None."""

    path: str
    truth: str
    predicted: str
    confidence: float
    image: np.ndarray
    heatmap: np.ndarray | None


@dataclass
class Sample:
    """An image behind a cell of the matrix; `truth` and `predicted` are class indices, `picture` a data URL."""

    path: str
    content_hash: str | None
    truth: int
    predicted: int
    confidence: float
    picture: str


@dataclass
class Report:
    """Everything the page shows; lists of pairs are name and value."""

    project: str
    run: dict[str, Any]
    split: str
    written: str
    evaluation: Evaluation
    history: list[dict[str, Any]]
    data: list[tuple[str, Any]]
    splits: dict[str, dict[str, int]]
    parameters: list[tuple[str, Any]]
    errors: list[WorstError]
    warnings: list[str] = field(default_factory=list)
    candidates: list[dict[str, Any]] = field(default_factory=list)
    heatmap_method: str = "Grad-CAM"
    samples: list[Sample] = field(default_factory=list)
    card: list[tuple[str, list[str]]] = field(default_factory=list)
    certificates: list[tuple[str, list[str]]] = field(default_factory=list)
    class_names: list[str] = field(default_factory=list)


def render(report: Report) -> str:
    """The page as HTML without any reference to another file or to the network."""
    import jinja2

    found, many = report.evaluation, len(report.evaluation.classes)
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        resources.text("report.html.j2"))
    return template.render(
        **{**vars(report), "samples": _embedded(report), "errors": [
            {**vars(e), "image": picture(e.image), "heatmap": e.heatmap is not None and picture(e.heatmap)}
            for e in report.errors]},
        figures=found, interval=wilson_interval(found.num_wrong, found.num_samples), per_class=_per_class(found),
        matrices=_matrices(found) if many <= MANY else [], map=charts.confusion_map(found) if many > MANY else "",
        confusions=most_confused(found.confusion_matrix, LISTED) if many > FEW else [],
        curve=charts.training_curve(report.history),
        reliability=charts.reliability_diagram(reliability(found.predictions)), environment=environment.summary(),
        percent=_percent, many=many > FEW, long=max(map(len, found.classes), default=0) > LONG, brief=_brief,
        letters=BRIEFER if many > FEW else BRIEF, words=charts.cell_words,
        behaviour=Markup(resources.text("report.js")))


def _matrices(found: Evaluation) -> list[dict[str, Any]]:
    shares = relative(found.confusion_matrix)
    texts = {"Images": lambda i, j: str(found.confusion_matrix[i, j])}
    if len(found.classes) <= FEW:  # of more, the colours must do
        texts["Share of the true class"] = lambda i, j: f"{shares[i, j]:.2f}"
    matrices = []
    for title, text in texts.items():
        rows = []
        for i, name in enumerate(found.classes):
            cells = []
            for j, count in enumerate(found.confusion_matrix[i].tolist()):
                colour, ink = charts.cell_colour(float(shares[i, j]), i == j)
                cells.append({"text": text(i, j), "colour": colour, "ink": ink, "row": i, "column": j, "count": count})
            rows.append({"name": name, "cells": cells})
        matrices.append({"title": title, "rows": rows})
    return matrices


def _per_class(found: Evaluation) -> list[dict[str, Any]]:
    hits = np.diagonal(found.confusion_matrix)
    return [{"name": name, "support": int(found.support[i]), "precision": float(found.precision[i]),
             "recall": float(found.recall[i]), "f_score": float(found.f_score[i]),
             "interval": wilson_interval(int(hits[i]), int(found.support[i]))}
            for i, name in enumerate(found.classes)]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f}\N{NO-BREAK SPACE}%"


def _brief(name: str, letters: int) -> str:
    """A class name for a narrow column: the middle of a long one is left out, for such names differ at their ends."""
    return name if len(name) <= letters else f"{name[:letters // 2].rstrip()}…{name[1 - letters // 2:].lstrip()}"


def _embedded(report: Report) -> Markup:
    """What the page's script works on, as JSON that no class name or path can break out of."""
    names = list(report.class_names)
    names += [name for name in report.evaluation.classes if name not in names]
    document = {"project": report.project, "run": report.run["id"], "split": report.split, "written": report.written,
                "classes": report.evaluation.classes, "choices": names, "wrong": report.evaluation.num_wrong,
                "samples": [[s.path, s.content_hash, s.truth, s.predicted, round(s.confidence, 4), s.picture]
                            for s in report.samples]}
    text = json.dumps(document, ensure_ascii=True)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def picture(pixels: np.ndarray, side: int = THUMBNAIL, quality: int = 85) -> str:
    """uint8 (H, W) or (H, W, 3) as a JPEG in a data URL; at most `side` pixels long, small ones enlarged."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side))
    if max(image.size) < side // 2:
        factor = side // max(image.size)
        image = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
