"""How figures are written in the window."""

from __future__ import annotations

import html
import re
from datetime import datetime


def percent(share: float | None) -> str:
    """A fraction in percent, or a dash."""
    return "–" if share is None else f"{100 * share:.2f} %"


def counted(number: int, one: str, many: str) -> str:
    """A number with the word for one or for several: `1 class`, `1,200 classes`."""
    return f"{number:,} {one if number == 1 else many}"


def chance(p_value: float) -> str:
    """A probability in percent; tiny ones as an upper bound."""
    return "less than 0.1 %" if p_value < 0.001 else f"{100 * p_value:.1f} %"


def told(problem: Exception) -> str:
    """A problem in one sentence, without the command for those who have no window."""
    return str(problem).partition(": dlgui ")[0]


def time_left(seconds: float | None) -> str:
    """`, 0:42 left`, or nothing while unknown."""
    return "" if seconds is None else f", {clock(seconds)} left"


def clock(seconds: float) -> str:
    """A duration that runs: `0:42`, `12:07`, `2:05:13`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def about_seconds(seconds: float | None) -> str:
    """A duration in the coarseness in which it is known: `0.4 s`, `12 s`, `4 min`, `2 h 10 min`; a dash for None."""
    if seconds is None:
        return "–"
    if seconds < 9.95:
        return f"{max(seconds, 0.1):.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days"


def megabytes(size: int | None) -> str:
    """Bytes as `38 kB`, `4.1 MB`, `1.25 GB`, or a dash."""
    if size is None:
        return "–"
    if size < 1e6:
        return f"{size / 1e3:.0f} kB"
    return f"{size / 1e6:.1f} MB" if size < 1e9 else f"{size / 1e9:.2f} GB"


def shortened(name: str, most: int = 28) -> str:
    """A name of at most `most` letters; a longer one loses its middle."""
    if len(name) <= most:
        return name
    return f"{name[:most - most // 3 - 1].rstrip()}…{name[-(most // 3):].lstrip()}"


def when(moment: str) -> str:
    """An ISO time as local date and time to the minute."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")


def breakable(text: str) -> str:
    """The same text, with places at which a label may break words that are longer than it is wide."""
    return re.sub(r"\S{12}(?=\S)", "\\g<0>\u200b", text)


def tip(text: str) -> str:
    """A tooltip that shows the text as it is, also where a class or a file is called like a tag of HTML."""
    return f"<span style='white-space: pre-wrap'>{html.escape(text)}</span>" if "<" in text else text


def short(name: str, most: int = 30) -> str:
    """A name of at most so many letters: cut in the middle, as names often differ at their ends."""
    head = (most - 1) // 2
    return name if len(name) <= most else f"{name[:most - 1 - head]}…{name[-head:]}"
