"""How figures are written in the window."""

from __future__ import annotations


def percent(share: float | None) -> str:
    """A fraction in percent, or a dash."""
    return "–" if share is None else f"{100 * share:.2f} %"


def time_left(seconds: float | None) -> str:
    """`, 0:42 left`, or nothing while unknown."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f", {minutes}:{rest:02d} left"
