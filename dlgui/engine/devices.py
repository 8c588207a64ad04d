"""Which device computes: the processor, an NVIDIA GPU or Apple's, found without importing torch where it can be."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass
from pathlib import Path

from dlgui import environment
from dlgui.errors import DlguiError, InvalidValue


@dataclass(frozen=True)
class Device:
    """Something that can compute: `name` as `choose` takes it, `title` for people."""

    name: str
    title: str


ALLOWED = "auto, cpu, cuda, cuda:<index> or mps"


def choose(device: str = "auto") -> str:
    """The device to compute on: `cpu`, `cuda:<index>` or `mps`.

    Args:
        device: `auto` takes a GPU where there is one.

    Raises:
        InvalidValue: an unknown word.
        DlguiError: a GPU was asked for that is not there.
    """
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?|gpu", device):
        raise InvalidValue("device", device, ALLOWED)
    if device == "cpu":
        return "cpu"
    if device == "auto":
        if _nvidia_driver() and _cuda_count():
            return "cuda:0"
        return "mps" if _apple() and _mps() else "cpu"
    if device == "mps":
        if not (_apple() and _mps()):
            raise DlguiError("device mps", "this machine has none", "use cpu or auto")
        return "mps"
    index = int(device.partition(":")[2] or 0)
    if not _nvidia_driver() or index >= _cuda_count():
        raise DlguiError(f"device {device}", f"{_cuda_count() if _nvidia_driver() else 0} usable NVIDIA GPUs found",
                         "use cpu or auto, or install the driver and torch's CUDA build")
    return f"cuda:{index}"


def available() -> list[Device]:
    """The devices of this computer, the processor first and the one that `auto` takes last.

    torch is imported only where there is a driver or a chip that makes it worth while.
    """
    chip = environment.processor()
    cores = f"{chip['cores']} cores" if chip["cores"] > 1 else "1 core"
    processor = Device("cpu", f"{chip['name']}, {cores}")
    if not (_nvidia_driver() or _apple()):
        return [processor]
    others = [Device(found["device"], found["name"] + (f", {found['memory'] / 2 ** 30:.0f} GB" if found["memory"]
                                                       else "")) for found in environment.devices()]
    first = choose("auto")
    return [processor, *sorted((d for d in others if d.name != "cpu"), key=lambda d: (d.name == first, d.name))]


def _nvidia_driver() -> bool:
    if platform.system() == "Windows":
        import shutil

        return shutil.which("nvidia-smi") is not None
    return Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidiactl").exists()


def _cuda_count() -> int:
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def _apple() -> bool:
    return platform.system() == "Darwin" and platform.machine() == "arm64"


def _mps() -> bool:
    import torch

    return bool(torch.backends.mps.is_available())
