"""Pretrained backbones in the forms in which they are used, made once and kept in the cache.

For every network: weights as safetensors, and an ONNX graph that gives the maps of every stage for any batch and any
image size. With both at hand a quick training or an inference needs neither torch nor timm.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlgui.engine import networks
from dlgui.engine.storage import cache_folder, write_atomically

if TYPE_CHECKING:
    import onnx

Weights = dict[str, np.ndarray]
FORM = 2
"""Raise when the cached form changes; older files are then made anew."""


@dataclass(frozen=True)
class BackboneFiles:
    """A pretrained backbone on disk.

    Attributes:
        name: of the network.
        weights: safetensors file; keys `stages.<i>.…`.
        graph: ONNX file; input `scaled` float32 (N, 3, H, W) of normalized gray values, outputs `stage<i>`.
        channels: of every stage.
    """

    name: str
    weights: Path
    graph: Path
    channels: list[int]

    def load(self, last_stage: int | None = None) -> Weights:
        """The weights of the stages up to `last_stage` (all by default) as NumPy arrays."""
        from safetensors.numpy import load_file

        return stages_up_to(load_file(self.weights), last_stage)


def stages_up_to(weights: Weights, last_stage: int | None) -> Weights:
    """The entries of `weights` that belong to the stages 0 … `last_stage`."""
    if last_stage is None:
        return weights
    return {key: value for key, value in weights.items() if int(key.split(".")[1]) <= last_stage}


def pretrained(name: str) -> BackboneFiles:
    """The files of a pretrained backbone, made on first use.

    Raises:
        InvalidValue: unknown network.
        DlguiError: its weights cannot be had.
    """
    return _files(networks.info(name), pretrained=True)


def random(name: str) -> BackboneFiles:
    """As `pretrained`, with random weights: for tests, and for training from scratch."""
    return _files(networks.info(name), pretrained=False)


def made(name: str) -> bool:
    """Whether the files of a pretrained backbone are here already."""
    return all(path.exists() for path in _paths(networks.info(name), pretrained=True))


def _paths(info: networks.NetworkInfo, pretrained: bool) -> tuple[Path, Path, Path]:
    """Weights, graph and description."""
    stem = f"{info.name.replace(':', '_')}-{'imagenet' if pretrained else 'random'}-{FORM}"
    weights, graph, description = (cache_folder("backbones") / f"{stem}.{suffix}" for suffix in (
        "safetensors", "onnx", "json"))
    return weights, graph, description


def _files(info: networks.NetworkInfo, pretrained: bool) -> BackboneFiles:
    weights, graph, description = _paths(info, pretrained)
    user_made = info.source == "user"  # its builder may give another network tomorrow
    if user_made or not (description.exists() and weights.exists() and graph.exists()):
        _make(info, pretrained, weights, graph, description)
    return BackboneFiles(info.name, weights, graph, json.loads(description.read_text())["channels"])


def _make(info: networks.NetworkInfo, pretrained: bool, weights: Path, graph: Path, description: Path) -> None:
    import torch
    from safetensors.torch import save

    from dlgui.engine import torch_export, torch_network

    if not pretrained:
        torch.manual_seed(0)
    stages = torch_network.build_stages(info, pretrained)
    backbone = torch_network.Backbone(info, stages, (0.0, 1.0)).eval()
    channels = torch_network.channels_of(backbone, max(info.width, info.minimum_size))
    tensors = {key: value.contiguous() for key, value in backbone.state_dict().items()}
    model = torch_export.backbone_graph(backbone, info)
    write_atomically(weights, lambda file: file.write(save(tensors)))
    write_atomically(graph, lambda file: file.write(model.SerializeToString()))
    write_atomically(description, lambda file: file.write(json.dumps({"channels": channels}).encode()))


def known_shapes(name: str, last_stage: int) -> dict[str, tuple[int, ...]] | None:
    """Shapes of the weights of the stages 0 … `last_stage`, from a cached form; None where there is none yet."""
    from safetensors import safe_open

    stem = networks.info(name).name.replace(":", "_")
    for kind in ("imagenet", "random"):
        path = cache_folder("backbones") / f"{stem}-{kind}-{FORM}.safetensors"
        if path.exists():
            with safe_open(path, framework="numpy") as file:
                return {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()  # noqa: SIM118
                        if int(key.split(".")[1]) <= last_stage}
    return None


def fingerprint(weights: Weights) -> str:
    """A hash of names, shapes and values, the same on every machine."""
    digest = hashlib.sha256()
    for key in sorted(weights):
        value = np.asarray(weights[key], order="C")
        digest.update(f"{key}:{value.dtype.str}:{value.shape};".encode())
        digest.update(value.data if value.ndim else value.tobytes())
    return digest.hexdigest()[:32]


def graph_of(name: str, weights: Weights, files: BackboneFiles | None = None) -> Path:
    """The ONNX graph of a backbone with these weights, from the cache or exported once.

    Args:
        name: of the network.
        weights: `stages.<i>.…` of the stages 0 … k.
        files: where `weights` are the first stages of this pretrained backbone, its files: no torch is needed then.
    """
    path = cache_folder("graphs") / f"{name.replace(':', '_')}-{fingerprint(weights)}-{FORM}.onnx"
    if path.exists():
        return path
    if files is not None:
        import onnx

        from dlgui.engine.onnx_network import keep_stages

        last = max(int(key.split(".")[1]) for key in weights)
        model = keep_stages(onnx.load(files.graph, load_external_data=False), [last], list(range(last + 1)))
    else:
        model = _graph_of_own(networks.info(name), weights)
    write_atomically(path, lambda file: file.write(model.SerializeToString()))
    return path


def _graph_of_own(info: networks.NetworkInfo, weights: Weights) -> onnx.ModelProto:
    """The graph of weights that are nobody else's. They go into a template where there is one: exporting a network
    takes a second, and holds up the window for a part of it."""
    if info.source != "user":  # its builder may give another network tomorrow
        import onnx

        from dlgui.engine.onnx_network import with_weights

        path = cache_folder("backbones") / f"{info.name.replace(':', '_')}-template-{FORM}.onnx"
        if not path.exists():
            from dlgui.engine import torch_export

            made = torch_export.template(info)
            write_atomically(path, lambda file: file.write(made.SerializeToString() if made is not None else b""))
        if path.stat().st_size:
            return with_weights(onnx.load(path, load_external_data=False), weights)
    from dlgui.engine import torch_export

    return torch_export.graph_of_weights(info, weights)
