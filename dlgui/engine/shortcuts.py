"""Does a class rest on the border or the background? Suspected from heatmaps, confirmed by covering the region.

A heatmap alone may mislead; so the region is covered with the image's mean colour, and the confidence must fall by
more than when an equally large part of the rest is covered (a covered area is strange in itself: that is the control).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dlgui.engine import heatmaps
from dlgui.engine.classifier import Classifier
from dlgui.engine.heat_summary import batches, energy_inside
from dlgui.engine.progress import Progress

REGIONS = ("border", "background")
BORDER = 0.1
"""Width of the border as a share of the image's sides."""

CONCENTRATION = 1.25
"""Suspected where the share of the heat in a region is so many times the region's share of the area."""

DROP = 0.1
"""Confirmed where covering costs so much confidence, and so much more than covering the control."""

SURE = 2.0
"""Confirmed where the difference is more than so many of its standard errors; one image alone confirms nothing."""


@dataclass(frozen=True)
class Finding:
    """One class and one region.

    Attributes:
        label: name of the class.
        region: one of `REGIONS`.
        images: how many were looked at: correctly classified, and with such a region.
        heat, area: mean shares of the heat and of the area that lie in the region, 0…1.
        drop, control: mean loss of the class's confidence when the region, or an equally large part of the rest, is
            covered.
        uncertainty: standard error of the mean of drop less control over the images.
    """

    label: str
    region: str
    images: int
    heat: float
    area: float
    drop: float
    control: float
    uncertainty: float

    @property
    def suspected(self) -> bool:
        """Whether the heatmaps point there."""
        return self.heat > CONCENTRATION * self.area

    @property
    def confirmed(self) -> bool:
        """Whether covering the region takes the class away, more than covering as much elsewhere and than luck."""
        return self.drop > DROP and self.drop - self.control > max(DROP, SURE * self.uncertainty)


def examine(classifier: Classifier, label: str, images: Iterable[np.ndarray], *, outputs: Sequence[str] = (),
            device: str = "cpu", progress: Progress | None = None) -> list[Finding]:
    """Looks at one class.

    Args:
        classifier: is not changed.
        label: the class that the images have.
        images: any sizes; those that are classified wrongly are left out.
        outputs: the classifier's classes that count as this one, by default the one of that name.
        device: where the network runs.
        progress: advanced by one an image; the task is the caller's.

    Returns:
        a finding a region that occurs; none where no image is classified correctly.
    """
    figures: dict[str, list[tuple[float, float, float, float]]] = {name: [] for name in REGIONS}
    members = tuple(outputs) or (label,)
    for batch in batches(images):
        pixels = [classifier.preprocessing.pixels(image) for image in batch]
        for image, heat in zip(pixels, heatmaps.explain(classifier, pixels, targets=[members] * len(pixels),
                                                        device=device), strict=True):
            if heat.predicted in members:
                for name in REGIONS:
                    region = border(image.shape[:2]) if name == "border" else background(image)
                    if region is not None:
                        figures[name].append(_figures(classifier, image, heat, region, device))
        if progress is not None:
            progress.advance(len(batch))
    return [Finding(label, name, len(rows), *(float(x) for x in [*np.mean(rows, axis=0), _uncertainty(rows)]))
            for name, rows in figures.items() if rows]


def _uncertainty(rows: Sequence[tuple[float, float, float, float]]) -> float:
    more = [drop - control for _, _, drop, control in rows]
    return float(np.std(more, ddof=1) / np.sqrt(len(more))) if len(more) > 1 else float("inf")


def border(shape: Sequence[int]) -> np.ndarray:
    """The frame along the edges: bool (height, width)."""
    height, width = shape
    y, x = max(round(BORDER * height), 1), max(round(BORDER * width), 1)
    region = np.ones((height, width), bool)
    region[y:height - y, x:width - x] = False
    return region


def background(image: np.ndarray) -> np.ndarray | None:
    """What looks like the border's usual colour: bool (height, width); None where image and border are alike.

    The distance to the median colour of the border is split in two by Otsu's threshold (1979); there is a background
    only where the two parts differ clearly and the border mostly lies in the near one.
    """
    edge = border(image.shape[:2])
    colours = image.reshape(*image.shape[:2], -1).astype(np.float32)
    distance = np.linalg.norm(colours - np.median(colours[edge], axis=0), axis=2)
    threshold, separation = _otsu(distance)
    region = distance <= threshold
    share = float(region.mean())
    if separation < 0.7 or not 0.15 <= share <= 0.9 or region[edge].mean() < 0.8:
        return None
    return region


def _otsu(values: np.ndarray) -> tuple[float, float]:
    """The threshold, and the share of the variance that it explains (0…1)."""
    counts, edges = np.histogram(values, 128)
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts) / values.size
    mean = np.cumsum(counts * centres) / values.size
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.nan_to_num((mean[-1] * below - mean) ** 2 / (below * (1 - below)), posinf=0, neginf=0)
    best = int(between[:-1].argmax())
    return float(edges[best + 1]), float(between[best] / max(float(values.var()), 1e-12))


def _figures(classifier: Classifier, image: np.ndarray, heat: heatmaps.Heatmap, region: np.ndarray,
             device: str) -> tuple[float, float, float, float]:
    covered = np.stack([_covered(image, region), _covered(image, _control(region))])
    target = classifier.classes.index(heat.target)
    left = classifier.predictor(device).predict_pixels(covered)[:, target]
    return (energy_inside(heat.map, region), float(region.mean()), heat.target_confidence - float(left[0]),
            heat.target_confidence - float(left[1]))


def _control(region: np.ndarray) -> np.ndarray:
    """As many pixels of the rest, those nearest to its middle (the whole rest where it is smaller)."""
    rows, columns = np.nonzero(~region)
    if not len(rows):
        return ~region
    distance = np.maximum(np.abs(rows - rows.mean()) / region.shape[0], np.abs(columns - columns.mean())
                          / region.shape[1])
    nearest = np.argsort(distance, kind="stable")[:int(region.sum())]
    found = np.zeros_like(region)
    found[rows[nearest], columns[nearest]] = True
    return found


def _covered(image: np.ndarray, region: np.ndarray) -> np.ndarray:
    covered = image.copy()
    covered[region] = np.rint(image.reshape(-1, image.shape[2]).mean(0)).astype(np.uint8)
    return covered
