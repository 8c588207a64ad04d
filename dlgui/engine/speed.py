"""How fast this computer is with a network: half a second of the real thing, measured in a process of its own.

A process of its own, because importing a framework would hold the window for moments, and because what it used is
given back. What was measured is kept in the cache, keyed by everything it depends on.
"""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dlgui import environment
from dlgui.engine import memory, networks
from dlgui.engine.network_weights import here
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Progress
from dlgui.engine.storage import cache_folder, write_atomically
from dlgui.errors import DlguiError

SECONDS = 0.5
"""Measured for at least so long, after what warms up."""

WARMING, BATCHES = 2, 3
"""Batches of a training that are not counted, for the first take up to twice as long, and how many are at least."""

KEPT_SECONDS = 4 * 3600.0
"""A measurement older than this is made again: drivers change, and the computer may have been busy."""


def forward(network: str, preprocessing: Preprocessing, progress: Progress | None = None, *,
            measure: bool = True) -> float | None:
    """Images a second through the frozen backbone, as quick training runs it.

    Args:
        network: name in the registry; without its weights random ones are taken, which are as fast.
        preprocessing: decides size and channels.
        progress: cancels.
        measure: False only looks into the cache.

    Returns:
        None where it is not known and shall not be measured.

    Raises:
        DlguiError: it cannot be measured. Cancelled: see `Progress`.
    """
    found = _get({"kind": "forward", "network": networks.info(network).name, **_size(preprocessing)}, progress, measure)
    return None if found is None else found["images_per_second"]


def training(network: str, preprocessing: Preprocessing, settings: Mapping[str, Any], classes: int, device: str,
             progress: Progress | None = None, *, measure: bool = True) -> dict[str, float] | None:
    """Images a second forward and backward (`train`) and forward alone (`evaluate`), by the real training loop, and the
    seconds until it begins (`start`).

    Args:
        network, preprocessing, progress, measure: as in `forward`.
        settings: JSON form of `TrainingSettings`; what does not change the speed is left out of the key.
        classes: number of classes.
        device: as `devices.choose` gives it.
    """
    kept = {name: settings[name] for name in ("batch_size", "batch_size_multiplier", "solver_type", "batch_norm",
                                              "augmentation", "stages", "pooled_stages") if name in settings}
    request = {"kind": "training and start", "network": networks.info(network).name, **_size(preprocessing),
               "settings": kept, "classes": classes, "device": device}
    return _get(request, progress, measure)


def forget() -> None:
    """Drops what was measured, so that it is measured again when it is asked for."""
    for path in cache_folder("speed").glob("*.json"):
        path.unlink(missing_ok=True)


def _size(preprocessing: Preprocessing) -> dict[str, int]:
    return {"width": preprocessing.width, "height": preprocessing.height, "channels": preprocessing.channels}


def _get(request: dict[str, Any], progress: Progress | None, measure: bool) -> dict[str, float] | None:
    chip, versions = environment.processor(), environment.versions()
    key = {**request, "chip": chip["name"], "cores": chip["cores"],
           **{name: versions[name] for name in ("torch", "onnxruntime")}}
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:24]
    path = cache_folder("speed") / f"{digest}.json"
    try:
        if time.time() - path.stat().st_mtime < KEPT_SECONDS:
            return dict(json.loads(path.read_text())["result"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    if not measure:
        return None
    result = _apart(request, progress)
    write_atomically(path, lambda file: file.write(json.dumps({"request": key, "result": result}).encode()))
    return result


def _apart(request: dict[str, Any], progress: Progress | None) -> dict[str, float]:
    """Runs `_measure` in a child process; ends it when cancelled."""
    environ = dict(os.environ)
    request = {**request, "pretrained": here(request["network"])}
    with tempfile.TemporaryDirectory(prefix="dlgui-speed-", ignore_cleanup_errors=True) as scratch:
        if not request["pretrained"]:
            environ["DLGUI_CACHE"] = scratch  # random weights are nothing to keep
        package = str(Path(__file__).resolve().parents[2])
        environ["PYTHONPATH"] = os.pathsep.join(filter(None, [package, environ.get("PYTHONPATH")]))
        child = subprocess.Popen([sys.executable, "-m", "dlgui.engine.speed", json.dumps(request)], env=environ,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            while True:
                try:
                    output, complaint = child.communicate(timeout=0.1)
                    break
                except subprocess.TimeoutExpired:
                    if progress is not None:
                        progress.check()
        except BaseException:
            child.kill()
            child.communicate()
            raise
    try:
        return dict(json.loads(output.strip().splitlines()[-1]))
    except (ValueError, IndexError, TypeError):
        lines = complaint.strip().splitlines()
        raise DlguiError(f"speed of {request['network']}",
                         f"could not be measured ({lines[-1] if lines else f'exit status {child.returncode}'})",
                         "try another network, size or device") from None


def _measure(request: Mapping[str, Any]) -> dict[str, float]:
    preprocessing = Preprocessing(request["width"], request["height"], request["channels"])
    if request["kind"] == "forward":
        return {"images_per_second": _forward(request["network"], preprocessing, request["pretrained"])}
    return _training(request, preprocessing)


def _pixels(count: int, preprocessing: Preprocessing) -> np.ndarray:
    shape = (count, preprocessing.height, preprocessing.width, preprocessing.channels)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def _forward(network: str, preprocessing: Preprocessing, pretrained: bool) -> float:
    from dlgui.engine import backbones, runtime

    files = backbones.pretrained(network) if pretrained else backbones.random(network)
    session = runtime.feature_session(files, runtime.all_statistics(range(len(files.channels))))
    batch = _pixels(runtime.stretch(), preprocessing)
    session.run(batch)
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < SECONDS or not count:
        session.run(batch)
        count += len(batch)
    return count / (time.perf_counter() - started)


def _training(request: Mapping[str, Any], preprocessing: Preprocessing) -> dict[str, float]:
    from dlgui.engine import backbones, recipe
    from dlgui.engine.classifier import Classifier
    from dlgui.engine.finetune import STANDARDIZED_ON, FineTuning, TrainingData
    from dlgui.engine.settings import TrainingSettings
    from dlgui.engine.training_events import BatchDone, CheckpointWritten

    begun = time.perf_counter()
    settings = TrainingSettings.from_dict(dict(request["settings"])).changed(epochs=100)
    h = settings.hyperparameters
    count = min(h.batch_size * h.batch_size_multiplier * 2, 4 * h.batch_size)
    labels = np.arange(count) % request["classes"]
    rows = np.arange(count)
    data = TrainingData(_pixels(count, preprocessing), rows, labels, np.empty(0, np.int64), np.empty(0, np.int64))
    files = (backbones.pretrained if request["pretrained"] else backbones.random)(request["network"])
    classifier = Classifier.pretrained(request["network"], [f"class {i}" for i in range(request["classes"])],
                                       preprocessing, recipe.pooling(settings, len(files.channels)),
                                       weights="imagenet" if request["pretrained"] else None)
    with tempfile.TemporaryDirectory() as folder:
        loop = FineTuning(classifier, data, settings, seed=0, device=request["device"],
                          checkpoint=Path(folder) / "checkpoint.safetensors", model=Path(folder) / "m.dlclassifier")
        seconds: list[float] = []
        start = 0.0
        before = time.perf_counter()
        for event in loop:
            now = time.perf_counter()
            if isinstance(event, CheckpointWritten) and not seconds:
                start = now - begun
            elif isinstance(event, BatchDone):
                seconds.append(now - before)
                if len(seconds) >= WARMING + BATCHES and sum(seconds[WARMING:]) >= SECONDS:
                    break
            before = time.perf_counter()
        some = rows[:8]
        loop.logits(some)
        started, seen = time.perf_counter(), 0
        while time.perf_counter() - started < SECONDS / 2:
            loop.logits(some)
            seen += len(some)
    evaluate = seen / (time.perf_counter() - started)
    return {"train": loop.batch / statistics.median(seconds[WARMING:]), "evaluate": evaluate,
            "start": start + max(STANDARDIZED_ON - count, 0) / evaluate}


if __name__ == "__main__":
    memory.one_heap()
    with memory.kept():  # as in the training itself
        sys.stdout.write(json.dumps(_measure(json.loads(sys.argv[1]))))
