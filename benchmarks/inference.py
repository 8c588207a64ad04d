"""Images per second of one network (EfficientNet-Lite0, 224 px): dlgui beside eager torch and OpenVINO, in one run.

python benchmarks/inference.py [IMAGES]
"""

from __future__ import annotations

import sys

import numpy as np
from common import heading, timed

from dlgui.engine.classifier import Classifier
from dlgui.engine.inference import Predictor


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 64
    heading(f"inference, efficientnet_lite0, {count} images of 224 x 224")
    classifier = Classifier.pretrained(classes=["a", "b", "c"])
    pixels = np.random.default_rng(0).integers(0, 256, (count, 224, 224, 3), dtype=np.uint8)
    contenders = {"torch, eager": Predictor(classifier, "cpu", runtime="torch", batch_size=16).predict_pixels,
                  "dlgui": Predictor(classifier, "cpu").predict_pixels}
    try:
        contenders["OpenVINO"] = openvino(classifier)
    except ImportError:
        print("OpenVINO is not installed (pip install 'dlgui[export]')")
    rates = {}
    for name, run in contenders.items():
        seconds, spread = timed(lambda run=run: run(pixels))
        rates[name] = count / seconds
        print(f"{name:14} {rates[name]:7.1f} images/s   (median of 5, spread {100 * spread / seconds:.0f} %)")
    print(f"\ndlgui : torch, eager = {rates['dlgui'] / rates['torch, eager']:.2f}")
    if "OpenVINO" in rates:
        print(f"dlgui : OpenVINO = {rates['dlgui'] / rates['OpenVINO']:.2f}")


def openvino(classifier: Classifier) -> object:
    """The same graph in OpenVINO, throughput mode, batches of 8."""
    import tempfile
    from pathlib import Path

    import openvino as ov

    from dlgui.engine.exporters import onnx_model

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
