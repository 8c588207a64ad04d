"""Exports for other programs. Each file carries class names, the whole preprocessing and its parity certificate.

An exported network takes uint8 (N, H, W, C) images at the network's size and gives float32 (N, classes) confidences;
normalization, temperature and softmax are inside. What comes before (resizing, contrast, channels) is described as
JSON in the metadata, for it works on single images of any size; the example written beside each file does it.

Two steps, so that the figures can be seen before anything is saved: `prepare` makes the network and measures it
against the engine; `Prepared.save` writes a temporary sibling, checks what lies on the disk, and renames it.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlgui.engine import networks, onnx_network
from dlgui.engine.certificate import Certificate, Cost, Run, certify, measure_speed
from dlgui.engine.classifier import Classifier
from dlgui.engine.export_examples import write_examples
from dlgui.engine.inference import Predictor
from dlgui.engine.model_file import from_bytes, read_model, to_bytes
from dlgui.engine.progress import Progress
from dlgui.engine.rejection import DECISIONS
from dlgui.engine.storage import discard, unfinished, unwritable
from dlgui.errors import DlguiError, InvalidValue

if TYPE_CHECKING:
    import onnx

TOLERANCE = 1e-3
SUFFIXES = {"dlclassifier": ".dlclassifier", "onnx": ".onnx", "openvino": ".xml", "torch_export": ".pt2"}


def formats() -> list[str]:
    """Names of the formats."""
    return list(_WRITERS)


@dataclass
class Int8:
    """What quantization needs: uint8 (n, H, W, C) images at the network's size.

    Attributes:
        calibration: training images, for the ranges of the activations.
        validation: images to measure the cost on, with their class indices `truth`, int64 (n,); the limit beyond which
            an image is unknown is calibrated on them anew.
    """

    calibration: np.ndarray
    validation: np.ndarray
    truth: np.ndarray


@dataclass
class Prepared:
    """A network that is ready to be written, with the figures it was measured to have."""

    classifier: Classifier
    certificate: Certificate
    _writer: _Writer
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
    if kind not in _WRITERS:
        raise InvalidValue("format", kind, ", ".join(_WRITERS))
    if not len(images):
        raise InvalidValue("images", "none", "at least one image to compare on")
    if int8 is not None and kind != "onnx":
        raise InvalidValue("int8", kind, "the format onnx")
    progress = progress or Progress()
    progress.task("converting", 3 if int8 is None else 5)
    pixels = np.stack([classifier.preprocessing.pixels(image) for image in images])
    expected = Predictor(classifier, "cpu").predict_pixels(pixels)
    writer = _WRITERS[kind](classifier)
    progress.advance()
    with _workplace() as folder:
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
            assert isinstance(writer, _Onnx)
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


def description(classifier: Classifier) -> dict[str, str]:
    """What every exported file says about itself; values are JSON."""
    rule = classifier.rejection
    return {
        **({"dlgui.rejection": json.dumps({"decisions": DECISIONS, **rule.to_dict()})} if rule is not None else {}),
        "dlgui.classes": json.dumps(classifier.classes),
        "dlgui.preprocessing": json.dumps(classifier.preprocessing.to_dict()),
        "dlgui.network": json.dumps(classifier.network),
        "dlgui.provenance": json.dumps(classifier.provenance),
        "dlgui.input": json.dumps("uint8 (n, height, width, channels), gray values 0…255 after the resizing that "
                                  "dlgui.preprocessing describes"),
        "dlgui.output": json.dumps("float32 (n, classes), confidences" + (
            "" if rule is None else "; int64 (n,), decision, a place in dlgui.rejection's decisions" + (
                "" if rule.novelty is None else "; float32 (n,), novelty, above 1 unknown"))),
    }


def onnx_model(classifier: Classifier, ruled: bool = True) -> onnx.ModelProto:
    """The whole classifier as an ONNX model with metadata; without its rule for rejection if not `ruled`."""
    import onnx

    p = classifier.preprocessing
    model = onnx_network.assemble(onnx.load(classifier.graph()), networks.info(classifier.network), classifier.pooling,
                                  "pixels", (p.range_min, p.range_max), (*classifier.head, classifier.temperature),
                                  classifier.rejection if ruled else None)
    onnx.helper.set_model_props(model, description(classifier))
    onnx.checker.check_model(model)
    return model


@contextmanager
def _workplace() -> Iterator[Path]:
    """A folder for files that nobody keeps. Raises `DlguiError` where they cannot be written."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
    except OSError as problem:
        raise unwritable(tempfile.gettempdir(), problem) from problem


def _loaded(writer: _Writer, path: Path) -> tuple[Run, int]:
    writer.write(path, description(writer.classifier))
    return writer.open(path), sum(file.stat().st_size for file in writer.files(path))


def _batches(run: Run, pixels: np.ndarray, size: int = 16) -> np.ndarray:
    return np.concatenate([run(pixels[start:start + size]) for start in range(0, len(pixels), size)])


def _error(run: Run, data: Int8) -> float:
    return float((_batches(run, data.validation).argmax(1) != data.truth).mean())


class _Writer:
    """A network in one format: written with metadata, opened again as whoever gets the file would."""

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier

    def files(self, path: Path) -> list[Path]:
        """What `write` makes; the first is the one with the name that was asked for."""
        return [path]

    def write(self, path: Path, metadata: dict[str, str]) -> None:
        raise NotImplementedError

    def open(self, path: Path) -> Run:
        raise NotImplementedError

    def swift(self, path: Path) -> Run | None:
        """What people will run the file by, where that is not what it is checked with."""
        return None

    def runtime(self) -> str:
        """Name and version of what people will run it by."""
        raise NotImplementedError


class _DlClassifier(_Writer):
    def write(self, path: Path, metadata: dict[str, str]) -> None:
        copy = from_bytes(to_bytes(self.classifier))
        if "dlgui.certificate" in metadata:
            copy.metrics["certificate"] = json.loads(metadata["dlgui.certificate"])
        path.write_bytes(to_bytes(copy))

    def open(self, path: Path) -> Run:
        return Predictor(read_model(path), "cpu", runtime="torch").predict_pixels  # not what `expected` came from

    def swift(self, path: Path) -> Run | None:
        return Predictor(read_model(path), "cpu").predict_pixels

    def runtime(self) -> str:
        import onnxruntime

        return f"dlgui, onnxruntime {onnxruntime.__version__}"


class _Onnx(_Writer):
    def __init__(self, classifier: Classifier) -> None:
        super().__init__(classifier)
        self._model = onnx_model(classifier)

    def quantize(self, data: Int8) -> tuple[float, float] | tuple[()]:
        """Goes over to eight bits.

        Where the classifier tells unknown images it becomes a copy whose limit fits the quantized network. Then returns
        the share of validation images, 0…1, that lie beyond the old limit, and beyond one that was set without them.
        """
        from dlgui.engine import quantization

        self._model, shift = quantization.quantize(onnx_model(self.classifier, ruled=False), data.calibration)
        rule = self.classifier.rejection
        if rule is None:
            return ()
        alarms: tuple[float, float] | tuple[()] = ()
        if rule.novelty is not None:
            old, rate = rule.novelty, rule.novelty.false_alarm_rate
            features = quantization.features(self._model, data.validation)
            moved = old.moved(shift)
            distances = moved.distances(features)
            rule = replace(rule, novelty=moved.calibrated(distances, rate))
            alarms = float((old.scores(features) > 1).mean()), moved.measured_rate(distances, rate)
            self.classifier = from_bytes(to_bytes(self.classifier))
            self.classifier.set_rejection(rule)
        onnx_network.add_rejection(self._model, rule)
        return alarms

    def write(self, path: Path, metadata: dict[str, str]) -> None:
        import onnx

        onnx.helper.set_model_props(self._model, metadata)
        path.write_bytes(self._model.SerializeToString())

    def open(self, path: Path) -> Run:
        import onnxruntime

        session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
        return lambda pixels: np.asarray(session.run(None, {"image": pixels})[0])

    def runtime(self) -> str:
        import onnxruntime

        return f"onnxruntime {onnxruntime.__version__}"


class _OpenVino(_Writer):
    def __init__(self, classifier: Classifier) -> None:
        super().__init__(classifier)
        try:
            import openvino
        except ImportError as problem:
            raise DlguiError("openvino", "the package is not installed",
                             "run: pip install 'dlgui[export]'") from problem
        with _workplace() as folder:
            source = folder / "model.onnx"
            source.write_bytes(onnx_model(classifier).SerializeToString())
            self._model = openvino.convert_model(source)

    def files(self, path: Path) -> list[Path]:
        return [path, path.with_suffix(".bin")]

    def write(self, path: Path, metadata: dict[str, str]) -> None:
        import openvino

        for key, value in metadata.items():
            self._model.set_rt_info(value, key.split("."))
        try:
            openvino.save_model(self._model, path, compress_to_fp16=False)
        except RuntimeError as problem:  # of a disk that is full or may not be written; which, it does not say
            raise OSError(str(problem).strip().splitlines()[-1]) from problem

    def open(self, path: Path) -> Run:
        import openvino

        compiled = openvino.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        return lambda pixels: np.asarray(compiled([pixels])[compiled.output(0)])

    def runtime(self) -> str:
        import openvino

        return f"openvino {openvino.__version__.partition('-')[0]}"


class _TorchExport(_Writer):
    def __init__(self, classifier: Classifier) -> None:
        super().__init__(classifier)
        from dlgui.engine.torch_export import exported_program

        self._program = exported_program(classifier)

    def write(self, path: Path, metadata: dict[str, str]) -> None:
        import torch

        content = io.BytesIO()  # where a disk is full, torch ends the whole process
        torch.export.save(self._program, content, extra_files=dict(metadata))
        path.write_bytes(content.getbuffer())

    def open(self, path: Path) -> Run:
        import torch

        loaded = torch.export.load(path).module()

        def run(pixels: np.ndarray) -> np.ndarray:
            with torch.no_grad():
                found = loaded(torch.from_numpy(pixels))
            return np.asarray(found[0] if isinstance(found, tuple) else found)
        return run

    def runtime(self) -> str:
        import torch

        return f"torch {torch.__version__}"


_WRITERS: dict[str, Callable[[Classifier], Any]] = {
    "dlclassifier": _DlClassifier, "onnx": _Onnx, "openvino": _OpenVino, "torch_export": _TorchExport,
}
