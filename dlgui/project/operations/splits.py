"""Dividing the labeled images into training, validation and test."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlgui.engine.splitting import SUBSETS, merge_groups, split_fair
from dlgui.errors import DlguiError, InvalidValue
from dlgui.project.changes import Changes
from dlgui.project.project import ImageTable, Project


@dataclass
class SplitResult:
    """Counts after a split: of each subset, of each class in each subset, and what could not be met."""

    changes: Changes
    counts: dict[str, int]
    per_class: dict[str, dict[str, int]]
    warnings: list[str]


def split(project: Project, train: float = 70.0, validation: float = 15.0, seed: int = 42,
          group_by: str | None = None, overwrite: bool = False, who: str = "user") -> SplitResult:
    """Stratified split of all trainable images; duplicates and groups never straddle it.

    Args:
        project: which.
        train, validation: percent; the rest is test.
        seed: equal seeds give equal splits.
        group_by: `group` for the groups of the CSV, or a regular expression on the path whose match (or first group)
            names the physical object.
        overwrite: an existing split is replaced only with this.

    Raises:
        DlguiError: nothing to split, or a split exists.
        InvalidValue: impossible percentages or a broken expression.
    """
    table = project.images()
    rows = table.rows("all")
    if not len(rows):
        raise DlguiError(project.folder, "no labeled, readable image to split", "label images first")
    existing = rows[table.split[rows] >= 0]
    wanted = rows if overwrite else rows[table.split[rows] < 0]
    if not len(wanted):
        raise DlguiError(project.folder, "every image has a split already", "use --overwrite to replace the split")
    ties = merge_groups(*_ties(table, rows, group_by))
    labels = [table.class_names[i] for i in table.label[rows]]
    position = {int(row): i for i, row in enumerate(rows)}
    chosen = [position[int(row)] for row in wanted]
    fair = split_fair([labels[i] for i in chosen], train=train, validation=validation, seed=seed,
                      groups=[ties[i] for i in chosen])
    subset = dict(zip(wanted.tolist(), fair.subset, strict=True))
    if not overwrite and len(existing):
        fixed = {ties[position[int(row)]]: SUBSETS[table.split[row]] for row in existing}
        subset = {row: fixed.get(ties[position[row]], name) for row, name in subset.items()}
    with project.store.transact("split", who=who, train=train, validation=validation, seed=seed, group_by=group_by,
                                overwrite=overwrite) as t:
        t.update_each("images", ["split"], [(int(table.id[row]), name) for row, name in subset.items()])
    return SplitResult(t.changes, *_counts(project), fair.warnings)


def assign(project: Project, ids: Sequence[int], subset: str | None, who: str = "user") -> Changes:
    """Puts images into one subset by hand; None takes them out of the split."""
    if subset is not None and subset not in SUBSETS:
        raise InvalidValue("split", subset, ", ".join(SUBSETS))
    table = project.images()
    paths = [table.path[row] for row in table.row_of(ids)]
    with project.store.transact("assign split", who=who, subset=subset, paths=paths) as t:
        t.update("images", ids, {"split": subset})
    return t.changes


def _ties(table: ImageTable, rows: np.ndarray, group_by: str | None) -> list[list[str | None]]:
    ties = [[table.content_hash[row] for row in rows], [table.pixel_hash[row] for row in rows]]
    if group_by == "group" or group_by is None:
        ties.append([table.group[row] for row in rows])
        if group_by and not any(ties[-1]):
            raise InvalidValue("group-by", group_by, "a regular expression: the images have no group column")
        return ties
    try:
        expression = re.compile(group_by)
    except re.error as problem:
        raise InvalidValue("group-by", group_by, f"'group' or a regular expression ({problem})") from None
    matches = [expression.search(table.path[row]) for row in rows]
    if not any(matches):
        raise InvalidValue("group-by", group_by, "an expression that matches at least one image path")
    ties.append([m and (m.group(1) if expression.groups else m.group()) for m in matches])
    return ties


def _counts(project: Project) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    table = project.images()
    pairs = Counter((table.class_names[table.label[r]], int(table.split[r])) for r in table.rows("all"))
    per_class = {name: {s: pairs[name, i] for i, s in enumerate(SUBSETS)} for name in table.class_names}
    return {s: sum(c[s] for c in per_class.values()) for s in SUBSETS}, per_class
