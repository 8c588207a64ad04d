"""What a command prints: text and tables, or one JSON object, and progress bars on a terminal's stderr."""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from dlgui.engine.progress import Progress, Report


class Console:
    """The two streams of a command.

    With `as_json`, stdout carries the one object given to `result` and nothing else: even what a library prints goes
    to stderr. Without it, `print` and `table` write to stdout.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self._stdout: TextIO = sys.stdout
        self._bar = ProgressBar(sys.stderr)

    def __enter__(self) -> Console:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # a file name may hold what the terminal's encoding does not
                stream.reconfigure(errors="backslashreplace")
        if self.as_json:
            sys.stdout = sys.stderr
        return self

    def __exit__(self, *failure: object) -> None:
        self._bar.clear()
        sys.stdout = self._stdout
        self._stdout.flush()

    def print(self, text: str = "") -> None:
        """Prints a line for people; silent with --json."""
        if not self.as_json:
            self._bar.clear()
            print(text, file=self._stdout)

    def table(self, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Prints rows under headers; numbers are aligned right."""
        if not self.as_json:
            self.print(table(headers, rows))

    def result(self, value: dict[str, Any]) -> None:
        """Prints `value` as the command's one JSON object, when --json was given."""
        if self.as_json:
            print(json.dumps(_plain(value), default=_from_numpy, allow_nan=False), file=self._stdout)

    def progress(self) -> Progress:
        """A progress handle whose reports are drawn as a bar on stderr when that is a terminal."""
        from dlgui.engine.progress import Progress

        return Progress(self._bar.show if self._bar.visible else None)


class ProgressBar:
    """One line on a terminal: task, bar, count, time left. Nothing at all where the stream is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.visible = stream.isatty()
        self._drawn = False

    def show(self, report: Report) -> None:
        if self.visible:
            width = shutil.get_terminal_size().columns - 1
            self.stream.write("\r\x1b[K" + bar_line(report.task, report.done, report.total, report.elapsed,
                                                    report.remaining)[:width])
            self.stream.flush()
            self._drawn = True

    def clear(self) -> None:
        if self._drawn:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
            self._drawn = False


def bar_line(task: str, done: int, total: int | None, elapsed: float, remaining: float | None) -> str:
    """`Reading images  [########........]  512/1024  0:07 left`; without a total, the count and the time so far."""
    if not total:
        return f"{task}  {done}  {clock(elapsed)}"
    filled = round(24 * min(done, total) / total)
    left = "" if remaining is None else f"  {clock(remaining)} left"
    return f"{task}  [{'#' * filled}{'.' * (24 - filled)}]  {done}/{total}{left}"


def clock(seconds: float) -> str:
    """Seconds as `m:ss` or `h:mm:ss`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns two blanks apart, text left, numbers right."""
    body = [[_cell(value) for value in row] for row in rows]
    right = [all(isinstance(row[i], (int, float)) or row[i] is None for row in rows) for i in range(len(headers))] \
        if isinstance(rows, Sequence) and rows else [False] * len(headers)
    lines = [list(headers), *body]
    widths = [max(len(line[i]) for line in lines) for i in range(len(headers))]
    return "\n".join("  ".join(cell.rjust(width) if flush_right else cell.ljust(width)
                               for cell, width, flush_right in zip(line, widths, right, strict=True)).rstrip()
                     for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:
    """`value` without NaN and infinity, which JSON does not know: they become null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _from_numpy(value: Any) -> Any:
    return str(value)
