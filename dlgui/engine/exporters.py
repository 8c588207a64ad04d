"""Exports for other programs. Each file carries class names, the whole preprocessing and its parity certificate.

An exported network takes uint8 (N, H, W, C) images at the network's size and gives float32 (N, classes) confidences;
normalization, temperature and softmax are inside. What comes before (resizing, contrast, channels) is described as
JSON in the metadata, for it works on single images of any size; the example written beside each file does it.

Two steps, so that the figures can be seen before anything is saved: `prepare` makes the network and measures it
against the engine; `Prepared.save` writes a temporary sibling, checks what lies on the disk, and renames it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlgui.engine.certificate import Certificate, Cost, Run, certify, measure_speed
from dlgui.engine.classifier import Classifier
from dlgui.engine.export_examples import write_examples
from dlgui.engine.export_formats import SUFFIXES, WRITERS, Int8, Onnx, Writer, description, workplace
from dlgui.engine.inference import Predictor
from dlgui.engine.progress import Progress
from dlgui.engine.storage import discard, unfinished, unwritable
from dlgui.errors import DlguiError, InvalidValue

if TYPE_CHECKING:
    pass

__all__ = ["SUFFIXES", "TOLERANCE", "Int8", "Prepared", "export", "formats", "prepare"]

TOLERANCE = 1e-3
"""Greatest difference of a confidence to the engine's."""


def formats() -> list[str]:
    """Names of the formats."""
    return list(WRITERS)


@dataclass
class Prepared:
    """A network that is ready to be written, with the figures it was measured to have."""

    classifier: Classifier
    certificate: Certificate
    _writer: Writer
    _pixels: np.ndarray
    _found: np.ndarray

    def save(self, path: str | Path) -> list[Path]:
        """Writes the file (OpenVINO: the .xml with its .bin beside it) and its examples.

        Returns:
            the files written; the first is the network.

        Raises:
            DlguiError: it cannot be written, or what lies on the disk does not give the measured confidences; nothing
                is then left behind and an older file stays as it was.
        """
        path = Path(path)
        suffix = path.suffix if self.certificate.format != "openvino" else ".xml"
        if path.suffix != suffix:
            raise InvalidValue("file", path.name, f"a name that ends in {suffix}")
        temporary = unfinished(path)
        files = self._writer.files(temporary)
        try:
            self._writer.write(temporary, {**description(self.classifier),
                                           "dlgui.certificate": self.certificate.to_json()})
            found = self._writer.open(temporary)(self._pixels)
            if found.shape != self._found.shape or not np.abs(found - self._found).max() <= 1e-5:
                raise DlguiError(path, "the written file gives other confidences than the measured network",
                                 "check the disk and export again")
            for file in reversed(files):
                with file.open("rb+") as stream:
                    os.fsync(stream.fileno())
                file.replace(path.with_suffix(file.suffix) if file != temporary else path)
        except OSError as problem:
            raise unwritable(path, problem) from problem
        finally:
            for file in files:
                discard(file)
        return [*self._writer.files(path), *write_examples(self.classifier, self.certificate.format, path)]


def prepare(classifier: Classifier, kind: str, images: Sequence[np.ndarray], int8: Int8 | None = None,
            progress: Progress | None = None) -> Prepared:
    """Makes a classifier's network in another format and measures it against the engine.

    Args:
        classifier: what to export.
        kind: one of `formats()`.
        images: real images to compare on, of any size.
        int8: quantizes to eight bits (ONNX only) and measures what that costs.
        progress: told of each step.

    Raises:
        InvalidValue: unknown format, no image, or int8 for another format than ONNX.
        DlguiError: a package is missing, or the confidences differ by more than 1e-3 (int8 is not held to that: its
            certificate says what it costs, and whoever asked decides).
    """
    if kind not in WRITERS:
        raise InvalidValue("format", kind, ", ".join(WRITERS))
    if not len(images):
        raise InvalidValue("images", "none", "at least one image to compare on")
    if int8 is not None and kind != "onnx":
        raise InvalidValue("int8", kind, "the format onnx")
    progress = progress or Progress()
    progress.task("converting", 3 if int8 is None else 5)
    pixels = np.stack([classifier.preprocessing.pixels(image) for image in images])
    expected = Predictor(classifier, "cpu").predict_pixels(pixels)
    writer = WRITERS[kind](classifier)
    progress.advance()
    with workplace() as folder:
        name = folder / f"network{SUFFIXES[kind]}"
        run, size = _loaded(writer, name)
        found, speed = _batches(run, pixels), measure_speed(writer.swift(name) or run, pixels)
        progress.advance()
        certificate = certify(kind, "float32", found, expected, speed, writer.runtime(), TOLERANCE)
        if not certificate.max_difference <= TOLERANCE:
            raise DlguiError(classifier.network,
                             f"the exported network's confidences differ by {certificate.max_difference:.2g}",
                             "report this with the output of: dlgui doctor")
        if int8 is not None:
            assert isinstance(writer, Onnx)
            before = _error(run, int8)
            progress.advance()
            alarms = writer.quantize(int8)
            progress.advance()
            run, small = _loaded(writer, name)
            found, faster = _batches(run, pixels), measure_speed(run, pixels)
            cost = Cost(len(int8.calibration), len(int8.validation), before, _error(run, int8), speed.milliseconds,
                        speed.images_per_second, size, small, *alarms)
            certificate = certify(kind, "int8", found, expected, faster, writer.runtime(), None, cost)
        progress.advance()
    return Prepared(writer.classifier, certificate, writer, pixels, found)


def export(classifier: Classifier, kind: str, path: str | Path, images: Sequence[np.ndarray]) -> float:
    """Prepares and saves in one go; returns the greatest difference to a confidence of the engine."""
    prepared = prepare(classifier, kind, images)
    prepared.save(path)
    return prepared.certificate.max_difference


def _loaded(writer: Writer, path: Path) -> tuple[Run, int]:
    writer.write(path, description(writer.classifier))
    return writer.open(path), sum(file.stat().st_size for file in writer.files(path))


def _batches(run: Run, pixels: np.ndarray, size: int = 16) -> np.ndarray:
    return np.concatenate([run(pixels[start:start + size]) for start in range(0, len(pixels), size)])


def _error(run: Run, data: Int8) -> float:
    return float((_batches(run, data.validation).argmax(1) != data.truth).mean())
