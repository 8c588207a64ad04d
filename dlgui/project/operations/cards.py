"""The model card: what a classifier was made of and for, how good it is, and where it ends (Mitchell et al. 2019)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from dlgui.engine.evaluation import Evaluation
from dlgui.engine.model_file import read_model
from dlgui.engine.statistics import wilson_interval
from dlgui.project.changes import Changes
from dlgui.project.operations import checks, evaluations, runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

BY_HAND = "people, by hand"
FEW = 20
"""With fewer images of a class than this, its figures say little."""
LISTED = 20
"""Classes whose figures a card names; of more, those that are recognized worst."""
_SOURCES = {"last_folder": "the names of the folders", "file_name": "the names of the files",
            "file_name_remove_index": "the names of the files without their numbers", "csv": "a CSV file"}


@dataclass
class Card:
    """Title and sections, each a heading and its lines; plain text."""

    title: str
    sections: list[tuple[str, list[str]]] = field(default_factory=list)

    def to_markdown(self) -> str:
        """As `card.md` holds it."""
        parts = [f"# {_plain(self.title)}"]
        for heading, lines in self.sections:
            parts.append(f"## {heading}\n\n" + "\n".join(f"- {_plain(line)}" for line in lines))
        return "\n\n".join(parts) + "\n"


def label_source(project: Project) -> str:
    """Where the labels came from when the images were imported, in words."""
    source = (project.meta("label_source") or "none").partition(":")[0]
    if source != "none":
        return _SOURCES.get(source, source)
    imported = project.store.rows("SELECT 1 FROM images WHERE class_id IS NOT NULL AND label_origin = 'import' LIMIT 1")
    return "a data set" if imported else BY_HAND


def minutes(moment: datetime) -> str:
    """A moment in this computer's time, for a person."""
    here = moment.astimezone()
    return f"{here:%Y-%m-%d %H:%M} (UTC{here:%z})"


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
            f"Labels came from {label_source(project)}{_by_hand(project)}.",
            f"Input: {p.get('width')} × {p.get('height')} pixels, {p.get('channels')} channels, resized by "
            f"{p.get('resize')}.",
            f"Network {run.network}, method {run.method}, seed {run.seed}, trained "
            f"{minutes(datetime.fromisoformat(run.created))}; data hash {run.data_hash}."]


def _by_hand(project: Project) -> str:
    """How many labels people gave or confirmed since the import."""
    count = project.store.rows("SELECT count(*) FROM images WHERE class_id IS NOT NULL AND label_origin NOT IN "
                               "('', 'import')")[0][0]
    return f"; people gave or confirmed {count} of them since" if count and label_source(project) != BY_HAND else ""


def _figures(found: Evaluation, split: str) -> list[str]:
    low, high = wilson_interval(found.num_wrong, found.num_samples)
    lines = [f"Top-1 error on {split}: {100 * found.top1_error:.2f} % (95 % interval {100 * low:.2f} … "
             f"{100 * high:.2f} %, {found.num_samples} images).",
             f"Expected calibration error: {100 * found.expected_calibration_error:.2f} %."]
    shown = list(range(len(found.classes)))
    if len(shown) > LISTED:
        shown = sorted(sorted(shown, key=lambda i: (not found.support[i], found.recall[i]))[:LISTED])
        lines.append(f"The {LISTED} of {len(found.classes)} classes that are recognized worst:")
    for i in shown:
        name = found.classes[i]
        hits, support = int(found.confusion_matrix[i, i]), int(found.support[i])
        low, high = wilson_interval(hits, support)
        lines.append(f"Recall of {name}: {100 * found.recall[i]:.2f} % ({100 * low:.2f} … {100 * high:.2f} %, "
                     f"{support} images), precision {100 * found.precision[i]:.2f} %.")
    return lines


def _answers(run: Run) -> str:
    rule = read_model(run.model).rejection if run.model.exists() else None
    if rule is None:
        return "Every image gets one of the classes, also one that shows something else."
    unknown = "" if rule.novelty is None else "; images unlike those of the training are called unknown"
    return (f"Answers with a confidence below the threshold of their class ({min(rule.thresholds):.2f} … "
            f"{max(rule.thresholds):.2f}) are held back as not sure{unknown}.")


def _plain(line: str) -> str:
    """A line of Markdown that shows the text as it is, whatever classes are called."""
    return re.sub(r"([\\`*<\[])", r"\\\1", " ".join(line.split()))


def _limits(project: Project, run: Run, found: Evaluation, split: str) -> list[str]:
    lines = ["Images of other cameras, lighting or objects than those above were not tested.",
             _answers(run)]
    if split != "test":
        lines.append(f"There was no test split: the figures come from the {split} images and may be too good.")
    few = [name for name, n in zip(found.classes, found.support, strict=True) if n < FEW]
    if few:
        which = f": {', '.join(few)}" if len(few) <= LISTED else f" {len(few)} of {len(found.classes)} classes"
        lines.append(f"Fewer than {FEW} {split} images of{which}; their figures are rough.")
    looked = evaluations.looks(project)
    if looked > 1:
        lines.append(f"The test split has been looked at {looked} times; choices made after looking flatter it.")
    if not runs.unchanged(project, run):
        lines.append("Images, labels or the split have changed since the training.")
    leaks = len(checks.check(project)["leaks"])
    if leaks:
        lines.append(f"{leaks} sets of identical images straddle the splits.")
    return lines
