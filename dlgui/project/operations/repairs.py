"""One-click answers to what the health check finds; each is one step of undo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from dlgui.engine.splitting import SUBSETS
from dlgui.project.changes import Changes
from dlgui.project.operations import classes, labels, splits
from dlgui.project.project import Project

Groups = Sequence[Sequence[str]]


def exclude(project: Project, paths: Sequence[str], who: str = "user") -> Changes:
    """Leaves images out of training and evaluation."""
    return labels.exclude(project, _ids(project, paths), who=who)


def exclude_doubles(project: Project, groups: Groups, who: str = "user") -> Changes:
    """Keeps one image of each set of duplicates, a labeled one where there is one, and excludes the others."""
    table = project.images()
    row_of = table.row_of_path
    doubles: list[str] = []
    for group in groups:
        kept = next((path for path in group if table.label[row_of[path]] >= 0), group[0])
        doubles += [path for path in group if path != kept]
    return exclude(project, doubles, who)


def unite_splits(project: Project, groups: Groups, who: str = "user") -> Changes:
    """Puts each set into the one subset that holds most of it, in doubt into training.

    With a locked test split nothing enters or leaves it: the images of the set that are not in it lose their split.
    """
    table = project.images()
    row_of = table.row_of_path
    locked = splits.test_is_locked(project)
    wanted: dict[int, str | None] = {}
    for group in groups:
        rows = [row_of[path] for path in group]
        counts = Counter(SUBSETS[table.split[row]] for row in rows if table.split[row] >= 0)
        if not counts:
            continue
        target: str | None = min(counts, key=lambda name: (-counts[name], SUBSETS.index(name)))
        if locked and counts["test"]:
            rows, target = [row for row in rows if table.split[row] != SUBSETS.index("test")], None
        wanted.update({int(table.id[row]): target for row in rows})
    return splits.assign_each(project, wanted, kind="unite splits", who=who)


def agree_on_labels(project: Project, groups: Groups, who: str = "user") -> Changes:
    """Gives each set of duplicates the class that most of it has; where there is a tie, takes the label away."""
    table = project.images()
    row_of = table.row_of_path
    known = [info.id for info in project.classes()]
    wanted: dict[int, int | None] = {}
    for group in groups:
        rows = [row_of[path] for path in group]
        counts = Counter(int(table.label[row]) for row in rows if table.label[row] >= 0).most_common(2)
        tie = not counts or (len(counts) > 1 and counts[0][1] == counts[1][1])
        wanted.update({int(table.id[row]): None if tie else known[counts[0][0]] for row in rows})
    return labels.assign_many(project, wanted, who=who)


def accept_suggestions(project: Project, suggested: Mapping[str, str], who: str = "user") -> Changes:
    """Gives images the classes that the last run suggests; path → class name."""
    ids = dict(zip(suggested, _ids(project, list(suggested)), strict=True))
    return labels.assign_many(project, {ids[path]: classes.find(project, name).id
                                        for path, name in suggested.items()}, who=who)


def flag(project: Project, paths: Sequence[str], who: str = "user") -> Changes:
    """Marks images for later."""
    return labels.flag(project, _ids(project, paths), who=who)


def _ids(project: Project, paths: Sequence[str]) -> list[int]:
    table = project.images()
    return [int(table.id[table.row_of_path[path]]) for path in paths]
