"""The steps of a single answer in a fresh process, timed one by one; prints JSON for benchmarks/applying.py.

python benchmarks/one_answer.py MODEL IMAGE

Of each step: milliseconds the first time, and again once everything is loaded (None for what is done once).
"""

import sys
import time
from typing import Any

begun = time.perf_counter()
steps: dict[str, tuple[float, float | None]] = {}


def done(name: str, again: Any = None) -> None:
    """Notes what has passed since the last step, and how long `again` takes."""
    global begun
    first, warm = time.perf_counter() - begun, None
    if again is not None:
        start = time.perf_counter()
        again()
        warm = 1000 * (time.perf_counter() - start)
    steps[name] = 1000 * first, warm
    begun = time.perf_counter()


import numpy  # noqa: E402, F401 - what is timed is the import

done("importing NumPy")
import onnxruntime  # noqa: E402, F401

done("importing ONNX Runtime")
import PIL.Image  # noqa: E402
import PIL.ImageOps  # noqa: E402

done("importing Pillow")
import safetensors.numpy  # noqa: E402, F401

from dlgui.cli import applying, main  # noqa: E402, F401
from dlgui.cli.evaluation import load_model  # noqa: E402
from dlgui.engine import answers  # noqa: E402, F401
from dlgui.engine.images import read_image  # noqa: E402
from dlgui.engine.inference import Predictor  # noqa: E402

done("importing dlgui and what it takes of the standard library")
model, image = sys.argv[1:]
classifier = load_model(model)
done("reading and checking the model", lambda: load_model(model))


def opened() -> Predictor:
    made = Predictor(classifier, "cpu", threads=1)
    made._session("pixels")._session(1)
    return made


predictor = opened()
done("opening the network", opened)
pixels = classifier.preprocessing.pixels(read_image(image))[None]
done("decoding and resizing", lambda: classifier.preprocessing.pixels(read_image(image)))
predictor.judge_pixels(pixels)
done("forward pass", lambda: predictor.judge_pixels(pixels))


def read() -> None:
    with open(model, "rb") as file:  # noqa: PTH123 - as bare as can be
        file.read()


def decoded() -> None:
    with PIL.Image.open(image) as picture:
        picture.resize((pixels.shape[2], pixels.shape[1]))


for name, limit in (("limit: the model's bytes read", read), ("limit: Pillow alone", decoded)):
    done("", limit)
    steps[name] = steps.pop("")[1] or 0.0, None

if __name__ == "__main__":
    import json

    print(json.dumps(steps))
