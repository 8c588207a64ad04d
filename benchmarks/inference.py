"""Images per second of one network (EfficientNet-Lite0, 224 px): dlgui beside torch (eager and compiled), OpenVINO and
the floating-point limit of the machine, in one run.

python benchmarks/inference.py [IMAGES]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from common import heading, peak_flops, timed

from dlgui.engine.classifier import Classifier
from dlgui.engine.inference import Predictor

Run = Callable[[np.ndarray], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", nargs="?", type=int, default=64)
    count = parser.parse_args().images
    heading(f"inference, efficientnet_lite0, {count} images of 224 x 224")
    classifier = Classifier.pretrained(classes=["a", "b", "c"])
    pixels = np.random.default_rng(0).integers(0, 256, (count, 224, 224, 3), dtype=np.uint8)
    contenders: dict[str, Run] = {
        "torch, eager": Predictor(classifier, "cpu", runtime="torch", batch_size=16).predict_pixels,
        "dlgui": Predictor(classifier, "cpu").predict_pixels}
    for name, make in (("torch.compile", compiled), ("OpenVINO", openvino)):
        try:
            contenders[name] = make(classifier)
            contenders[name](pixels[:16])
        except Exception as problem:  # not installed, or no compiler: the others still count
            contenders.pop(name, None)
            print(f"{name} does not run here: {str(problem).splitlines()[0]}")
    rates = {}
    for name, run in contenders.items():
        seconds, spread = timed(lambda run=run: run(pixels))
        rates[name] = count / seconds
        print(f"{name:14} {rates[name]:7.1f} images/s   (median of 5, spread {100 * spread / seconds:.0f} %)")
    limit = floating_point_limit(classifier)
    print(f"{'limit':14} {limit:7.1f} images/s   (operations of one image at the speed of a large matrix product)\n")
    for name in rates:
        if name != "dlgui":
            print(f"dlgui : {name} = {rates['dlgui'] / rates[name]:.2f}")
    print(f"dlgui reaches {100 * rates['dlgui'] / limit:.0f} % of the limit")


def compiled(classifier: Classifier) -> Run:
    """The same module through torch.compile, batches of 16."""
    import torch

    module = torch.compile(classifier.torch_module())

    def run(pixels: np.ndarray) -> None:
        with torch.inference_mode():
            for start in range(0, len(pixels), 16):
                scaled = classifier.preprocessing.scale(pixels[start:start + 16])
                module(torch.from_numpy(scaled).permute(0, 3, 1, 2).contiguous())
    return run


def floating_point_limit(classifier: Classifier) -> float:
    """Images per second if every operation of the network ran as fast as a large matrix product."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        classifier.torch_module()(torch.zeros(1, 3, 224, 224))
    return peak_flops() / counter.get_total_flops()


def openvino(classifier: Classifier) -> Run:
    """The same graph in OpenVINO, throughput mode, batches of 8."""
    import tempfile
    from pathlib import Path

    import openvino as ov

    from dlgui.engine.export_formats import onnx_model

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(onnx_model(classifier).SerializeToString())
        compiled = ov.Core().compile_model(ov.convert_model(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def run(pixels: np.ndarray) -> None:
        for start in range(0, len(pixels), 8):
            compiled([pixels[start:start + 8]])
    return run


if __name__ == "__main__":
    main()
