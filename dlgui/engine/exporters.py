"""Exports for other programs. Each file carries class names and the whole preprocessing, and is checked at once.

An exported network takes uint8 (N, H, W, C) images at the network's size and gives float32 (N, classes) confidences;
normalization, temperature and softmax are inside. What comes before (resizing, contrast, channels) is described as
JSON in the metadata, for it works on single images of any size.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlgui.engine import networks, onnx_network
from dlgui.engine.classifier import Classifier
from dlgui.engine.inference import Predictor
from dlgui.engine.model_file import read_model, write_model
from dlgui.engine.storage import write_atomically
from dlgui.errors import DlguiError, InvalidValue

if TYPE_CHECKING:
    import onnx

TOLERANCE = 1e-3
Run = Callable[[np.ndarray], np.ndarray]


def formats() -> list[str]:
    """Names of the formats."""
    return list(_FORMATS)


def export(classifier: Classifier, kind: str, path: str | Path, images: Sequence[np.ndarray]) -> float:
    """Writes a classifier in another format and compares the file's confidences with the engine's.

    Args:
        classifier: what to export.
        kind: one of `formats()`.
        path: file to write (OpenVINO: the .xml; its .bin lies beside it).
        images: real images to compare on, of any size.

    Returns:
        The greatest difference between a confidence of the exported file and of the engine.

    Raises:
        InvalidValue: unknown format, or no image.
        DlguiError: a package is missing, the file cannot be written, or the confidences differ by more than 1e-3; the
            file is then removed.
    """
    if kind not in _FORMATS:
        raise InvalidValue("format", kind, ", ".join(_FORMATS))
    if not len(images):
        raise InvalidValue("images", "none", "at least one image to compare on")
    path = Path(path)
    pixels = np.stack([classifier.preprocessing.pixels(image) for image in images])
    expected = Predictor(classifier, "cpu").predict_pixels(pixels)
    found = _FORMATS[kind](classifier, path)(pixels)
    difference = float(np.abs(found - expected).max()) if found.shape == expected.shape else float("inf")
    if not difference <= TOLERANCE:
        path.unlink(missing_ok=True)
        raise DlguiError(path, f"the exported network's confidences differ by {difference:.2g}",
                         "report this with the output of: dlgui doctor")
    return difference


def description(classifier: Classifier) -> dict[str, str]:
    """What every exported file says about itself; values are JSON."""
    return {
        "dlgui.classes": json.dumps(classifier.classes),
        "dlgui.preprocessing": json.dumps(classifier.preprocessing.to_dict()),
        "dlgui.network": json.dumps(classifier.network),
        "dlgui.provenance": json.dumps(classifier.provenance),
        "dlgui.input": json.dumps("uint8 (n, height, width, channels), gray values 0…255 after the resizing that "
                                  "dlgui.preprocessing describes"),
        "dlgui.output": json.dumps("float32 (n, classes), confidences"),
    }


def onnx_model(classifier: Classifier) -> onnx.ModelProto:
    """The whole classifier as an ONNX model with metadata."""
    import onnx

    p = classifier.preprocessing
    model = onnx_network.assemble(onnx.load(classifier.graph()), networks.info(classifier.network), classifier.pooling,
                                  "pixels", (p.range_min, p.range_max), (*classifier.head, classifier.temperature))
    onnx.helper.set_model_props(model, description(classifier))
    onnx.checker.check_model(model)
    return model


def _dlclassifier(classifier: Classifier, path: Path) -> Run:
    write_model(classifier, path)
    return Predictor(read_model(path), "cpu", runtime="torch").predict_pixels


def _onnx(classifier: Classifier, path: Path) -> Run:
    import onnxruntime

    content = onnx_model(classifier).SerializeToString()
    write_atomically(path, lambda file: file.write(content))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda pixels: np.asarray(session.run(None, {"image": pixels})[0])


def _openvino(classifier: Classifier, path: Path) -> Run:
    try:
        import openvino
    except ImportError as problem:
        raise DlguiError("openvino", "the package is not installed", "run: pip install 'dlgui[export]'") from problem
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "model.onnx"
        source.write_bytes(onnx_model(classifier).SerializeToString())
        model = openvino.convert_model(source)
        for key, value in description(classifier).items():
            model.set_rt_info(value, key.split("."))
        written = Path(folder) / "out.xml"
        openvino.save_model(model, written, compress_to_fp16=False)
        for suffix in (".bin", ".xml"):
            content = written.with_suffix(suffix).read_bytes()
            target = path.with_suffix(suffix) if suffix == ".bin" else path
            write_atomically(target, lambda file, content=content: file.write(content))  # type: ignore[misc]
    compiled = openvino.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda pixels: np.asarray(compiled([pixels])[compiled.output(0)])


def _torch_export(classifier: Classifier, path: Path) -> Run:
    import torch

    p = classifier.preprocessing
    module = _Exported(classifier).module().eval()
    example = torch.zeros(2, p.height, p.width, p.channels, dtype=torch.uint8)
    with torch.no_grad():
        program = torch.export.export(module, (example,), dynamic_shapes={"image": {0: torch.export.Dim("n", min=1)}},
                                      strict=False)
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "model.pt2"
        torch.export.save(program, written, extra_files=description(classifier))
        with written.open("rb") as source:
            write_atomically(path, lambda file: shutil.copyfileobj(source, file))
    loaded = torch.export.load(path).module()

    def run(pixels: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return np.asarray(loaded(torch.from_numpy(pixels)))
    return run


class _Exported:
    """Builds the torch module that is exported: uint8 (N, H, W, C) to confidences."""

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier

    def module(self) -> Any:
        import torch

        p, network, temperature = self.classifier.preprocessing, self.classifier.torch_module(), \
            self.classifier.temperature

        class Confidences(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.network = network

            def forward(self, image: torch.Tensor) -> torch.Tensor:
                scaled = image.float() * ((p.range_max - p.range_min) / 255.0) + p.range_min
                return torch.softmax(self.network(scaled.permute(0, 3, 1, 2)) / temperature, dim=1)

        return Confidences()


_FORMATS: dict[str, Callable[[Classifier, Path], Run]] = {
    "dlclassifier": _dlclassifier, "onnx": _onnx, "openvino": _openvino, "torch_export": _torch_export,
}
