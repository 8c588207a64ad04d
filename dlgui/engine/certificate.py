"""The parity certificate: what an exported file was measured to do before it was accepted."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from statistics import median
from typing import Any

import numpy as np

import dlgui
from dlgui import environment

Run = Callable[[np.ndarray], np.ndarray]
"""uint8 (N, H, W, C) images at the network's size to float32 (N, classes) confidences."""

SPEED_SECONDS = 0.6
SPEED_BATCH = 8


@dataclass(frozen=True)
class Speed:
    """How fast a file runs on this machine, preprocessing not included.

    Attributes:
        milliseconds: for one image alone, median.
        images_per_second: in batches of 8.
    """

    milliseconds: float
    images_per_second: float


@dataclass(frozen=True)
class Cost:
    """What a quantized network costs and gains against the one it was made from.

    Attributes:
        calibration_images: training images whose activations set the ranges.
        validation_images: images that both were judged on.
        top1_error_before, top1_error: on them, of the float32 and of the int8 network; 0…1.
        milliseconds_before, images_per_second_before: speed of the float32 network.
        bytes_before, bytes: size of the files.
        unknown_by_old_limit, unknown: share of the validation images, 0…1, that the int8 network calls unknown by the
            limit of the float32 network, and by one that was set without them; None where unknown images are not told.
    """

    calibration_images: int
    validation_images: int
    top1_error_before: float
    top1_error: float
    milliseconds_before: float
    images_per_second_before: float
    bytes_before: int
    bytes: int
    unknown_by_old_limit: float | None = None
    unknown: float | None = None

    @property
    def loss(self) -> float:
        """Rise of the top-1 error, −1…1."""
        return self.top1_error - self.top1_error_before


@dataclass(frozen=True)
class Certificate:
    """The figures of one exported file; they are in the file too.

    Attributes:
        format: name of the format.
        precision: `float32` or `int8`.
        images: real images that the file and the engine both classified.
        agreement: share of them given the same class, 0…1.
        max_difference, mean_difference: between their confidences.
        tolerance: greatest difference that is accepted; None where quantization makes one that has its own price.
        speed: of the file on the machine named below.
        processor, threads, runtime, dlgui, created: where and when.
        cost: of the quantization, if there was one.
    """

    format: str
    precision: str
    images: int
    agreement: float
    max_difference: float
    mean_difference: float
    tolerance: float | None
    speed: Speed
    processor: str
    threads: int
    runtime: str
    dlgui: str
    created: str
    cost: Cost | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

    def to_json(self) -> str:
        """As the exported file carries it."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Certificate:
        """The inverse of `to_dict`; keys of later versions are left out."""
        known = {f.name for f in fields(cls)}
        kept = {k: v for k, v in values.items() if k in known}
        return cls(**{**kept, "speed": Speed(**values["speed"]),
                      "cost": Cost(**values["cost"]) if values.get("cost") else None})

    def sentences(self) -> list[str]:
        """The certificate for a person, one fact a line."""
        lines = [f"{100 * self.agreement:.4g} % of {self.images} real images get the same class as in dlgui.",
                 "All confidences are exactly the same." if self.max_difference == 0 else
                 f"Confidences differ by at most {_points(self.max_difference)} percentage points "
                 f"(mean {_points(self.mean_difference)}).",
                 f"{_milliseconds(self.speed.milliseconds)} for one image, {self.speed.images_per_second:.0f} images a "
                 f"second in batches, on {self.processor} with {self.threads} thread{'s' * (self.threads != 1)} "
                 f"({self.runtime})."]
        if self.cost is not None:
            c = self.cost
            lines += [f"int8: top-1 error {100 * c.top1_error_before:.2f} % → {100 * c.top1_error:.2f} % on "
                      f"{c.validation_images} validation images (ranges from {c.calibration_images} training images).",
                      f"int8: {_milliseconds(c.milliseconds_before)} → {_milliseconds(self.speed.milliseconds)} an "
                      "image, "
                      f"{_size(c.bytes_before)} → {_size(c.bytes)}."]
            if c.unknown_by_old_limit is not None and c.unknown is not None:
                lines.append("int8: the limit for unknown images is set anew on the validation images: the old one "
                             f"would call {100 * c.unknown_by_old_limit:.1f} % of them unknown, the new one calls "
                             f"{100 * c.unknown:.1f} % of images unknown that it was not set on.")
        return lines


def _milliseconds(taken: float) -> str:
    return f"{taken:.1f} ms" if taken >= 1 else f"{taken:.2g} ms"


def _points(share: float) -> str:
    return f"{100 * share:.2g}" if share >= 1e-6 else "less than 0.0001"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def certify(kind: str, precision: str, found: np.ndarray, expected: np.ndarray, speed: Speed, runtime: str,
            tolerance: float | None, cost: Cost | None = None) -> Certificate:
    """The certificate of confidences `found` against the engine's `expected`, both (n, classes)."""
    fitting = found.shape == expected.shape and bool(np.isfinite(found).all())
    difference = np.abs(found - expected) if fitting else np.full(expected.shape, np.inf)
    same = found.argmax(1) == expected.argmax(1) if fitting else np.zeros(len(expected), bool)
    processor = environment.processor()
    return Certificate(kind, precision, len(expected), float(same.mean()), float(difference.max()),
                       float(difference.mean()), tolerance, speed, str(processor["name"]), int(processor["cores"]),
                       runtime, dlgui.__version__, datetime.now(UTC).isoformat(timespec="seconds"), cost)


def measure_speed(run: Run, pixels: np.ndarray, seconds: float = SPEED_SECONDS) -> Speed:
    """Runs images alone and in batches for about `seconds` each, after one run that is not counted."""
    batch = np.resize(pixels, (SPEED_BATCH, *pixels.shape[1:]))
    alone = _timed(lambda: run(pixels[:1]), seconds)
    together = _timed(lambda: run(batch), seconds)
    return Speed(1000 * alone, SPEED_BATCH / together)


def _timed(work: Callable[[], object], seconds: float) -> float:
    work()
    took: list[float] = []
    while len(took) < 3 or (sum(took) < seconds and len(took) < 200):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return median(took)
