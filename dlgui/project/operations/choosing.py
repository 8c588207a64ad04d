"""`--network auto`: which network suits the data, tried within a budget of seconds and judged on the validation split.

Every candidate gets a quick training. The smallest network comes first and is always tried; the next one only where its
speed, measured on a few images, lets it end within the budget. The least validation error wins, then the least loss,
then the smaller network. The test split is not looked at.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dlgui.engine import backbones, features, quick
from dlgui.engine.progress import Progress
from dlgui.errors import InvalidValue
from dlgui.project.operations import training
from dlgui.project.operations.training import Plan
from dlgui.project.operations.training_data import groups_of
from dlgui.project.project import ImageTable, Project

CANDIDATES = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")
"""The networks whose weights are always here, smallest first."""

PROBE = 16
"""Images on which a candidate's speed is measured; their features are kept."""


@dataclass(frozen=True)
class Tried:
    """A candidate.

    Attributes:
        network: name in the registry.
        top1_error: on the validation split, or of cross-validation where there is none; None where it was not tried.
        loss: mean cross-entropy there; None where it was not tried.
        seconds: it took, or would have taken.
    """

    network: str
    top1_error: float | None
    loss: float | None
    seconds: float


def choose(project: Project, plan: Plan, progress: Progress | None = None,
           candidates: Sequence[str] = CANDIDATES) -> tuple[Plan, list[Tried]]:
    """The plan with the network that suits the data, and what was tried within `plan.budget` seconds.

    Raises:
        DlguiError, InvalidValue: see `training.start`; a budget that is no time.
        Cancelled: see `Progress`.
    """
    if not plan.budget >= 0:
        raise InvalidValue("budget", plan.budget, "a number of seconds from 0")
    training.classes_of(project)
    table, begun = project.images(), time.monotonic()
    tried: list[Tried] = []
    for network in candidates:
        left = plan.budget - (time.monotonic() - begun)
        tried.append(_try(project, table, replace(plan, network=network), left if tried else float("inf"), progress))
    best = min((t for t in tried if t.top1_error is not None), key=lambda t: (t.top1_error or 0.0, t.loss or 0.0))
    return replace(plan, network=best.network), tried


def _try(project: Project, table: ImageTable, plan: Plan, left: float, progress: Progress | None) -> Tried:
    train, validation = table.rows("train"), table.rows("validation")
    names = sorted(set(table.label[train].tolist()))
    validation = validation[np.isin(table.label[validation], names)]
    rows = np.concatenate([train, validation])
    labels = np.searchsorted(names, table.label[rows])
    preprocessing = training.preprocessing_of(table, train, plan)
    samples = [(table.path[r], str(table.content_hash[r])) for r in rows]

    def extract(chosen: list[tuple[str, str]]) -> features.Features:
        return features.extract(plan.network, project.require_image_root(), chosen, preprocessing,
                                project.cache_folder / "features", progress, plan.pretrained)

    files = backbones.pretrained(plan.network) if plan.pretrained else backbones.random(plan.network)
    begun = time.monotonic()
    if np.isfinite(left):
        extract(samples[:PROBE])
        expected = (time.monotonic() - begun) * len(samples) / PROBE
        if expected > left:
            return Tried(plan.network, None, None, expected)
    found = extract(samples)
    readable = np.flatnonzero(found.readable)
    fitted, judged = readable[readable < len(train)], readable[readable >= len(train)]
    fit = quick.fit(found, fitted, labels[fitted], len(names), files.channels, seed=plan.seed, progress=progress,
                    groups=groups_of(table, rows[fitted]))
    confidences = fit.confidences(found, judged, files.channels) if len(judged) else fit.held_out
    truth = labels[judged] if len(judged) else labels[fitted]
    own = confidences[np.arange(len(truth)), truth]
    return Tried(plan.network, float((confidences.argmax(1) != truth).mean()),
                 float(-np.log(np.maximum(own, 1e-9)).mean()), time.monotonic() - begun)
