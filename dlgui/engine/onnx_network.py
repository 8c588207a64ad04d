"""Puts ONNX graphs together: gray values in, backbone, pooled statistics, linear layer, confidences out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dlgui.engine.networks import NetworkInfo
from dlgui.engine.pooling import Pooling
from dlgui.engine.rejection import UNKNOWN, Rejection

if TYPE_CHECKING:
    import onnx

Input = Literal["pixels", "scaled"]
OPSET = 17
FORM = 1
"""Raise when `assemble` makes another graph of the same classifier; those that were kept are then made anew."""


def keep_stages(model: onnx.ModelProto, wanted: Sequence[int], outputs: Sequence[int] | None = None) -> onnx.ModelProto:
    """A copy of a backbone's graph without what the stages `wanted` do not need; gives `outputs` or else `wanted`."""
    import onnx

    names = {f"stage{i}" for i in (outputs if outputs is not None else wanted)}
    needed = {f"stage{i}" for i in wanted} | names
    kept = []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            kept.append(node)
            needed |= set(node.input)
    made = onnx.helper.make_model(onnx.helper.make_graph(
        kept[::-1], "backbone", list(model.graph.input), [o for o in model.graph.output if o.name in names]),
        opset_imports=list(model.opset_import), ir_version=model.ir_version)
    _copy_weights(made, (i for i in model.graph.initializer if i.name in needed))
    return made


def _copy_weights(model: onnx.ModelProto, weights: Iterable[onnx.TensorProto]) -> None:
    """One after the other: all at once, and once more with the graph they are in, would hold Python's lock so long
    that a window stands still."""
    for tensor in weights:
        model.graph.initializer.add().CopyFrom(tensor)


def with_weights(template: onnx.ModelProto, weights: Mapping[str, np.ndarray]) -> onnx.ModelProto:
    """The graph of a backbone's stages 0 … k.

    Args:
        template: the whole network's graph, from `torch_export.template`; changed in place.
        weights: `stages.<i>.…` of these stages.
    """
    from onnx import numpy_helper

    last = max(int(key.split(".")[1]) for key in weights)
    model = keep_stages(template, [last], list(range(last + 1)))
    for tensor in model.graph.initializer:
        if tensor.name in weights:
            tensor.CopyFrom(numpy_helper.from_array(np.asarray(weights[tensor.name], order="C"), tensor.name))
    _fold_normalizations(model.graph)
    return model


def _fold_normalizations(graph: onnx.GraphProto) -> None:
    """Multiplies normalizations into the convolutions before them, as the exporter does with constant weights."""
    from onnx import helper, numpy_helper

    values = {tensor.name: tensor for tensor in graph.initializer}
    used = Counter(name for node in graph.node for name in node.input) + Counter(o.name for o in graph.output)
    convolutions = {node.output[0]: node for node in graph.node if node.op_type == "Conv"}
    for node in [n for n in graph.node if n.op_type == "BatchNormalization"]:
        convolution = convolutions.get(node.input[0])
        if convolution is None or used[node.input[0]] > 1 or used[convolution.input[1]] > 1:
            continue
        epsilon = next((helper.get_attribute_value(a) for a in node.attribute if a.name == "epsilon"), 1e-5)
        gain, offset, mean, variance = (numpy_helper.to_array(values[name]) for name in node.input[1:5])
        scale = gain / np.sqrt(variance + np.float32(epsilon))
        weight = values[convolution.input[1]]
        bias = numpy_helper.to_array(values[convolution.input[2]]) if len(convolution.input) > 2 else 0.0
        weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight) * scale.reshape(-1, 1, 1, 1),
                                                weight.name))
        name = f"{weight.name}.offset"
        graph.initializer.append(numpy_helper.from_array((bias - mean) * scale + offset, name))
        convolution.input[:] = [convolution.input[0], weight.name, name]
        convolution.output[0] = node.output[0]
        graph.node.remove(node)
    needed = {name for node in graph.node for name in node.input}
    for tensor in [t for t in graph.initializer if t.name not in needed]:
        graph.initializer.remove(tensor)


def assemble(backbone: onnx.ModelProto, info: NetworkInfo, pooling: Pooling, source: Input,
             gray_range: tuple[float, float], head: tuple[np.ndarray, np.ndarray, float] | None = None,
             rejection: Rejection | None = None, with_maps: bool = False) -> onnx.ModelProto:
    """A runnable network around a backbone's graph.

    Args:
        backbone: graph with input `scaled` (normalized) and outputs `stage<i>`.
        info: the network's entry (normalization).
        pooling: which statistics feed the linear layer.
        source: `pixels`: input `image` is uint8 (N, H, W, C); `scaled`: float32 (N, H, W, C) in `gray_range`.
        gray_range: the gray values that stand for black and white in `scaled` input.
        head: weight (classes, length), bias (classes,) and temperature; without it the output is `features`.
        rejection: with a head, adds the outputs `decision` and `novelty`.
        with_maps: adds the maps of the pooled stages as outputs `stage<i>`.

    Returns:
        A model with output `features` (N, length), or `confidences` (N, classes), float32, first.
    """
    import onnx
    from onnx import TensorProto, helper

    model = keep_stages(backbone, pooling.stages)
    low, high = (0.0, 255.0) if source == "pixels" else gray_range
    scale = 1.0 / ((high - low) * np.asarray(info.std))
    shift = -low * scale - np.asarray(info.mean) / np.asarray(info.std)
    build = _Builder()
    x = "image"
    if source == "pixels":
        x = build.add("Cast", [x], to=TensorProto.FLOAT)
    x = build.add("Transpose", [x], perm=[0, 3, 1, 2])
    x = build.add("Mul", [x, build.constant(scale.reshape(1, 3, 1, 1).astype(np.float32))])
    build.add("Add", [x, build.constant(shift.reshape(1, 3, 1, 1).astype(np.float32))], output="scaled")
    front = build.nodes
    build.nodes = []
    figures = [_statistic(build, f"stage{stage}", s) for stage, statistics in pooling.parts for s in statistics]
    result, length = build.add("Concat", figures, axis=1, output="features"), None
    if head is not None:
        weight, bias, temperature = head
        logits = build.add("Gemm", [result, build.constant((weight / temperature).astype(np.float32)),
                                    build.constant((bias / temperature).astype(np.float32))], transB=1)
        result, length = build.add("Softmax", [logits], axis=1, output="confidences"), len(bias)
    graph = helper.make_graph(
        [*front, *model.graph.node, *build.nodes], "dlgui",
        [helper.make_tensor_value_info("image", TensorProto.UINT8 if source == "pixels" else TensorProto.FLOAT,
                                       ["n", "height", "width", "channels"])],
        [helper.make_tensor_value_info(result, TensorProto.FLOAT, ["n", length]),
         *(model.graph.output if with_maps else [])])
    made = onnx.helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)],
                                  ir_version=min(model.ir_version, 10))
    _copy_weights(made, [*model.graph.initializer, *build.constants])
    if head is not None and rejection is not None:
        add_rejection(made, rejection)
    return made


def _statistic(build: _Builder, maps: str, name: str) -> str:
    operators = {"mean": "ReduceMean", "max": "ReduceMax", "min": "ReduceMin"}
    if name in operators:
        return build.add(operators[name], [maps], axes=[2, 3], keepdims=0)
    centred = build.add("Sub", [maps, build.add("ReduceMean", [maps], axes=[2, 3], keepdims=1)])
    variance = build.add("ReduceMean", [build.add("Mul", [centred, centred])], axes=[2, 3], keepdims=0)
    return build.add("Sqrt", [build.add("Add", [variance, build.constant(np.array(1e-12, np.float32))])])


def add_rejection(model: onnx.ModelProto, rule: Rejection) -> None:
    """Gives a network made by `assemble` nodes from `features` and `confidences` to more outputs.

    These are `decision` (N,) int64, places in `rejection.DECISIONS`, and with a detector `novelty` (N,) float32, above
    1 where an image is unknown; as `Rejection.decide` and `Novelty.scores`.
    """
    from onnx import TensorProto, helper

    build = _Builder("dlgui_rule")
    build.add("Identity", [_decision(build, rule)], output="decision")
    model.graph.node.extend(build.nodes)
    model.graph.initializer.extend(build.constants)
    model.graph.output.append(helper.make_tensor_value_info("decision", TensorProto.INT64, ["n"]))
    if rule.novelty is not None:
        model.graph.output.append(helper.make_tensor_value_info("novelty", TensorProto.FLOAT, ["n"]))


def _decision(build: _Builder, rule: Rejection) -> str:
    from onnx import TensorProto

    limits = build.constant(np.asarray(rule.thresholds, np.float32))
    predicted = build.add("ArgMax", ["confidences"], axis=1, keepdims=0)
    highest = build.add("ReduceMax", ["confidences"], axes=[1], keepdims=0)
    decided = build.add("Cast", [build.add("Less", [highest, build.add("Gather", [limits, predicted], axis=0)])],
                        to=TensorProto.INT64)
    n = rule.novelty
    if n is None:
        return decided
    x = build.add("Mul", [build.add("Sub", ["features", build.constant(n.centre)]), build.constant(n.scale)])
    inside = build.add("MatMul", [x, build.constant(np.ascontiguousarray(n.basis.T))])
    rest = build.add("Sub", [x, build.add("MatMul", [inside, build.constant(n.basis)])])
    rest = build.add("ReduceMean", [build.add("Mul", [rest, rest])], axes=[1], keepdims=0)
    rest = build.add("Mul", [rest, build.constant(np.array(n.basis.shape[1] / n.noise, np.float32))])
    away = build.add("Sub", [build.add("Unsqueeze", [inside, build.constant(np.array([1], np.int64))]),
                             build.constant(n.means)])
    away = build.add("ReduceMean", [build.add("Div", [build.add("Mul", [away, away]), build.constant(n.variance)])],
                     axes=[2], keepdims=0)
    away = build.add("Mul", [build.add("ReduceMin", [away], axes=[1], keepdims=0),
                             build.constant(np.array(len(n.variance), np.float32))])
    distance = build.add("Sqrt", [build.add("Add", [away, rest])])
    build.add("Mul", [distance, build.constant(np.array(1 / n.limit, np.float32))], output="novelty")
    beyond = build.add("Greater", ["novelty", build.constant(np.array(1, np.float32))])
    return build.add("Where", [beyond, build.constant(np.array(UNKNOWN, np.int64)), decided])


class _Builder:
    """Collects nodes and constants under fresh names that begin with `prefix`."""

    def __init__(self, prefix: str = "dlgui") -> None:
        self._prefix = prefix
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._count = 0

    def add(self, operator: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        from onnx import helper

        output = output or self._name()
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def constant(self, value: np.ndarray) -> str:
        from onnx import numpy_helper

        name = self._name()
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def _name(self) -> str:
        self._count += 1
        return f"{self._prefix}_{self._count}"
