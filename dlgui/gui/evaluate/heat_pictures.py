"""Pictures that explain an image; made in jobs' threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtGui import QImage

from dlgui.engine import heatmaps
from dlgui.engine.progress import Progress
from dlgui.gui.evaluate.explainer import Explainer
from dlgui.gui.thumbnails import to_qimage
from dlgui.project.operations.runs import Run


@dataclass(frozen=True)
class Wish:
    """What shall be seen: an image of a run, and how.

    Attributes:
        run: whose network is asked.
        file: the image.
        method: of `heatmaps.explain`; empty for the image alone.
        targets: a class for each picture, None for the predicted one.
        colours: one of `heatmaps.COLOURS`.
        strength: opacity of the heatmap, 0 to 1.
    """

    run: Run
    file: Path
    method: str
    targets: tuple[str | None, ...]
    colours: str
    strength: float


def pictures(explainer: Explainer, wish: Wish, progress: Progress) -> list[tuple[QImage, str]]:
    """A picture and a heading for each target."""
    pixels = explainer.pixels(wish.file)
    if not wish.method:
        return [(to_qimage(pixels), "")]
    made = []
    for target in wish.targets:
        progress.check()
        found = explainer.heatmap(wish.run, wish.file, wish.method, target, progress)
        deviation = "" if found.maximum_deviation is None else f", deviation {found.maximum_deviation:.2f}"
        made.append((to_qimage(heatmaps.overlay(pixels, found.map, wish.colours, wish.strength)),
                     f"{found.target} {100 * found.target_confidence:.1f} %{deviation}"))
    return made


def prefetch(explainer: Explainer, wishes: Sequence[Wish], progress: Progress) -> None:
    """Lets the explainer know what will probably be asked for next."""
    for wish in wishes:
        for target in wish.targets:
            progress.check()
            if wish.method:
                explainer.heatmap(wish.run, wish.file, wish.method, target)
            else:
                explainer.pixels(wish.file)
