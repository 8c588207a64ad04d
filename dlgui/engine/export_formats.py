"""The formats in which a network can leave: each writes it with metadata and opens what it wrote."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlgui.engine import networks, onnx_network
from dlgui.engine.certificate import Run
from dlgui.engine.classifier import Classifier
from dlgui.engine.inference import Predictor
from dlgui.engine.model_file import from_bytes, read_model, to_bytes
from dlgui.engine.rejection import DECISIONS
from dlgui.engine.storage import unwritable
from dlgui.errors import DlguiError

if TYPE_CHECKING:
    import onnx

SUFFIXES = {"dlclassifier": ".dlclassifier", "onnx": ".onnx", "openvino": ".xml", "torch_export": ".pt2"}


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
def workplace() -> Iterator[Path]:
    """A folder for files that nobody keeps. Raises `DlguiError` where they cannot be written."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
    except OSError as problem:
        raise unwritable(tempfile.gettempdir(), problem) from problem


class Writer:
    """A network in one format: written with metadata, opened again as whoever gets the file would."""

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier

    def files(self, path: Path) -> list[Path]:
        """What `write` makes; the first is the one with the name that was asked for."""
        return [path]

    def write(self, path: Path, metadata: dict[str, str]) -> None:
        """Writes the network; metadata are JSON by name. Raises `OSError`."""
        raise NotImplementedError

    def open(self, path: Path) -> Run:
        """Opens what was written."""
        raise NotImplementedError

    def swift(self, path: Path) -> Run | None:
        """What people will run the file by, where that is not what it is checked with."""
        return None

    def runtime(self) -> str:
        """Name and version of what people will run it by."""
        raise NotImplementedError


class DlClassifier(Writer):
    """dlgui's own model file, checked by torch, run by ONNX Runtime."""

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


class Onnx(Writer):
    """ONNX, also in eight bits."""

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


class OpenVino(Writer):
    """OpenVINO's intermediate representation, two files."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__(classifier)
        try:
            import openvino
        except ImportError as problem:
            raise DlguiError("openvino", "the package is not installed",
                             "run: pip install 'dlgui[export]'") from problem
        with workplace() as folder:
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


class TorchExport(Writer):
    """A program of torch.export."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__(classifier)
        from dlgui.engine.torch_program import exported_program

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


WRITERS: dict[str, Callable[[Classifier], Any]] = {
    "dlclassifier": DlClassifier, "onnx": Onnx, "openvino": OpenVino, "torch_export": TorchExport,
}
