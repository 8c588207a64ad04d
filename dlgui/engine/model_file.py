"""`.dlclassifier`: a classifier in one file, written atomically and never trusted.

Format 1: a zip archive without compression holding exactly `classifier.json` (format version, network, classes,
preprocessing, pooling, hyperparameters, temperature, provenance, metrics, hash of the weights), `weights.safetensors`
(`head.weight`, `head.bias`, `stages.<i>.…`) and `card.md` (for a person). Nothing in it is ever executed.

Format 2 adds a rejection rule: `rejection` in the description and, where it tells unknown images apart, the tensors
`novelty.…`. Only a classifier that has one is written so: a dlgui that knows no rules must not silently drop it.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from dlgui import __version__
from dlgui.engine.classifier import Classifier
from dlgui.engine.hyperparameters import Hyperparameters
from dlgui.engine.pooling import Pooling
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.rejection import Rejection
from dlgui.engine.storage import write_atomically
from dlgui.engine.tensor_file import write_tensors
from dlgui.errors import DlguiError

FORMAT = 2
SUFFIX = ".dlclassifier"
MAX_FILE = 4 << 30
MAX_JSON = 32 << 20
_ENTRIES = ("classifier.json", "weights.safetensors", "card.md")
_KEY = re.compile(r"stages\.\d{1,4}\.[A-Za-z0-9_.]{1,200}")
_OTHERS = {"a pickle, which is never opened because reading it can run any program": (
               ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib"),
           "an ONNX network, which other programs run; if dlgui exported it, the program beside it does": (".onnx",),
           "a network that was exported for other programs": (".pt2", ".xml", ".safetensors", ".h5", ".keras")}
_DATE = (1980, 1, 1, 0, 0, 0)  # a fixed date keeps equal classifiers equal byte for byte


class ModelFileError(DlguiError, ValueError):
    """A file that is not a classifier dlgui can read."""


def write_model(classifier: Classifier, path: str | Path) -> None:
    """Writes `classifier` to `path` (atomically). Raises `DlguiError` where it cannot be written."""
    write_atomically(path, lambda file: _write(classifier, file))


def read_model(path: str | Path) -> Classifier:
    """Reads a classifier.

    Raises:
        ModelFileError: missing, truncated, corrupt, foreign, hostile or of a newer format; says which.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise ModelFileError(path, "a folder", f"name a {SUFFIX} file")
        if size > MAX_FILE:
            raise ModelFileError(path, f"larger than {MAX_FILE >> 30} GB", "use a model written by dlgui")
        with path.open("rb") as file:
            return _read(path, file, size)
    except ModelFileError:
        raise
    except FileNotFoundError:
        raise ModelFileError(path, "no such file", f"name a {SUFFIX} file") from None
    except OSError as problem:
        raise ModelFileError(path, f"cannot be read ({problem.strerror or problem})",
                             "check the file and its permissions") from problem


def to_bytes(classifier: Classifier) -> bytes:
    """The content that `write_model` would write."""
    buffer = io.BytesIO()
    _write(classifier, buffer)
    return buffer.getvalue()


def from_bytes(content: bytes) -> Classifier:
    """The inverse of `to_bytes`. Raises `ModelFileError`."""
    return _read("serialized classifier", io.BytesIO(content), len(content))


def _write(classifier: Classifier, file: IO[bytes]) -> None:
    head_weight, head_bias = classifier.head
    rule = classifier.rejection
    tensors = {"head.weight": head_weight, "head.bias": head_bias, **classifier.backbone_weights(),
               **{f"novelty.{name}": array for name, array in (
                   rule.novelty.arrays() if rule is not None and rule.novelty is not None else {}).items()}}
    buffer = io.BytesIO()
    write_tensors(buffer, tensors)
    weights = buffer.getbuffer()
    description = {
        "format": 1 if rule is None else FORMAT, "dlgui": __version__, "network": classifier.network,
        "classes": classifier.classes,
        "preprocessing": classifier.preprocessing.to_dict(), "pooling": classifier.pooling.to_list(),
        "channels": classifier.channels, "temperature": classifier.temperature, "frozen": classifier.frozen,
        "hyperparameters": classifier.hyperparameters.to_dict(), "provenance": classifier.provenance,
        "metrics": classifier.metrics, "weights_sha256": hashlib.sha256(weights).hexdigest(),
        **({"rejection": rule.to_dict()} if rule is not None else {})}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in (("classifier.json", json.dumps(description, indent=1, ensure_ascii=False).encode()),
                              ("weights.safetensors", weights), ("card.md", _card(classifier).encode())):
            archive.writestr(zipfile.ZipInfo(name, _DATE), content)


def _card(classifier: Classifier) -> str:
    p = classifier.preprocessing
    lines = [f"# {classifier.network}, {len(classifier.classes)} classes", "",
             f"Written by dlgui {__version__}.", "",
             f"- Classes: {', '.join(classifier.classes)}",
             f"- Input: {p.width} × {p.height} pixels, {p.channels} channels, gray values "
             f"{p.range_min:g} … {p.range_max:g}, resize by {p.resize}"]
    rule = classifier.rejection
    if rule is not None:
        lines += ["", "## Rejection", "", "- Not sure below a confidence of: " + ", ".join(
            f"{name} {t:.3f}" for name, t in zip(classifier.classes, rule.thresholds, strict=True))]
        lines += [f"- Unknown beyond a distance calibrated on {rule.novelty.calibrated_on} images to "
                  f"{100 * rule.novelty.false_alarm_rate:.2g} % false alarms"] if rule.novelty is not None else []
    for title, values in (("Measured", classifier.metrics), ("Provenance", classifier.provenance)):
        plain = [f"- {key}: {value}" for key, value in values.items() if key != "card" and not isinstance(value, dict)]
        lines += ["", f"## {title}", "", *plain] if plain else []
    told = classifier.provenance.get("card")  # what a project knows of it: use, data, figures, limits
    return "\n".join([*lines, *(["", told.strip()] if isinstance(told, str) else [])]) + "\n"


def _read(what: object, file: IO[bytes], size: int) -> Classifier:
    try:
        with zipfile.ZipFile(file) as archive:
            contents = _contents(what, archive, size)
    except ModelFileError:
        raise
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError) as problem:  # ValueError: negative offsets
        reason = _foreign(what, file)
        raise ModelFileError(what, reason, "use a model written by dlgui, or train a new one") from problem
    description = _description(what, contents["classifier.json"])
    if hashlib.sha256(contents["weights.safetensors"]).hexdigest() != description.get("weights_sha256"):
        raise ModelFileError(what, "its weights are damaged", "restore the file from a copy")
    try:
        return _classifier(what, description, contents["weights.safetensors"])
    except ModelFileError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, DlguiError) as problem:
        raise ModelFileError(what, f"its description is wrong ({problem})", "use a model written by dlgui") from problem


def _foreign(what: object, file: IO[bytes]) -> str:
    file.seek(0)
    start = file.read(8)
    if not start:
        return "the file is empty"
    if start[:4] == b"PK\x03\x04":
        return "truncated or corrupt"
    return _other(what) or ("not a dlgui model (files of other makers, such as the vendor's .hdl, are closed formats "
                            "that only their own software reads)")


def _other(what: object) -> str:
    """What a file of a well-known kind is instead, by its name; empty where that says nothing."""
    kind = next((kind for kind, suffixes in _OTHERS.items() if str(what).lower().endswith(suffixes)), "")
    return f"not a dlgui model but {kind}" if kind else ""


def _contents(what: object, archive: zipfile.ZipFile, size: int) -> dict[str, bytes]:
    entries = {entry.filename: entry for entry in archive.infolist()}
    if sorted(entries) != sorted(_ENTRIES) or len(archive.infolist()) != len(_ENTRIES):
        raise ModelFileError(what, _other(what) or f"holds {', '.join(sorted(entries)[:5]) or 'nothing'} instead of "
                             f"{', '.join(_ENTRIES)}", "use a model written by dlgui")
    for entry in entries.values():
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1 or entry.file_size > size:
            raise ModelFileError(what, f"{entry.filename} is packed in a way dlgui never writes",
                                 "use a model written by dlgui")
    if entries["classifier.json"].file_size > MAX_JSON or entries["card.md"].file_size > MAX_JSON:
        raise ModelFileError(what, f"its description is larger than {MAX_JSON >> 20} MB",
                             "use a model written by dlgui")
    return {name: archive.read(name) for name in _ENTRIES}


def _description(what: object, content: bytes) -> dict[str, Any]:
    try:
        description = json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise ModelFileError(what, "its description is not JSON", "restore the file from a copy") from problem
    version = description.get("format") if isinstance(description, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ModelFileError(what, "its description names no format version", "use a model written by dlgui")
    if version > FORMAT:
        raise ModelFileError(what, f"written by a newer dlgui (format {version}, this one reads {FORMAT})",
                             "update dlgui")
    return description


def _classifier(what: object, d: dict[str, Any], content: bytes) -> Classifier:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError) as problem:
        raise ModelFileError(what, f"its weights are corrupt ({problem})", "restore the file from a copy") from problem
    channels = d["channels"]
    if not channels or not all(type(c) is int and 0 < c < 1 << 16 for c in channels):
        raise ModelFileError(what, "its stages are wrong", "use a model written by dlgui")
    pooling = Pooling.from_list(d["pooling"])
    if pooling.last_stage >= len(channels):
        raise ModelFileError(what, "its pooling names a stage that is not there", "use a model written by dlgui")
    head = tensors.pop("head.weight"), tensors.pop("head.bias")
    novelty = {key[8:]: tensors.pop(key) for key in list(tensors) if key.startswith("novelty.") and d["format"] > 1}
    for key, value in [*tensors.items(), *((f"head.{k}", v) for k, v in zip(("weight", "bias"), head, strict=True)),
                       *((f"novelty.{k}", v) for k, v in novelty.items())]:
        if not key.startswith(("head.", "novelty.")) and not _KEY.fullmatch(key):
            raise ModelFileError(what, f"unknown tensor {key[:80]!r}", "use a model written by dlgui")
        if np.issubdtype(value.dtype, np.floating) and not np.isfinite(value).all():
            raise ModelFileError(what, f"{key} holds values that are not finite", "train the network again")
    if head[0].dtype != np.float32 or head[1].shape != (len(d["classes"]),):
        raise ModelFileError(what, "its linear layer does not fit its classes", "use a model written by dlgui")
    if max((int(key.split(".")[1]) for key in tensors), default=-1) != pooling.last_stage:
        raise ModelFileError(what, "its stages do not fit its pooling", "use a model written by dlgui")
    temperature = float(d["temperature"])
    if not 1e-6 < temperature < 1e6:
        raise ModelFileError(what, f"its temperature is {temperature}", "use a model written by dlgui")
    classifier = Classifier(d["network"], d["classes"], Preprocessing.from_dict(d["preprocessing"]), pooling, channels,
                            lambda: tensors, head, temperature, d["frozen"] is True,
                            Hyperparameters.from_dict(d["hyperparameters"]))
    classifier.provenance, classifier.metrics = dict(d["provenance"]), dict(d["metrics"])
    _check_shapes(what, classifier, tensors)
    if d["format"] > 1 and d.get("rejection") is not None:
        classifier.set_rejection(Rejection.from_dict(d["rejection"], novelty, len(classifier.classes),
                                                     classifier.feature_length))
    classifier.file_hash = hashlib.sha256(json.dumps(d, sort_keys=True).encode()).hexdigest()[:32]
    return classifier


def _check_shapes(what: object, classifier: Classifier, tensors: dict[str, np.ndarray]) -> None:
    """Compares with the network as this machine knows it; where it does not yet, building the network will."""
    from dlgui.engine import backbones

    known = backbones.known_shapes(classifier.network, classifier.pooling.last_stage)
    if known is not None and known != {key: value.shape for key, value in tensors.items()}:
        raise ModelFileError(what, f"its weights are not those of {classifier.network}", "use a model written by dlgui")
