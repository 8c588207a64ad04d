"""Programs that use an exported file without dlgui, written next to it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import dlgui
from dlgui import resources
from dlgui.engine.classifier import Classifier
from dlgui.engine.rejection import DECISIONS
from dlgui.engine.storage import write_atomically

_PACKAGES = {"onnx": "onnxruntime, numpy, pillow", "openvino": "openvino, numpy, pillow",
             "torch_export": "torch, numpy, pillow", "dlclassifier": ""}

_LOAD = {
    "onnx": '''def load():
    """The model's metadata, and a function from uint8 (n, height, width, channels) to confidences and decisions."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(MODEL), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    metadata = session.get_modelmeta().custom_metadata_map

    def run(pixels):
        found = dict(zip(names, session.run(None, {"image": pixels})))
        if "decision" in found:  # the model carries thresholds for rejection
            decisions = json.loads(metadata["dlgui.rejection"])["decisions"]
            return found["confidences"], [decisions[int(d)] for d in found["decision"]]
        return found["confidences"], ["accepted"] * len(pixels)
    return metadata, run''',
    "openvino": '''def load():
    """The model's metadata, and a function from uint8 (n, height, width, channels) to confidences and decisions."""
    import openvino

    core = openvino.Core()
    model = core.read_model(str(MODEL))
    metadata = {key: model.get_rt_info(key.split(".")).astype(str) for key in ("dlgui.classes", "dlgui.preprocessing")}
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    names = {name: output for output in compiled.outputs for name in output.get_names()}

    def run(pixels):
        found = compiled([pixels])
        if "decision" in names:  # the model carries thresholds for rejection
            decisions = json.loads(model.get_rt_info(["dlgui", "rejection"]).astype(str))["decisions"]
            return found[names["confidences"]], [decisions[int(d)] for d in found[names["decision"]]]
        return found[names["confidences"]], ["accepted"] * len(pixels)
    return metadata, run''',
    "torch_export": '''def load():
    """The model's metadata, and a function from uint8 (n, height, width, channels) to confidences and decisions."""
    import torch

    metadata = {"dlgui.classes": "", "dlgui.preprocessing": "", "dlgui.rejection": ""}
    network = torch.export.load(MODEL, extra_files=metadata).module()

    def run(pixels):
        with torch.no_grad():
            found = network(torch.from_numpy(pixels))
        if isinstance(found, tuple):  # the model carries thresholds for rejection
            decisions = json.loads(metadata["dlgui.rejection"])["decisions"]
            return found[0].numpy(), [decisions[int(d)] for d in found[1]]
        return found.numpy(), ["accepted"] * len(pixels)
    return metadata, run''',
}

_OWN = '''"""Classifies images with @@MODEL@@ through dlgui @@VERSION@@ (pip install dlgui).

    python @@NAME@@ IMAGE…            one line an image: path, class, confidence, decision
"""

import sys
from pathlib import Path

from dlgui.engine.model_file import read_model
from dlgui.errors import UnreadableImage

classifier, paths = read_model(Path(__file__).resolve().with_name(@@MODEL_LITERAL@@)), sys.argv[1:]
for i, found in classifier.predictor().judge_paths(paths):
    if isinstance(found, UnreadableImage):
        print(found, file=sys.stderr)
        continue
    best = found.confidences.argmax()
    print(f"{paths[i]}\\t{classifier.classes[best]}\\t{found.confidences[best]:.4f}\\t{found.decision}")
'''


def write_examples(classifier: Classifier, kind: str, model: Path) -> list[Path]:
    """Writes the examples of a format beside `model`: Python, and for ONNX C++ and C#. Returns the files."""
    stem = re.sub(r"\W", "_", model.stem)
    names = {".py": f"{stem}_example.py"}
    if kind == "onnx":
        names |= {".cpp": f"{stem}_example.cpp", ".cs": f"{stem}_example.cs"}
    written = []
    for suffix, name in names.items():
        path = model.with_name(name)
        content = example(classifier, kind, suffix, model.name, name).encode()
        write_atomically(path, lambda file, content=content: file.write(content))  # type: ignore[misc]
        written.append(path)
    return written


def example(classifier: Classifier, kind: str, suffix: str, model: str, name: str) -> str:
    """The source of one example.

    Args:
        classifier: whose classes and preprocessing C++ and C# carry as constants.
        kind: format of the exported file.
        suffix: `.py`, `.cpp` or `.cs`.
        model: file name of the exported file.
        name: file name of the example.
    """
    p = classifier.preprocessing
    template = (_OWN if kind == "dlclassifier" else resources.text("example.py.txt")) if suffix == ".py" \
        else resources.text(f"example{suffix}.txt")
    plain = re.sub(r'[\x00-\x1f"\\]', "_", model)  # inside a docstring or a comment
    values = {"MODEL": plain, "MODEL_COMMENT": plain, "MODEL_LITERAL": repr(model), "NAME": name,
              "PACKAGES": _PACKAGES[kind], "LOAD": _LOAD.get(kind, ""), "VERSION": dlgui.__version__,
              "CLASSES": ", ".join(_literal(c, suffix) for c in classifier.classes),
              "DECISIONS": ", ".join(_literal(d, suffix) for d in DECISIONS), "WIDTH": str(p.width),
              "HEIGHT": str(p.height), "CHANNELS": str(p.channels), "RESIZE": p.resize,
              "CONTRAST": "true" if p.contrast_normalization else "false"}
    return re.sub(r"@@([A-Z_]+)@@", lambda found: values[found[1]], template)


def _literal(text: str, suffix: str) -> str:
    """A string literal that C++ and C# both read the same way, whatever a class is called."""
    if suffix == ".cs":
        return json.dumps(text)
    octal = "".join(f"\\{byte:03o}" if byte < 32 or byte > 126 or chr(byte) in '"\\?' else chr(byte)
                    for byte in text.encode())
    return f'"{octal}"'
