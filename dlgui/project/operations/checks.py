"""Is the data sound?"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlgui.engine import health, outliers
from dlgui.engine.progress import Progress
from dlgui.engine.splitting import SUBSETS
from dlgui.project.operations.info import unreadable
from dlgui.project.project import Project


def check(project: Project, near_distance: int = health.NEAR, *, brightness: bool = False,
          progress: Progress | None = None) -> dict[str, Any]:
    """Data health (keys of `dlgui check --json`); paths relative to the image root.

    Args:
        project: which.
        near_distance: bits in which the difference hashes of near duplicates may differ.
        brightness: whether to look for odd brightness, too, which reads every image the first time.
        progress: of reading them.
    """
    table = project.images()
    rows = np.flatnonzero(table.usable).tolist()
    paths = [table.path[r] for r in rows]
    labels = [table.class_names[table.label[r]] if table.label[r] >= 0 else None for r in rows]
    splits = [SUBSETS[table.split[r]] if table.split[r] >= 0 else None for r in rows]
    exact = health.duplicates([table.pixel_hash[r] for r in rows])
    near = health.near_duplicates([table.perceptual_hash[r] for r in rows], near_distance)
    known = {frozenset(group) for group in exact}
    counts = {name: labels.count(name) for name in table.class_names}

    def named(groups: list[list[int]]) -> list[list[str]]:
        return [[paths[i] for i in group] for group in groups]

    return {
        "unreadable": unreadable(project),
        "exact_duplicates": named(exact),
        "near_duplicates": named([group for group in near if frozenset(group) not in known]),
        "leaks": named(health.leaks(exact, splits)),
        "near_leaks": named(health.leaks(near, splits)),
        "conflicts": named(health.conflicts(exact, labels)),
        "label_issues": label_issues(project),
        "odd_sizes": [{"path": paths[odd.index], "why": odd.why}
                      for odd in outliers.odd_sizes(table.width[rows], table.height[rows])],
        "odd_brightness": _odd_brightness(project, np.array(rows, np.int64), progress) if brightness else [],
        "imbalance": health.imbalance(counts),
    }


def _odd_brightness(project: Project, rows: np.ndarray, progress: Progress | None) -> list[dict[str, Any]]:
    from dlgui.project.operations.brightness import brightness

    found, paths = brightness(project, rows, progress), project.images().path
    return [{"path": paths[rows[odd.index]], "why": odd.why}
            for odd in outliers.odd_brightness(found[:, 0], found[:, 1])]


def label_issues(project: Project) -> list[dict[str, Any]]:
    """Labels that the newest run's out-of-fold confidences contradict, worst first; empty before the first run."""
    from dlgui.project.operations.evaluations import out_of_fold

    found = out_of_fold(project)
    if found is None:
        return []
    table = project.images()
    row_of = table.row_of_path
    column = {name: i for i, name in enumerate(found.classes)}
    kept = [(i, row_of[path]) for i, path in enumerate(found.paths) if path in row_of
            and table.trainable[row_of[path]] and table.class_names[table.label[row_of[path]]] in column]
    if not kept:
        return []
    given = np.array([column[table.class_names[table.label[row]]] for _, row in kept])
    issues = health.label_issues(found.confidences[[i for i, _ in kept]], given)
    return [{"path": table.path[kept[issue.index][1]], "given": found.classes[issue.given],
             "suggested": found.classes[issue.suggested], "score": issue.score} for issue in issues]
