"""int8 for processors: convolutions of an exported ONNX network in eight bits, ranges from real training images."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import onnx

OPERATORS = ("Conv", "Add")
CALIBRATION = 256
"""Training images that are enough for the ranges and for the linear layer."""
_RIDGES = (0.01, 0.1, 1.0, 10.0)


def quantize(model: onnx.ModelProto, pixels: np.ndarray) -> tuple[onnx.ModelProto, np.ndarray]:
    """Static quantization by ONNX Runtime: weights a channel, activations a tensor.

    The normalization before the backbone, the statistics and the linear layer after it stay float32: they take little
    time and decide between close classes. As rounding shifts the statistics, the layer is fitted anew: by ridge
    regression of its change, so that the calibration images get the logits that they had before.

    Args:
        model: float32 network made by `export_formats.onnx_model`, without a rule for rejection.
        pixels: uint8 (N, H, W, C) training images at the network's size.

    Returns:
        a network with the same input, output and metadata, and by how much its statistics lie beside those of `model`
        on the mean, float64 (length,).
    """
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        onnx.save(model, folder / "float.onnx")  # given the model itself, the preparation would change it
        quant_pre_process(str(folder / "float.onnx"), str(folder / "prepared.onnx"), skip_symbolic_shape=True)
        prepared = onnx.load(folder / "prepared.onnx")
        inside = _backbone(prepared)
        quantize_static(prepared, str(folder / "int8.onnx"), _Images(pixels), quant_format=QuantFormat.QDQ,
                        op_types_to_quantize=list(OPERATORS), per_channel=True, activation_type=QuantType.QUInt8,
                        weight_type=QuantType.QInt8, calibrate_method=CalibrationMethod.MinMax,
                        nodes_to_quantize=inside)
        quantized = onnx.load(folder / "int8.onnx")
    before, after = features(model, pixels), features(quantized, pixels)
    if len(pixels) >= 8:
        _refit_layer(quantized, before, after)
    del quantized.metadata_props[:]
    quantized.metadata_props.extend(model.metadata_props)
    return quantized, (after - before).mean(0)


def _refit_layer(model: onnx.ModelProto, before: np.ndarray, found: np.ndarray) -> None:
    """Replaces the linear layer by one that gives the logits of the statistics `before` on the quantized `found`."""
    from onnx import numpy_helper

    layer = next(node for node in model.graph.node if node.op_type == "Gemm" and node.input[0] == "features")
    tensors = {t.name: t for t in model.graph.initializer if t.name in layer.input}
    weight, bias = (numpy_helper.to_array(tensors[name]).astype(np.float64) for name in layer.input[1:3])
    missing = (before - found) @ weight.T
    odd = np.arange(len(found)) % 2 == 1
    trials = {ridge: _ridge(found[~odd], missing[~odd], ridge) for ridge in _RIDGES}
    best = min(_RIDGES, key=lambda r: float(((found[odd] @ trials[r][0].T + trials[r][1] - missing[odd]) ** 2).mean()))
    change, shift = _ridge(found, missing, best)
    for name, value in zip(layer.input[1:3], (weight + change, bias + shift), strict=True):
        tensors[name].CopyFrom(numpy_helper.from_array(value.astype(np.float32), name))


def _ridge(x: np.ndarray, y: np.ndarray, ridge: float) -> tuple[np.ndarray, np.ndarray]:
    """Weight (outputs, length) and bias (outputs,) of the ridge regression of `y` on standardized `x`."""
    mean, deviation = x.mean(0), x.std(0) + 1e-6
    z, middle = (x - mean) / deviation, y.mean(0)
    solution = np.linalg.solve(z.T @ z + ridge * len(z) * np.eye(z.shape[1]), z.T @ (y - middle))
    weight = (solution / deviation[:, None]).T
    return weight, middle - weight @ mean


def features(model: onnx.ModelProto, pixels: np.ndarray) -> np.ndarray:
    """What the linear layer gets of uint8 (n, H, W, C) images, float64 (n, length)."""
    import onnx
    import onnxruntime

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    copy.graph.output.append(onnx.helper.make_tensor_value_info("features", onnx.TensorProto.FLOAT, ["n", None]))
    session = onnxruntime.InferenceSession(copy.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(["features"], {"image": pixels[i:i + 8]})[0]
                           for i in range(0, len(pixels), 8)]).astype(np.float64)


def _backbone(model: onnx.ModelProto) -> list[str]:
    """Names of the nodes between the normalized input and the linear layer; nodes without a name get one."""
    after = {"scaled"}
    names = []
    for i, node in enumerate(model.graph.node):
        node.name = node.name or f"node_{i}"
        if after & set(node.input):
            after |= set(node.output)
            if node.op_type in OPERATORS and not any(o.startswith("dlgui_") for o in node.output):
                names.append(node.name)
    return names


class _Images:
    """Feeds the calibration one image at a time."""

    def __init__(self, pixels: np.ndarray) -> None:
        self._rows: Iterator[np.ndarray] = iter(pixels)

    def get_next(self) -> dict[str, Any] | None:
        row = next(self._rows, None)
        return None if row is None else {"image": row[None]}

    def __iter__(self) -> _Images:
        return self

    def __next__(self) -> dict[str, Any]:
        found = self.get_next()
        if found is None:
            raise StopIteration
        return found
