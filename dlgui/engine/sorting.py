"""Copies or moves classified files into a folder a class: planned first, done by a manifest, undone by it."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dlgui.engine.progress import Progress
from dlgui.engine.storage import discard, short_name, unfinished, write_atomically
from dlgui.errors import DlguiError

MANIFEST = "dlgui-sorted-{time}.json"
FORMAT = 1
_RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{i}" for name in ("com", "lpt") for i in range(1, 10))}


@dataclass(frozen=True)
class Step:
    """One file: from where, to where."""

    source: Path
    target: Path


@dataclass(frozen=True)
class Plan:
    """What would be done; nothing has happened yet.

    Attributes:
        folder: that will hold the class folders and the manifest.
        move: False copies.
        steps: in the order they are done; no target exists, and none comes twice.
        counts: files by class folder.
    """

    folder: Path
    move: bool
    steps: tuple[Step, ...]
    counts: dict[str, int]


def plan(files: Sequence[tuple[str | Path, str]], folder: str | Path, move: bool = False,
         progress: Progress | None = None) -> Plan:
    """Plans where (file, class) pairs would go; a name that is taken gets a number.

    Raises:
        DlguiError: nothing to do.
        Cancelled: see `Progress`.
    """
    folder = Path(folder).absolute()
    taken: set[Path] = set()
    steps = []
    for file, name in files:
        if progress is not None:
            progress.check()
        source = Path(file).absolute()
        target = free_name(folder / folder_name(name) / source.name, taken)
        if source.parent == target.parent:
            continue  # where it belongs already
        taken.add(target)
        steps.append(Step(source, target))
    if not steps:
        raise DlguiError(folder, "no file to put there", "classify images first, or choose another folder")
    return Plan(folder, move, tuple(steps), dict(Counter(step.target.parent.name for step in steps)))


def execute(planned: Plan, progress: Progress | None = None) -> Path:
    """Does what was planned; returns the manifest with which `undo` takes it back.

    The manifest is written before the first file is touched, so that even after a crash everything can be undone.

    Raises:
        DlguiError: a file cannot be read or written; what was done until then stays, the manifest names it.
        Cancelled: likewise.
    """
    try:
        planned.folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise DlguiError(planned.folder, f"cannot be made ({problem.strerror})", "choose another folder") from problem
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    manifest = planned.folder / MANIFEST.format(time=stamp)
    document = {"format": FORMAT, "move": planned.move,
                "steps": [[str(step.source), str(step.target)] for step in planned.steps]}
    write_atomically(manifest, lambda file: file.write(json.dumps(document, ensure_ascii=False, indent=0).encode()))
    if progress is not None:
        progress.task("moving" if planned.move else "copying", len(planned.steps))
    for step in planned.steps:
        try:
            step.target.parent.mkdir(parents=True, exist_ok=True)
            _transfer(step.source, step.target, planned.move)
        except OSError as problem:
            raise DlguiError(step.source, f"cannot be put into {step.target.parent} ({problem.strerror or problem})",
                             f"undo with {manifest.name}, or mend it and repeat") from problem
        if progress is not None:
            progress.advance()
    return manifest


def undo(manifest: str | Path, progress: Progress | None = None) -> list[tuple[Path, str]]:
    """Takes back what a manifest names: moved files return, unchanged copies vanish, emptied folders too.

    Returns:
        (file, reason) of what had to stay as it is: changed or vanished since, or its old place is taken.

    Raises:
        DlguiError: the manifest is missing or not one.
    """
    manifest = Path(manifest)
    move, steps = _read(manifest)
    if progress is not None:
        progress.task("taking back", len(steps))
    left: list[tuple[Path, str]] = []
    for step in reversed(steps):
        reason = _take_back(step, move)
        if reason:
            left.append((step.target, reason))
        if progress is not None:
            progress.advance()
    for folder in {step.target.parent for step in steps}:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    if not left:
        manifest.unlink()
    return left


def folder_name(name: str) -> str:
    """A class's name as a folder that every system allows."""
    made = short_name(re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", name)).strip().rstrip(". ")
    return f"_{made}" if not made or made.lower() in _RESERVED or made.startswith(".") else made


def free_name(wanted: Path, taken: set[Path] | None = None) -> Path:
    """The path, with a number where a file (or one of `taken`) has it already."""
    number, path = 1, wanted
    while path.exists() or (taken and path in taken):
        number += 1
        path = wanted.with_name(f"{short_name(wanted.stem)} ({number}){wanted.suffix}")
    return path


def _transfer(source: Path, target: Path, move: bool) -> None:
    """Whole or not at all, and never over another file."""
    if target.exists():
        raise FileExistsError(17, "the name was taken meanwhile")
    if move:
        try:
            source.rename(target)
            return
        except OSError:
            if not source.exists():
                raise
    temporary = unfinished(target)
    try:
        shutil.copy2(source, temporary)
        temporary.rename(target)
    finally:
        discard(temporary)
    if move:
        source.unlink()


def _take_back(step: Step, move: bool) -> str:
    """Undoes one step; returns why not."""
    try:
        if not step.target.exists():
            return "" if step.source.exists() else "it is gone"  # the step was never done
        if move:
            if step.source.exists():
                return "its old place is taken"
            step.source.parent.mkdir(parents=True, exist_ok=True)
            _transfer(step.target, step.source, move=True)
            return ""
        if not step.source.exists():
            return "the original is gone"
        ours, theirs = step.target.stat(), step.source.stat()
        if (ours.st_size, ours.st_mtime_ns // 10 ** 6) != (theirs.st_size, theirs.st_mtime_ns // 10 ** 6):
            return "it has changed since"
        step.target.unlink()
        return ""
    except OSError as problem:
        return problem.strerror or str(problem)


def _read(manifest: Path) -> tuple[bool, list[Step]]:
    try:
        document = json.loads(manifest.read_text(encoding="utf-8"))
        if document["format"] != FORMAT or not isinstance(document["move"], bool):
            raise ValueError("another format")
        steps = [Step(Path(source), Path(target)) for source, target in document["steps"]]
        if not all(s.source.is_absolute() and s.target.is_relative_to(manifest.parent.absolute()) for s in steps):
            raise ValueError("it names files outside its folder")
    except FileNotFoundError:
        raise DlguiError(manifest, "no such file", "choose a manifest that dlgui wrote") from None
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise DlguiError(manifest, f"not a manifest ({problem})", "choose a manifest that dlgui wrote") from problem
    return document["move"], steps
