"""What each kind of error costs, as the user weighs it; kept with the project."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dlgui.errors import InvalidValue
from dlgui.project.changes import Changes
from dlgui.project.project import Project
from dlgui.project.store import Transaction

PROPERTY = "costs"


@dataclass(frozen=True)
class Costs:
    """Costs of one image.

    Attributes:
        error: of any error that has no cost of its own.
        unsure: of an image that is left to a person.
        own: (answer, truth), by names, to cost.
    """

    error: float = 1.0
    unsure: float = 0.2
    own: Mapping[tuple[str, str], float] = field(default_factory=dict)


def get(project: Project) -> Costs:
    """The project's costs; the standard ones where none were set, or what was set cannot be read."""
    try:
        found = json.loads(project.meta(PROPERTY) or "{}")
        own = {(str(answer), str(truth)): float(cost) for answer, truth, cost in found.get("own", [])}
        return Costs(float(found.get("error", 1.0)), float(found.get("unsure", 0.2)), own)
    except (ValueError, TypeError, AttributeError):
        return Costs()


def put(project: Project, costs: Costs, who: str = "user") -> Changes:
    """Sets the costs.

    Raises:
        InvalidValue: a cost is negative or not finite.
    """
    for cost in (costs.error, costs.unsure, *costs.own.values()):
        if not (math.isfinite(cost) and cost >= 0):
            raise InvalidValue("cost", cost, "a number from 0 upwards")
    with project.store.transact("set costs", who=who, **_document(costs)) as t:
        _write(project, t, costs)
    return t.changes


def follow(project: Project, t: Transaction, old: str, new: str) -> None:
    """In the open transaction that renames a class: its costs go along."""
    known = get(project)
    own = {(new if answer == old else answer, new if truth == old else truth): cost
           for (answer, truth), cost in known.own.items()}
    if own != known.own:
        _write(project, t, replace(known, own=own))


def _document(costs: Costs) -> dict[str, Any]:
    return {"error": costs.error, "unsure": costs.unsure, "own": [[*pair, cost] for pair, cost in costs.own.items()]}


def _write(project: Project, t: Transaction, costs: Costs) -> None:
    text = json.dumps(_document(costs), ensure_ascii=False)
    row = project.store.rows("SELECT id FROM meta WHERE name = ?", [PROPERTY])
    if row:
        t.update("meta", [row[0][0]], {"value": text})
    else:
        t.insert("meta", {"name": PROPERTY, "value": text})
