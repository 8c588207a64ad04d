"""Torch backbones to ONNX graphs that take any batch and, where the network allows it, any image size."""

from __future__ import annotations

import io
import logging
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from dlgui.engine.networks import NetworkInfo
from dlgui.engine.torch_network import Backbone, build_stages

if TYPE_CHECKING:
    import onnx


class _Normalized(nn.Module):
    """The stages alone: input is already normalized."""

    def __init__(self, stages: nn.ModuleList) -> None:
        super().__init__()
        self.stages = stages

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return tuple(maps)


def backbone_graph(backbone: Backbone, info: NetworkInfo, named: bool = False) -> onnx.ModelProto:
    """An ONNX graph of the stages: `scaled` float32 (N, 3, H, W), normalized, to `stage0`, `stage1`, …

    Args:
        backbone: in evaluation mode.
        info: the network's entry.
        named: keeps every weight as it is, under its own name, instead of folding what is constant.
    """
    import onnx

    outputs = [f"stage{i}" for i in range(len(backbone.stages))]
    axes: dict[str, dict[int, str]] = {"scaled": {0: "n"}, **{name: {0: "n"} for name in outputs}}
    if not info.fixed_size:
        for name in axes:
            axes[name] |= {2: f"h_{name}", 3: f"w_{name}"}
    buffer: Any = io.BytesIO()
    example = torch.zeros(2, 3, info.height, info.width)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of sizes that it rightly takes as constants
        torch.onnx.export(_Normalized(backbone.stages).eval(), (example,), buffer, dynamo=False,
                          input_names=["scaled"], output_names=outputs, dynamic_axes=axes, opset_version=17,
                          do_constant_folding=not named, training=torch.onnx.TrainingMode.PRESERVE if named
                          else torch.onnx.TrainingMode.EVAL)
    model = onnx.load_from_string(buffer.getvalue())
    if info.source == "lite":
        _pad_at_run_time(model)
    return model


def _pad_at_run_time(model: onnx.ModelProto) -> None:
    """Replaces the padding that tracing froze at one image size by TensorFlow's SAME rule, computed at run time."""
    from onnx import helper

    producers = {output: node for node in model.graph.node for output in node.output}
    dropped = []
    for node in model.graph.node:
        if node.op_type != "Conv":
            continue
        attributes: dict[str, Any] = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if max(attributes["kernel_shape"]) == 1 or max(attributes["strides"]) == 1:
            continue  # with stride 1 the rule does not depend on the size
        before = producers.get(node.input[0])
        if before is not None and before.op_type == "Pad":
            node.input[0] = before.input[0]
            dropped.append(before)
        del node.attribute[:]
        attributes.pop("pads", None)
        node.attribute.extend(helper.make_attribute(k, v) for k, v in {**attributes, "auto_pad": "SAME_UPPER"}.items())
    for node in dropped:
        model.graph.node.remove(node)


def template(info: NetworkInfo) -> onnx.ModelProto | None:
    """The graph of a whole network without its weights, for `onnx_network.with_weights`; None where some weight does
    not appear in it under its own name."""
    backbone = Backbone(info, build_stages(info, pretrained=False), (0.0, 1.0)).eval()
    state = {key: value for key, value in backbone.state_dict().items() if value.is_floating_point()}
    with torch.no_grad():
        for value in state.values():  # the exporter makes equal ones the same
            value.uniform_(0.5, 1.5)
    model = backbone_graph(backbone, info, named=True)
    for tensor in model.graph.initializer:
        if tensor.name in state:
            del state[tensor.name]
            tensor.ClearField("raw_data")
    return None if state else model


def graph_of_weights(info: NetworkInfo, weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    """As `backbone_graph`, for a (truncated) backbone given as NumPy weights `stages.<i>.…`."""
    last = max(int(key.split(".")[1]) for key in weights)
    backbone = Backbone(info, build_stages(info, pretrained=False)[:last + 1], (0.0, 1.0)).eval()
    backbone.load_state_dict({key: torch.from_numpy(np.array(value)) for key, value in weights.items()})
    return backbone_graph(backbone, info)
