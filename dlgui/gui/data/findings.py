"""What the health check found as rows for people: a title, a reason, sets of images, and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication

from dlgui.project.operations import repairs
from dlgui.project.project import ImageTable, Project


@dataclass(frozen=True)
class Case:
    """One set of images of a finding, with a few words on it."""

    text: str
    paths: tuple[str, ...]
    suggested: str = ""


@dataclass(frozen=True)
class Fix:
    """A button: what it says, what it does to the cases that are chosen."""

    name: str
    text: str
    tip: str
    run: Callable[[Project, Sequence[Case]], object]


@dataclass(frozen=True)
class Finding:
    """All cases of one kind."""

    kind: str
    title: str
    why: str
    cases: tuple[Case, ...]
    fixes: tuple[Fix, ...] = ()

    def paths(self) -> list[str]:
        """Every image of it, each once."""
        return list(dict.fromkeys(path for case in self.cases for path in case.paths))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Findings", text)


def findings(found: dict[str, Any], table: ImageTable) -> list[Finding]:
    """Everything that is looked for, the most serious first; what was not found has no cases.

    Args:
        found: see `dlgui.project.operations.checks.check`.
        table: the images that were checked.
    """
    exclude = Fix("fixExclude", _tr("Exclude"), _tr("Leave these images out of training and evaluation"),
                  lambda project, cases: repairs.exclude(project, _all(cases)))
    flag = Fix("fixFlag", _tr("Flag"), _tr("Mark these images to look at them later"),
               lambda project, cases: repairs.flag(project, _all(cases)))
    doubles = Fix("fixDoubles", _tr("Keep one of each set"), _tr("Exclude all but one image of each set"),
                  lambda project, cases: repairs.exclude_doubles(project, [c.paths for c in cases]))
    unite = Fix("fixUnite", _tr("Put each set into one split"), _tr(
        "The split that holds most of the set takes all of it"),
        lambda project, cases: repairs.unite_splits(project, [c.paths for c in cases]))
    agree = Fix("fixAgree", _tr("Take the majority's label"), _tr(
        "Where a set has no majority, its images lose their label"),
        lambda project, cases: repairs.agree_on_labels(project, [c.paths for c in cases]))
    accept = Fix("fixAccept", _tr("Relabel as suggested"), _tr("Give these images the class that the last run sees"),
                 lambda project, cases: repairs.accept_suggestions(
                     project, {c.paths[0]: c.suggested for c in cases}))
    made = [
        Finding("unreadable", _tr("Unreadable files"), _tr("They cannot be decoded and are left out anyway; exclude "
                                                           "them to have them out of sight."),
                _reasons([item for item in found["unreadable"] if not table.excluded[table.row_of_path[item["path"]]]],
                         "reason"), (exclude,)),
        Finding("conflicts", _tr("Duplicates with different labels"), _tr(
            "The same picture cannot belong to two classes; training is told both."), _sets(found["conflicts"]),
            (agree, exclude)),
        Finding("leaks", _tr("Identical images in different splits"), _tr(
            "The test split holds what was trained on: its results are too good."), _sets(found["leaks"]),
            (unite, doubles)),
        Finding("near_leaks", _tr("Nearly identical images in different splits"), _tr(
            "Probably the same object; the test results may be too good."), _sets(found["near_leaks"]),
            (unite, doubles)),
        Finding("label_issues", _tr("Labels that look wrong"), _tr(
            "A run that never saw these images believes in another class; the most doubtful first."),
            tuple(Case(f"{i['path']}: {i['given']} → {i['suggested']}  ({i['score']:.2f})", (i["path"],),
                       i["suggested"]) for i in found["label_issues"]), (accept, flag, exclude)),
        Finding("exact_duplicates", _tr("Identical images"), _tr("They add nothing and count double."),
                _sets(found["exact_duplicates"]), (doubles,)),
        Finding("near_duplicates", _tr("Nearly identical images"), _tr("Look whether they show the same object."),
                _sets(found["near_duplicates"]), (doubles, unite)),
        Finding("odd_sizes", _tr("Odd sizes"), _tr("Their size or shape is far from that of the others."),
                _reasons(found["odd_sizes"], "why"), (exclude, flag)),
        Finding("odd_brightness", _tr("Odd brightness"), _tr("Far darker, brighter or flatter than the others."),
                _reasons(found["odd_brightness"], "why"), (exclude, flag)),
        Finding("imbalance", _tr("Small or unequal classes"), _tr(
            "Add images of the small classes, or balance the classes when training."),
            tuple(Case(text, _images_of(table, name)) for text, name in zip(
                found["imbalance"]["warnings"], found["imbalance"]["of"], strict=True)), (flag,)),
    ]
    return made


def _images_of(table: ImageTable, name: str | None) -> tuple[str, ...]:
    """Usable images of a class."""
    if name not in table.class_names:
        return ()
    rows = np.flatnonzero(table.usable & (table.label == table.class_names.index(name)))
    return tuple(table.path[row] for row in rows)


def _all(cases: Sequence[Case]) -> list[str]:
    return list(dict.fromkeys(path for case in cases for path in case.paths))


def _sets(groups: list[list[str]]) -> tuple[Case, ...]:
    return tuple(Case(f"{len(group)} × {group[0]}", tuple(group)) for group in groups)


def _reasons(items: list[dict[str, Any]], key: str) -> tuple[Case, ...]:
    return tuple(Case(f"{item['path']}: {item[key]}", (item["path"],)) for item in items)
