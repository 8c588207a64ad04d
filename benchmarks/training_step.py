"""Images per second of one weight update on the processor: dlgui's training step beside the plain torch step.

python benchmarks/training_step.py [--threads 1]

Forward and backward pass of the same network on a batch of 32: as torch does it by itself, channels-last, and with the
frozen normalization inside the convolutions too (dlgui.engine.torch_fusion), which is what dlgui does.
"""

from __future__ import annotations

import argparse
from contextlib import nullcontext

import torch
from common import heading, timed
from torch.nn import functional

from dlgui.engine.classifier import Classifier
from dlgui.engine.pooling import Pooling
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.torch_fusion import fused, pairs

BATCH = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    torch.set_num_threads(parser.parse_args().threads)
    heading(f"one weight update, EfficientNet-Lite0, {BATCH} images, {torch.get_num_threads()} threads")
    for side, stage in ((128, 9), (224, 9), (250, 4)):
        rates = [rate(side, stage, last, inside) for last, inside in ((False, False), (True, False), (True, True))]
        print(f"{side} x {side}, stages 0 to {stage}: torch {rates[0]:.1f}, channels-last {rates[1]:.1f}, "
              f"dlgui {rates[2]:.1f} images/s; dlgui : torch = {rates[2] / rates[0]:.2f}", flush=True)


def rate(side: int, stage: int, channels_last: bool, inside: bool) -> float:
    """Images per second."""
    classifier = Classifier.pretrained("efficientnet_lite0", ["a", "b", "c"], Preprocessing(side, side),
                                       Pooling(((stage, ("mean", "max")),)))
    memory = torch.channels_last if channels_last else torch.contiguous_format
    module = classifier.torch_module().to(memory_format=memory)
    x = (torch.rand(BATCH, 3, side, side) * 255 - 127).contiguous(memory_format=memory)
    labels = torch.arange(BATCH) % 3
    found = pairs(module, x[:1])

    def step() -> None:
        with fused(found) if inside else nullcontext():
            module.zero_grad()
            functional.cross_entropy(module(x), labels).backward()

    return BATCH / timed(step, 3)[0]


if __name__ == "__main__":
    main()
