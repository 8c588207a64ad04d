"""What a folder of images would give, before anything is imported: a listing for each label source, broken files."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dlgui import environment
from dlgui.engine.images import read_image
from dlgui.engine.labels import SOURCES, Listing, Sample, label_of, list_files, read_listing
from dlgui.engine.progress import Progress
from dlgui.errors import DlguiError, UnreadableImage


@dataclass(frozen=True)
class Outcome:
    """What one label source gives: a listing, or the reason why there is none."""

    source: str
    listing: Listing | None
    reason: str = ""

    def first_images(self, most: int) -> list[tuple[str | None, int, list[str]]]:
        """Of each class, sorted by name and None last: number of images and paths of up to `most` of them."""
        paths: dict[str | None, list[str]] = {}
        for sample in self.listing.samples if self.listing is not None else []:
            paths.setdefault(sample.label, []).append(sample.path)
        return [(label, len(paths[label]), paths[label][:most])
                for label in sorted(paths, key=lambda name: (name is None, name or ""))]


def survey(root: str | Path, csv_file: str = "", progress: Progress | None = None) -> dict[str, Outcome]:
    """Tries every label source on a folder, listing it once.

    Args:
        root: the image folder.
        csv_file: tried too where given, under the key `csv`.
        progress: cancels between sources.

    Raises:
        DlguiError: not a folder, or no image in it.
    """
    paths = list_files(root)
    if not paths:
        raise DlguiError(root, "no image file found", "name a folder that holds JPEG, PNG, BMP, TIFF, GIF, WebP or PNM")
    name = Path(root).resolve().name
    found = {}
    for source in SOURCES:
        if progress is not None:
            progress.check()
        found[source] = Outcome(source, Listing([Sample(path, label_of(path, source, name)) for path in paths]))
    if csv_file:
        try:
            found["csv"] = Outcome("csv", read_listing(root, f"csv:{csv_file}"))
        except DlguiError as problem:
            found["csv"] = Outcome("csv", None, f"{problem.why}; {problem.remedy}")
    return found


def advised(found: dict[str, Outcome]) -> str:
    """The label source that most probably is the right one: the first that gives several classes of several images."""
    for source in ("csv", "last_folder", "file_name_remove_index"):
        listing = found[source].listing if source in found else None
        if listing is not None and 2 <= len(listing.classes) <= len(listing.samples) / 2:
            return source
    return "none"


def unreadable(root: str | Path, paths: Sequence[str], progress: Progress | None = None,
               first: Callable[[], object] = lambda: None) -> Iterator[tuple[str, str]]:
    """Decodes files in threads and yields path and reason of each that cannot be read.

    Args:
        root: the image folder.
        paths: relative to it, with `/`.
        progress: advanced by one a file; cancels between files.
        first: called before each file in the thread that reads it; waits where something else is more urgent.
    """
    root = Path(root)
    workers = max(environment.cores(), 2)
    waiting: deque[tuple[str, Future[str]]] = deque()
    if progress is not None:
        progress.task("checking files", len(paths))
    with ThreadPoolExecutor(workers, thread_name_prefix="survey") as pool:
        try:
            for i, path in enumerate(paths):
                waiting.append((path, pool.submit(_reason, root / path, first)))
                while waiting and (len(waiting) > 4 * workers or i == len(paths) - 1):
                    name, future = waiting.popleft()
                    reason = future.result()
                    if reason:
                        yield name, reason
                    if progress is not None:
                        progress.advance()
        finally:
            for _, future in waiting:
                future.cancel()


def _reason(file: Path, first: Callable[[], object]) -> str:
    first()
    try:
        read_image(file)
    except UnreadableImage as problem:
        return problem.reason
    return ""
