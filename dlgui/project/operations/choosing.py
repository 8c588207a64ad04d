"""`--network auto`: which network suits the data, tried within a budget of seconds and judged on the validation split.

Every candidate gets a quick training. The smallest network comes first and is always tried; the next one only where its
speed, measured on a few images, lets it end within the budget. The least validation error wins, then the least loss,
then the smaller network. The test split is not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dlgui.engine import backbones, features, quick
from dlgui.engine.content_table import ContentTable
from dlgui.engine.progress import Progress, Stopwatch
from dlgui.errors import InvalidValue
from dlgui.project.operations.plans import AUTO, Plan, classes_of, preprocessing_of
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


def assumed(plan: Plan) -> Plan:
    """The plan on the network that is always tried, where it leaves the network open: for what is said beforehand."""
    return replace(plan, network=CANDIDATES[0]) if plan.network == AUTO else plan


def choose(project: Project, plan: Plan, progress: Progress | None = None,
           candidates: Sequence[str] = CANDIDATES) -> tuple[Plan, list[Tried]]:
    """The plan with the network that suits the data and why that is, and what was tried within `plan.budget` seconds.

    Raises:
        DlguiError, InvalidValue: see `training.start`; a budget that is no time.
        Cancelled: see `Progress`.
    """
    if not plan.budget >= 0:
        raise InvalidValue("budget", plan.budget, "a number of seconds from 0")
    classes_of(project)
    table, watch = project.images(), Stopwatch(progress)
    tried: list[Tried] = []
    for network in candidates:
        left = plan.budget - watch.seconds
        if progress is not None:
            progress.purpose = f"trying {network}"
        tried.append(_try(project, table, replace(plan, network=network), left if tried else float("inf"), progress))
    if progress is not None:
        progress.purpose = ""
    best = min((t for t in tried if t.top1_error is not None), key=lambda t: (t.top1_error or 0.0, t.loss or 0.0))
    judge = "validation images" if len(table.rows("validation")) else "training images held out in cross-validation"
    return replace(plan, network=best.network, why=_why(best, tried, judge)), tried


def _why(best: Tried, tried: Sequence[Tried], judge: str) -> str:
    """One or two sentences that say what speaks for a network."""
    others = [t for t in tried if t is not best and t.top1_error is not None]
    late = [t.network for t in tried if t.top1_error is None]
    said = f"{best.network} was chosen: with it the quick classifier errs on {_percent(best)} of the {judge}"
    if others:
        said += ", with " + ", with ".join(f"{t.network} on {_percent(t)}" for t in others)
        if any(t.top1_error == best.top1_error for t in others):
            said += "; among equals it is surer of the right classes"
    said += "."
    if late:
        said += f" There was no time left to try {' and '.join(late)}."
    return said


def _percent(tried: Tried) -> str:
    return f"{100 * (tried.top1_error or 0.0):.2f} %"


def _try(project: Project, table: ImageTable, plan: Plan, left: float, progress: Progress | None) -> Tried:
    train, validation = table.rows("train"), table.rows("validation")
    names = sorted(set(table.label[train].tolist()))
    validation = validation[np.isin(table.label[validation], names)]
    rows = np.concatenate([train, validation])
    labels = np.searchsorted(names, table.label[rows])
    preprocessing = preprocessing_of(table, train, plan)
    samples = [(table.path[r], str(table.content_hash[r])) for r in rows]

    def extract(chosen: list[tuple[str, str]]) -> features.Features:
        return features.extract(plan.network, project.require_image_root(), chosen, preprocessing,
                                project.cache_folder / "features", progress, plan.pretrained)

    files = backbones.pretrained(plan.network) if plan.pretrained else backbones.random(plan.network)
    watch = Stopwatch(progress)
    if np.isfinite(left):
        known = set(ContentTable.known(project.cache_folder / "features", features.key(files, preprocessing)))
        new = [sample for sample in samples if sample[1] not in known]  # what lies ready says nothing about the speed
        extract(new[:PROBE])
        expected = watch.seconds * len(new) / max(len(new[:PROBE]), 1)
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
                 float(-np.log(np.maximum(own, 1e-9)).mean()), watch.seconds)
