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
from dlgui.engine.evaluation import Evaluation, relative
from dlgui.engine.statistics import wilson_interval
from dlgui.report import charts

THUMBNAIL = 300
"""Longest side of a picture in pixels."""
MANY = 40
"""Classes from which on the matrix is shown once only."""


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

    found = report.evaluation
    wrong = int(found.confusion_matrix.sum() - np.trace(found.confusion_matrix))
    page = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        resources.text("report.html.j2"))
    from dlgui.engine.evaluation import reliability

    return page.render(
        project=report.project, run=report.run, split=report.split, written=report.written, figures=found,
        percent=_percent, interval=wilson_interval(wrong, found.num_samples), warnings=report.warnings,
        matrices=_matrices(found), per_class=_per_class(found), heatmap_method=report.heatmap_method,
        errors=[{**vars(e), "image": picture(e.image), "heatmap": e.heatmap is not None and picture(e.heatmap)}
                for e in report.errors], samples=_embedded(report), card=report.card, behaviour=Markup(
                    resources.text("report.js")), certificates=report.certificates, marked=len(report.samples),
        curve=charts.training_curve(report.history), candidates=report.candidates, history=report.history,
        reliability=charts.reliability_diagram(reliability(found.predictions)), data=report.data,
        splits=report.splits, parameters=report.parameters, environment=environment.summary())


def cell_colour(share: float, diagonal: bool) -> tuple[str, str]:
    """Background and ink of a cell by the share of its column: blue where right, red where wrong."""
    strength = share if diagonal else min(share * 2.5, 1.0) ** 0.6
    target = (11, 107, 203) if diagonal else (200, 40, 40)
    red, green, blue = (round(244 + (c - 244) * strength) for c in target)
    return f"#{red:02x}{green:02x}{blue:02x}", "#ffffff" if strength > 0.45 else "#1b2733"


def _matrices(found: Evaluation) -> list[dict[str, Any]]:
    shares = relative(found.confusion_matrix)
    texts = {"Images": lambda i, j: str(found.confusion_matrix[i, j]),
             "Share of the true class": lambda i, j: f"{shares[i, j]:.2f}"}
    matrices = []
    if len(found.classes) > MANY:
        del texts["Share of the true class"]  # its colours say it; two such tables would choke the browser
    for title, text in texts.items():
        rows = []
        for i, name in enumerate(found.classes):
            colours = [cell_colour(float(shares[i, j]), i == j) for j in range(len(found.classes))]
            rows.append({"name": name, "cells": [{"text": text(i, j), "colour": c, "ink": ink, "row": i, "column": j,
                                                  "count": int(found.confusion_matrix[i, j])}
                                                 for j, (c, ink) in enumerate(colours)]})
        matrices.append({"title": title, "rows": rows})
    return matrices


def _per_class(found: Evaluation) -> list[dict[str, Any]]:
    hits = np.diagonal(found.confusion_matrix)
    return [{"name": name, "support": int(found.support[i]), "precision": float(found.precision[i]),
             "recall": float(found.recall[i]), "f_score": float(found.f_score[i]),
             "interval": wilson_interval(int(hits[i]), int(found.support[i]))}
            for i, name in enumerate(found.classes)]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f} %"


def _embedded(report: Report) -> Markup:
    """What the page's script works on, as JSON that no class name or path can break out of."""
    names = list(report.class_names)
    names += [name for name in report.evaluation.classes if name not in names]
    document = {"project": report.project, "run": report.run["id"], "split": report.split, "written": report.written,
                "classes": report.evaluation.classes, "choices": names,
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
