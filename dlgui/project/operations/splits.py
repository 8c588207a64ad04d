"""Dividing the labeled images into training, validation and test."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dlgui.engine import health
from dlgui.engine.splitting import SUBSETS, merge_groups, split_fair
from dlgui.errors import DlguiError, InvalidValue
from dlgui.project.changes import Changes
from dlgui.project.project import ImageTable, Project

FEW = 5
"""Fewer test images of a class than this say little about it."""

TOGETHER = ("exact", "near", "none")
"""Which duplicates stay together: those of equal pixels, nearly equal ones too, or none."""

_LOCK = "test_locked"


@dataclass(frozen=True)
class SplitPlan:
    """What a split would do.

    Attributes:
        subset: the subset of each row of the table that gets one; None leaves it without.
        per_class: number of images of each class in each subset, afterwards.
        warnings: a sentence for each wish that cannot be met and each class that is too small.
    """

    subset: dict[int, str | None]
    per_class: dict[str, dict[str, int]]
    warnings: list[str]

    @property
    def counts(self) -> dict[str, int]:
        """Number of images in each subset, afterwards."""
        return {s: sum(c[s] for c in self.per_class.values()) for s in SUBSETS}


@dataclass
class SplitResult:
    """Counts after a split: of each subset, of each class in each subset, and what could not be met."""

    changes: Changes
    counts: dict[str, int]
    per_class: dict[str, dict[str, int]]
    warnings: list[str]


def plan(project: Project, train: float = 70.0, validation: float = 15.0, seed: int = 42,
         group_by: str | None = None, overwrite: bool = False, together: str = "exact") -> SplitPlan:
    """What `split` would do, without doing it.

    Args:
        project: which.
        train, validation: percent; the rest is test. With a locked test split they share what is not in it.
        seed: equal seeds give equal splits.
        group_by: `group` for the groups of the CSV, or a regular expression on the path whose match (or first group)
            names the physical object.
        overwrite: an existing split is replaced only with this; a locked test split never.
        together: one of `TOGETHER`.

    Raises:
        DlguiError: nothing to split, or a split exists.
        InvalidValue: impossible percentages, a broken expression, an unknown kind of duplicates.
    """
    if together not in TOGETHER:
        raise InvalidValue("together", together, ", ".join(TOGETHER))
    table = project.images()
    rows = table.rows("all")
    if not len(rows):
        raise DlguiError(project.folder, "no labeled, readable image to split", "label images first", "label")
    locked = test_is_locked(project) and bool((table.split[rows] == SUBSETS.index("test")).any())
    kept = table.split[rows] >= 0
    if overwrite:
        kept = (table.split[rows] == SUBSETS.index("test")) if locked else np.zeros(len(rows), bool)
    wanted = rows[~kept]
    if not len(wanted):
        raise DlguiError(project.folder, "every image has a split already",
                         "replace the split (--overwrite)", "split")
    if locked:
        train, validation = _without_test(train, validation)
    ties = dict(zip(rows.tolist(), merge_groups(*_ties(table, rows, group_by, together)), strict=True))
    fair = split_fair([table.class_names[i] for i in table.label[wanted]], train=train, validation=validation,
                      seed=seed, groups=[ties[row] for row in wanted.tolist()])
    bound = {ties[row]: SUBSETS[table.split[row]] for row in rows[kept].tolist()}
    subset: dict[int, str | None] = {row: bound.get(ties[row], name)
                                     for row, name in zip(wanted.tolist(), fair.subset, strict=True)}
    warnings = list(fair.warnings)
    if locked:
        touching = [row for row, name in subset.items() if name == "test"]
        subset.update(dict.fromkeys(touching))
        if touching:
            warnings.append(f"{len(touching)} images get no split: they belong together with images of the locked test "
                            "split")
    per_class = counts(table, subset)
    warnings += [f"class {name} has only {each['test']} test {'image' if each['test'] == 1 else 'images'}: "
                 f"one error changes its recall by {100 / each['test']:.0f} %"
                 for name, each in per_class.items() if 0 < each["test"] < FEW]
    return SplitPlan(subset, per_class, warnings)


def split(project: Project, train: float = 70.0, validation: float = 15.0, seed: int = 42,
          group_by: str | None = None, overwrite: bool = False, together: str = "exact",
          who: str = "user") -> SplitResult:
    """Stratified split of all trainable images; duplicates and groups never straddle it.

    Arguments and errors as `plan`.
    """
    found = plan(project, train, validation, seed, group_by, overwrite, together)
    table = project.images()
    with project.store.transact("split", who=who, train=train, validation=validation, seed=seed, group_by=group_by,
                                overwrite=overwrite, together=together) as t:
        t.update_each("images", ["split"], [(int(table.id[row]), name) for row, name in found.subset.items()])
    return SplitResult(t.changes, found.counts, found.per_class, found.warnings)


def test_is_locked(project: Project) -> bool:
    """Whether the test split may not change."""
    return project.meta(_LOCK) == "1"


def lock_test(project: Project, locked: bool, who: str = "user") -> Changes:
    """Locks the test split, or unlocks it: no image enters or leaves a locked one."""
    found = project.store.rows("SELECT id FROM meta WHERE name = ?", [_LOCK])
    with project.store.transact("lock test split", who=who, locked=locked) as t:
        if found:
            t.update("meta", [found[0][0]], {"value": str(int(locked))})
        else:
            t.insert("meta", {"name": _LOCK, "value": str(int(locked))})
    return t.changes


def assign(project: Project, ids: Sequence[int], subset: str | None, who: str = "user") -> Changes:
    """Puts images into one subset by hand; None takes them out of the split."""
    if subset is not None and subset not in SUBSETS:
        raise InvalidValue("split", subset, ", ".join(SUBSETS))
    table = project.images()
    rows = table.row_of(ids)
    leaving = (table.split[rows] == SUBSETS.index("test")) != (subset == "test")
    if leaving.any() and test_is_locked(project):
        raise DlguiError("test split", "it is locked: no image may enter or leave it",
                         "unlock it in the split panel", "split")
    paths = [table.path[row] for row in rows]
    with project.store.transact("assign split", who=who, subset=subset, paths=paths) as t:
        t.update("images", ids, {"split": subset})
    return t.changes


def assign_each(project: Project, given: Mapping[int, str | None], *, kind: str = "assign splits",
                who: str = "user") -> Changes:
    """Puts each image, by id, into its subset. The caller minds a locked test split."""
    table = project.images()
    paths = {table.path[row]: given[int(table.id[row])] for row in table.row_of(list(given)).tolist()}
    with project.store.transact(kind, who=who, splits=paths) as t:
        t.update_each("images", ["split"], list(given.items()))
    return t.changes


def counts(table: ImageTable, subset: Mapping[int, str | None] | None = None) -> dict[str, dict[str, int]]:
    """Images of each class in each subset, once the rows of `subset` have theirs."""
    code = {name: i for i, name in enumerate(SUBSETS)}
    split = table.split.copy()
    for row, name in (subset or {}).items():
        split[row] = -1 if name is None else code[name]
    rows = table.rows("all")
    width = len(SUBSETS) + 1
    found = np.bincount(table.label[rows] * width + split[rows] % width,  # without a subset: -1, the last column
                        minlength=len(table.class_names) * width).reshape(-1, width)
    return {name: dict(zip(SUBSETS, found[i].tolist(), strict=False)) for i, name in enumerate(table.class_names)}


def _without_test(train: float, validation: float) -> tuple[float, float]:
    """The shares of training and validation of what is not test."""
    if train + validation <= 0:
        raise InvalidValue("training and validation percent", 0, "more than 0 together: the test split is locked")
    return 100 * train / (train + validation), 100 * validation / (train + validation)


def _ties(table: ImageTable, rows: np.ndarray, group_by: str | None, together: str) -> list[list[Hashable | None]]:
    ties: list[list[Hashable | None]] = []
    if together != "none":
        ties += [[table.content_hash[row] for row in rows], [table.pixel_hash[row] for row in rows]]
    if together == "near":
        near: list[Hashable | None] = [None] * len(rows)
        for number, members in enumerate(health.near_duplicates([table.perceptual_hash[row] for row in rows])):
            for member in members:
                near[member] = number
        ties.append(near)
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
