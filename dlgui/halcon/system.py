"""The seed that the old scripts set, and the random numbers that follow from it."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlgui.halcon.errors import operator, refuse

_SYSTEM: dict[str, Any] = {"seed_rand": 42}
_random = np.random.default_rng(42)


@operator
def set_system(system_parameter: str, value: Any) -> None:
    """Sets 'seed_rand', from which splits, selections and augmentations follow."""
    global _random
    if system_parameter not in _SYSTEM:
        raise refuse("system_parameter", system_parameter, ", ".join(_SYSTEM))
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
        raise refuse("value", value, "a whole number from 0")
    _SYSTEM[system_parameter] = int(value)
    _random = np.random.default_rng(int(value))


@operator
def get_system(query: str) -> list[Any]:
    """The value of 'seed_rand'."""
    if query not in _SYSTEM:
        raise refuse("query", query, ", ".join(_SYSTEM))
    return [_SYSTEM[query]]


def random() -> np.random.Generator:
    """The generator of this process."""
    return _random
