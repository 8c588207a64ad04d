"""The model card: what a classifier was made of and for, how good it is, and where it ends (Mitchell et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlgui.engine.evaluation import Evaluation
from dlgui.engine.statistics import wilson_interval
from dlgui.project.changes import Changes
from dlgui.project.operations import checks, evaluations, runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

FEW = 20
"""With fewer images of a class than this, its figures say little."""


@dataclass
class Card:
    """Title and sections, each a heading and its lines; plain text."""

    title: str
    sections: list[tuple[str, list[str]]] = field(default_factory=list)

    def to_markdown(self) -> str:
        """As `card.md` holds it."""
        parts = [f"# {self.title}"]
        for heading, lines in self.sections:
            parts.append(f"## {heading}\n\n" + "\n".join(f"- {' '.join(line.split())}" for line in lines))
        return "\n\n".join(parts) + "\n"


def intended_use(project: Project) -> str:
    """What a person wrote the classifier is for; empty where nobody did."""
    return project.meta("intended_use") or ""


def set_intended_use(project: Project, text: str, who: str = "user") -> Changes:
    """Says what the classifier is for: goes into every card from now on."""
    with project.store.transact("intended use", who=who, text=text) as t:
        found = project.store.rows("SELECT id FROM meta WHERE name = 'intended_use'")
        if found:
            t.update("meta", [found[0][0]], {"value": text})
        else:
            t.insert("meta", {"name": "intended_use", "value": text})
    return t.changes


def card(project: Project, run: Run, evaluation: Evaluation, split: str) -> Card:
    """The card of a run, with figures of `evaluation` on the subset `split`."""
    return Card(f"{project.name}, {run.id}", [
        ("Intended use", _use(project, run)), ("Data", _data(project, run)),
        ("Figures", _figures(evaluation, split)), ("Limits", _limits(project, run, evaluation, split))])


def _use(project: Project, run: Run) -> list[str]:
    text = intended_use(project)
    return [*(text.splitlines() or ["Nobody has written down what this classifier is for."]),
            f"Tells apart: {', '.join(run.classes)}."]


def _data(project: Project, run: Run) -> list[str]:
    counts: dict[str, int] = {}
    for _, subset in runs.snapshot(project, run).values():
        counts[subset or "none"] = counts.get(subset or "none", 0) + 1
    p = run.parameters.get("preprocessing", {})
    return [f"Images when it was trained: {counts.get('train', 0)} for training, {counts.get('validation', 0)} for "
            f"validation, {counts.get('test', 0)} for testing.",
            f"Labels from: {(project.meta('label_source') or 'nowhere').partition(':')[0]}, corrected by people since.",
            f"Input: {p.get('width')} × {p.get('height')} pixels, {p.get('channels')} channels, resized by "
            f"{p.get('resize')}.",
            f"Network {run.network}, method {run.method}, seed {run.seed}, trained {run.created}; data hash "
            f"{run.data_hash}."]


def _figures(found: Evaluation, split: str) -> list[str]:
    wrong = int(found.confusion_matrix.sum() - found.confusion_matrix.trace())
    low, high = wilson_interval(wrong, found.num_samples)
    lines = [f"Top-1 error on {split}: {100 * found.top1_error:.2f} % (95 % interval {100 * low:.2f} … "
             f"{100 * high:.2f} %, {found.num_samples} images).",
             f"Expected calibration error: {100 * found.expected_calibration_error:.2f} %."]
    for i, name in enumerate(found.classes):
        hits, support = int(found.confusion_matrix[i, i]), int(found.support[i])
        low, high = wilson_interval(hits, support)
        lines.append(f"Recall of {name}: {100 * found.recall[i]:.2f} % ({100 * low:.2f} … {100 * high:.2f} %, "
                     f"{support} images), precision {100 * found.precision[i]:.2f} %.")
    return lines


def _limits(project: Project, run: Run, found: Evaluation, split: str) -> list[str]:
    lines = ["Images of other cameras, lighting or objects than those above were not tested.",
             "Every image gets one of the classes, unless thresholds for rejection go along with the model."]
    if split != "test":
        lines.append(f"There was no test split: the figures come from the {split} images and may be too good.")
    few = [name for name, n in zip(found.classes, found.support, strict=True) if n < FEW]
    if few:
        lines.append(f"Fewer than {FEW} {split} images of: {', '.join(few)}; their figures are rough.")
    looked = evaluations.looks(project)
    if looked > 1:
        lines.append(f"The test split has been looked at {looked} times; choices made after looking flatter it.")
    if runs.data_hash(project) != run.data_hash:
        lines.append("Images, labels or the split have changed since the training.")
    leaks = len(checks.check(project)["leaks"])
    if leaks:
        lines.append(f"{leaks} sets of identical images straddle the splits.")
    return lines
