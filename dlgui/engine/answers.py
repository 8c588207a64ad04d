"""What was said of files that are not in any data set: records to show, to choose from and to take along."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlgui.engine.rejection import DECISIONS
from dlgui.engine.storage import write_atomically
from dlgui.errors import DlguiError, InvalidValue, UnreadableImage

if TYPE_CHECKING:
    from dlgui.engine.inference import Judgement, Predictor
    from dlgui.engine.progress import Progress

FAILED = "failed"
STATES = ("all", *DECISIONS, FAILED)


@dataclass(frozen=True, eq=False)
class Answer:
    """One file.

    Attributes:
        path: of the file.
        predicted: the most confident class; empty where the file could not be read.
        confidence: of that class, -1 where the file could not be read.
        confidences: float32 (classes,), None where the file could not be read.
        decision: one of `rejection.DECISIONS`, or `failed`.
        novelty: how unlike the training images it is, above 1 unknown; None where nobody can tell.
        reason: why it could not be read.
        name: what people know the file by where its path is not that, as with a member of an archive; else empty.
    """

    path: str
    predicted: str
    confidence: float
    confidences: np.ndarray | None
    decision: str
    novelty: float | None = None
    reason: str = ""
    name: str = ""

    @property
    def title(self) -> str:
        """What people know the file by."""
        return self.name or self.path

    def runner_up(self, classes: Sequence[str]) -> tuple[str, float] | None:
        """The second most confident class, if there is one."""
        if self.confidences is None or len(self.confidences) < 2:
            return None
        second = int(np.argsort(-self.confidences, kind="stable")[1])
        return classes[second], float(self.confidences[second])


def answer(path: str, found: Judgement | UnreadableImage, classes: Sequence[str]) -> Answer:
    """The record of one file."""
    if isinstance(found, UnreadableImage):
        return Answer(path, "", -1.0, None, FAILED, None, found.reason)
    best = int(found.confidences.argmax())
    return Answer(path, classes[best], float(found.confidences[best]), found.confidences, found.decision, found.novelty)


def classify(predictor: Predictor, paths: Sequence[str], progress: Progress | None = None) -> Iterator[Answer]:
    """Answers in the order of `paths`."""
    classes = predictor.classifier.classes
    for i, found in predictor.judge_paths(paths, progress):
        yield answer(paths[i], found, classes)


def renamed(a: Answer, names: Mapping[str, str]) -> Answer:
    """The answer with the name that people know its file by, if it has another than its path."""
    return replace(a, name=names.get(a.path, ""))


def called(a: Answer, classes: Mapping[str, str]) -> Answer:
    """The answer with its class called otherwise, where that has another name."""
    return replace(a, predicted=classes.get(a.predicted, a.predicted))


def images_of(paths: Iterable[str | Path]) -> list[str]:
    """Files, and the image files below folders, with `/`. Raises `DlguiError` where a folder cannot be listed."""
    from dlgui.engine.labels import list_files

    found: list[str] = []
    for path in map(Path, paths):
        if path.is_dir():
            found += [f"{path.as_posix().rstrip('/')}/{name}" for name in list_files(path)]
        else:
            found.append(path.as_posix())
    return found


@dataclass(frozen=True)
class Gathered:
    """What is to be classified.

    Attributes:
        files: image files, with `/`.
        names: of those that people know by another name than their path, as members of an archive.
        refused: archives and members of them that cannot be unpacked.
    """

    files: list[str]
    names: dict[str, str]
    refused: list[Answer]


def gather(paths: Iterable[str | Path], scratch: str | Path, progress: Progress | None = None) -> Gathered:
    """The images of files, folders and zip archives. What cannot be unpacked keeps the others from nothing.

    Args:
        paths: of them.
        scratch: an existing folder that archives are unpacked into.
        progress: see `archives.unpack_images`.

    Raises:
        DlguiError: a folder cannot be listed.
        Cancelled: see `Progress`.
    """
    found = Gathered([], {}, [])
    for path in map(Path, paths):
        if path.suffix.lower() == ".zip" and path.is_file():
            inside, refused = _unpacked(path, Path(tempfile.mkdtemp(dir=scratch)) / "images", progress)
            found.names.update(inside)
            found.files.extend(inside)
            found.refused.extend(Answer(name, "", -1.0, None, FAILED, None, reason) for name, reason in refused)
        else:
            found.files.extend(images_of([path]))
    return found


def _unpacked(archive: Path, place: Path, progress: Progress | None) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """File → the name that people know it by, and (name, reason) of what cannot be had."""
    from dlgui.engine.archives import unpack_images

    try:
        found, refused = unpack_images(archive, place, progress)
    except DlguiError as problem:
        shutil.rmtree(place, ignore_errors=True)
        return {}, [(archive.as_posix(), f"{problem.why}; {problem.remedy}")]
    return ({file.as_posix(): f"{archive.as_posix()}/{file.relative_to(place).as_posix()}" for file in found},
            [(f"{archive.as_posix()}/{name}", reason) for name, reason in refused])


@dataclass(frozen=True)
class AnswerFilter:
    """Which answers to look at; the defaults let every one through.

    Attributes:
        state: one of `STATES`.
        predicted: a class, None for any.
        lowest, highest: range of the confidence, both ends included; failed files have none and pass only 0 … 1.

    Raises:
        InvalidValue: an unknown state.
    """

    state: str = "all"
    predicted: str | None = None
    lowest: float = 0.0
    highest: float = 1.0

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise InvalidValue("state", self.state, ", ".join(STATES))

    def keeps(self, a: Answer) -> bool:
        """Whether an answer is among them."""
        return (self.state in ("all", a.decision) and self.predicted in (None, a.predicted)
                and ((self.lowest, self.highest) == (0, 1) or self.lowest <= a.confidence <= self.highest))


def record(a: Answer, classes: Sequence[str]) -> dict[str, Any]:
    """A readable file's answer as `dlgui apply --json` prints it."""
    assert a.confidences is not None
    made = {"path": a.title, "predicted": a.predicted, "confidence": a.confidence,
            "confidences": dict(zip(classes, a.confidences.tolist(), strict=True)), "decision": a.decision}
    return made if a.novelty is None else {**made, "novelty": a.novelty}


def document(answers: Iterable[Answer], classes: Sequence[str]) -> dict[str, Any]:
    """All answers: `results`, and `failed` with the reasons."""
    every = list(answers)
    return {"results": [record(a, classes) for a in every if a.confidences is not None],
            "failed": [{"path": a.title, "reason": a.reason} for a in every if a.confidences is None]}


def write(path: str | Path, answers: Sequence[Answer], classes: Sequence[str]) -> None:
    """Writes readable files' answers as a table, or everything as JSON where the name ends so.

    The table has the columns path, predicted, confidence, one a class, decision. Raises `DlguiError` where it cannot be
    written.
    """
    if Path(path).suffix.lower() == ".json":
        content = json.dumps(document(answers, classes), ensure_ascii=False, indent=1)
    else:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(["path", "predicted", "confidence", *classes, "decision"])
        for a in answers:
            if a.confidences is not None:
                writer.writerow([a.title, a.predicted, f"{a.confidence:.6f}", *(f"{c:.6f}" for c in a.confidences),
                                 a.decision])
        content = text.getvalue()
    write_atomically(path, lambda file: file.write(content.encode()))
