"""What a classifier said about a set of images, as columns."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from dlgui.engine.storage import write_atomically
from dlgui.errors import DlguiError, InvalidValue

_BLOCK = 1 << 22  # cells looked at in one go: bounds the temporaries of large tables


@dataclass(frozen=True, eq=False)
class Predictions:
    """Confidences of n images over k classes.

    Attributes:
        classes: k names.
        confidences: float32 (n, k).
        truth: int64 (n,), index of the true class, −1 where unknown.
        paths: n names of the images (relative to the image root).

    Raises:
        InvalidValue: shapes do not agree, a truth is outside the classes, or a confidence is not finite.
    """

    classes: list[str]
    confidences: np.ndarray
    truth: np.ndarray
    paths: list[str]

    def __post_init__(self) -> None:
        confidences = np.asarray(self.confidences, np.float32)
        truth = np.asarray(self.truth, np.int64)
        if confidences.ndim != 2 or confidences.shape[1] != len(self.classes) or not self.classes:
            raise InvalidValue("confidences", f"an array {confidences.shape}", f"an array (n, {len(self.classes)})")
        if truth.shape != confidences.shape[:1] or len(self.paths) != len(confidences):
            raise InvalidValue("truth and paths", f"{truth.shape} and {len(self.paths)}", f"{len(confidences)} of each")
        if len(truth) and (truth.min() < -1 or truth.max() >= len(self.classes)):
            raise InvalidValue("truth", int(truth[(truth < -1) | (truth >= len(self.classes))][0]),
                               f"indices from 0 to {len(self.classes) - 1}, or -1 for unknown")
        if not np.isfinite(confidences).all():
            raise InvalidValue("confidences", "not a number or infinite", "finite values")
        for name, value in (("confidences", confidences), ("truth", truth), ("classes", list(self.classes)),
                            ("paths", list(self.paths))):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.confidences)

    @cached_property
    def predicted(self) -> np.ndarray:
        """Index of the most confident class, int64 (n,); of equals the first."""
        return self.confidences.argmax(1)

    @cached_property
    def confidence(self) -> np.ndarray:
        """Confidence of the predicted class, float32 (n,)."""
        return self.confidences[np.arange(len(self)), self.predicted]

    @cached_property
    def order(self) -> np.ndarray:
        """Every sample's classes by falling confidence, int64 (n, k); of equals the first comes first."""
        return np.argsort(-self.confidences, axis=1, kind="stable")

    @cached_property
    def rank(self) -> np.ndarray:
        """Place of the true class among the sample's confidences, int64 (n,): 0 is a hit; k where truth is unknown."""
        count = len(self.classes)
        ranks = np.full(len(self), count, np.int64)
        rows = max(1, _BLOCK // count)
        for start in range(0, len(self), rows):
            block, truth = self.confidences[start:start + rows], self.truth[start:start + rows]
            own = block[np.arange(len(block)), truth][:, None]
            place = np.count_nonzero(block > own, axis=1)
            place += np.count_nonzero((block == own) & (np.arange(count) < truth[:, None]), axis=1)
            ranks[start:start + rows] = np.where(truth >= 0, place, count)
        return ranks

    @cached_property
    def correct(self) -> np.ndarray:
        """Whether the prediction is the truth, bool (n,); False where unknown."""
        return self.predicted == self.truth

    @cached_property
    def loss(self) -> np.ndarray:
        """Cross-entropy of every sample, float32 (n,), in nats; NaN where the truth is unknown."""
        own = self.confidences[np.arange(len(self)), self.truth]
        return np.where(self.truth >= 0, -np.log(np.maximum(own, np.finfo(np.float32).tiny)), np.float32(np.nan))

    def subset(self, indices: Sequence[int] | np.ndarray) -> Predictions:
        """The samples at `indices` (or under a bool mask), in that order."""
        positions = np.arange(len(self))[np.asarray(indices)] if len(indices) else np.empty(0, np.int64)
        return Predictions(self.classes, self.confidences[positions], self.truth[positions],
                           [self.paths[i] for i in positions])

    def known(self) -> Predictions:
        """The samples whose truth is known."""
        mask = self.truth >= 0
        return self if mask.all() else self.subset(mask)

    def with_truth(self, truth: Sequence[int] | np.ndarray) -> Predictions:
        """The same confidences against other labels, e.g. after a relabel."""
        return replace(self, truth=np.asarray(truth, np.int64))

    def to_json(self) -> Iterator[dict[str, Any]]:
        """One plain record a sample: path, truth (None if unknown), predicted, confidence, confidences by class."""
        predicted, truth, confidence = self.predicted.tolist(), self.truth.tolist(), self.confidence.tolist()
        for i, row in enumerate(self.confidences.tolist()):
            yield {"path": self.paths[i], "truth": self.classes[truth[i]] if truth[i] >= 0 else None,
                   "predicted": self.classes[predicted[i]], "confidence": confidence[i],
                   "confidences": dict(zip(self.classes, row, strict=True))}

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for an .npz file that needs no pickle; the lists of names are JSON in UTF-8, as uint8."""
        return {"classes": _encode(self.classes), "confidences": self.confidences, "truth": self.truth,
                "paths": _encode(self.paths)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Predictions:
        """The inverse of `to_arrays`. Raises `DlguiError` on anything else."""
        try:
            return cls(_decode(arrays["classes"]), arrays["confidences"], arrays["truth"], _decode(arrays["paths"]))
        except (KeyError, TypeError, ValueError) as problem:
            raise DlguiError("predictions", f"cannot be read ({problem})", "evaluate the run again") from problem

    def write(self, path: str | Path) -> None:
        """Writes an .npz file, whole or not at all. Raises `DlguiError` where that is impossible."""
        arrays: dict[str, Any] = self.to_arrays()
        write_atomically(path, lambda file: np.savez_compressed(file, **arrays))

    @classmethod
    def read(cls, path: str | Path) -> Predictions:
        """Reads what `write` wrote. Raises `DlguiError` where the file is missing or damaged."""
        try:
            with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return cls.from_arrays(arrays)
        except (OSError, TypeError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as problem:
            if isinstance(problem, DlguiError):
                raise
            raise DlguiError(path, f"cannot be read ({problem})", "evaluate the run again") from problem


def _encode(names: Sequence[str]) -> np.ndarray:
    return np.frombuffer(json.dumps(list(names)).encode(), np.uint8)


def _decode(array: np.ndarray) -> list[str]:
    names = json.loads(np.asarray(array, np.uint8).tobytes())
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("a list of names was expected")
    return names
