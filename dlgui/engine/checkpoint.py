"""What a fine-tuning needs to go on exactly where it was, in one file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlgui.engine.storage import write_atomically
from dlgui.engine.tensor_file import write_tensors
from dlgui.errors import DlguiError

if TYPE_CHECKING:
    import torch

    from dlgui.engine.torch_average import WeightAverage
    from dlgui.engine.torch_training import Trainer


@dataclass
class State:
    """Counters of a training; everything that is not a tensor."""

    iteration: int = 0
    epoch: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    seen: int = 0
    best_epoch: int = 0
    best_error: float | None = None
    best_loss: float = float("inf")
    candidate_wrong: list[int] = field(default_factory=list)
    seconds: float = 0.0
    trained_seconds: float = 0.0
    trained_images: int = 0
    done: bool = False
    settings: dict[str, Any] = field(default_factory=dict)


def write(path: Path, state: State, trainer: Trainer, average: WeightAverage) -> bool:
    """Writes a checkpoint, unless weights are no numbers any more: the one before is what can be gone on from."""
    tensors = {f"module.{k}": v.detach().cpu().numpy() for k, v in trainer.module.state_dict().items()}
    tensors |= {f"optimizer.{k}": v.numpy() for k, v in trainer.optimizer_tensors().items()}
    tensors |= {f"average.{k}": v.numpy() for k, v in average.tensors().items()}
    if not all(np.isfinite(values).all() for values in tensors.values()):
        return False
    told = {"state": json.dumps(asdict(state)), "scaler": json.dumps(trainer.scaler_state())}
    write_atomically(path, lambda file: write_tensors(file, tensors, told))
    return True


def read(path: Path, trainer: Trainer, average: WeightAverage) -> State:
    """Puts trainer and average into the state of a checkpoint, and returns its counters.

    Raises:
        DlguiError: damaged, or of another training.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors: dict[str, torch.Tensor] = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        state = State(**json.loads(metadata["state"]))
        weights = _below("module.", tensors)
        if "head.centre" in weights:
            trainer.module.head.standardize(weights["head.centre"], weights["head.spread"])
        trainer.module.load_state_dict(weights)
        trainer.load_optimizer(_below("optimizer.", tensors), json.loads(metadata["scaler"]))
        average.load(_below("average.", tensors))
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, OSError) as problem:
        raise DlguiError(path, f"not a checkpoint of this training ({problem})",
                         "delete it and train again") from problem
    return state


def _below(prefix: str, tensors: dict[str, Any]) -> dict[str, Any]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
