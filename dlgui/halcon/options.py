"""Generic parameters: names and values as the procedures take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dlgui.halcon.errors import refuse
from dlgui.halcon.handles import one_or_many


def pairs(names: Any, values: Any) -> list[tuple[str, Any]]:
    """Names with their values; a single name may have a list for its value. Raises `InvalidValue`."""
    names = one_or_many(names)
    given = list(values) if isinstance(values, (list, tuple)) else one_or_many(values)
    if len(names) == 1 and len(given) != 1:
        given = [values]
    if len(names) != len(given):
        raise refuse("gen_param_value", f"{len(given)} values", f"one value a name: {len(names)}")
    return list(zip(names, given, strict=True))


def options(names: Any, values: Any, known: dict[str, Any],
            allowed: Mapping[str, Sequence[str]] | None = None) -> dict[str, Any]:
    """`known` with what was given. Raises `InvalidValue` on another name or a value that is not allowed."""
    chosen = dict(known)
    for name, value in pairs(names, values):
        if name not in known:
            raise refuse("gen_param_name", name, ", ".join(known))
        if allowed is not None and value not in allowed[name]:
            raise refuse(name, value, " or ".join(allowed[name]))
        chosen[name] = value
    return chosen
