"""The sixteen operators, with the names, parameter names and order of the vendor's Python binding."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from dlgui.engine import devices, networks
from dlgui.engine.classifier import Classifier
from dlgui.engine.model_file import from_bytes, read_model, to_bytes, write_model
from dlgui.errors import DlguiError
from dlgui.halcon import parameters
from dlgui.halcon.errors import operator, refuse
from dlgui.halcon.handles import (
    ClassifierHandle,
    HHandle,
    ResultHandle,
    SerializedItemHandle,
    TrainResultHandle,
    checked,
    clear,
    one_or_many,
    sequence_or_scalar,
)
from dlgui.halcon.iconic import HObject, arrays_of

Value = str | float | int
RESULT_NAMES = ("predicted_classes", "predicted_class_ids", "confidences")


@operator
def read_dl_classifier(file_name: str) -> HHandle:
    """Reads a classifier: a file that dlgui wrote, or one of the old pretrained names.

    'pretrained_dl_classifier_compact.hdl' stands for EfficientNet-Lite0, '…_enhanced.hdl' for EfficientNet-Lite2,
    '…_resnet18', '…_resnet50', '…_mobilenet_v2' and '…_alexnet' for torchvision's networks of these names. Any
    name of dlgui's registry of networks does too.

    Raises:
        HOperatorError: no such file, not a classifier, or a vendor's .hdl file, whose format is closed.
    """
    if not isinstance(file_name, str):
        raise refuse("file_name", file_name, "a file name")
    known = file_name in networks.names() or file_name.startswith("timm:")
    pretrained = file_name if known else networks.pretrained_file(file_name)
    path = next((p for p in (Path(file_name), Path(f"{file_name}.hdl"), Path(f"{file_name}.dlclassifier"))
                 if p.is_file()), None)
    if path is None and pretrained:
        return ClassifierHandle(Classifier.pretrained(pretrained), devices.choose("auto"))
    path = path or Path(file_name)
    if path.suffix == ".hdl" and path.is_file():
        with path.open("rb") as file:
            if file.read(2) != b"PK":
                raise DlguiError(path, "the vendor's .hdl format is closed and cannot be read",
                                 "train again from a pretrained network: read_dl_classifier("
                                 "'pretrained_dl_classifier_compact.hdl')")
    return ClassifierHandle(read_model(path), devices.choose("auto"))


@operator
def write_dl_classifier(dlclassifier_handle: HHandle, file_name: str) -> None:
    """Writes a classifier; runtime parameters (runtime, gpu, device) are not stored."""
    handle = checked(dlclassifier_handle, ClassifierHandle)
    if not isinstance(file_name, (str, Path)) or not str(file_name):
        raise refuse("file_name", file_name, "a file name")
    write_model(handle.classifier, file_name)


@operator
def serialize_dl_classifier(dlclassifier_handle: HHandle) -> HHandle:
    """A classifier as a serialized item."""
    return SerializedItemHandle(to_bytes(checked(dlclassifier_handle, ClassifierHandle).classifier))


@operator
def deserialize_dl_classifier(serialized_item_handle: HHandle) -> HHandle:
    """The inverse of `serialize_dl_classifier`; the content is checked as a file is."""
    item = checked(serialized_item_handle, SerializedItemHandle)
    return ClassifierHandle(from_bytes(item.content), devices.choose("auto"))


@operator
def clear_dl_classifier(dlclassifier_handle: HHandle | Sequence[HHandle]) -> None:
    """Clears classifiers; optional, memory is freed anyway."""
    clear(dlclassifier_handle, ClassifierHandle)


@operator
def clear_dl_classifier_result(dlclassifier_result_handle: HHandle | Sequence[HHandle]) -> None:
    """Clears results."""
    clear(dlclassifier_result_handle, ResultHandle)


@operator
def clear_dl_classifier_train_result(dlclassifier_train_result_handle: HHandle | Sequence[HHandle]) -> None:
    """Clears training results."""
    clear(dlclassifier_train_result_handle, TrainResultHandle)


@operator
def set_dl_classifier_param(dlclassifier_handle: HHandle, gen_param_name: str | Sequence[str],
                            gen_param_value: Value | Sequence[Value]) -> None:
    """Sets one parameter (whose value may be a tuple), or several with one value each."""
    handle = checked(dlclassifier_handle, ClassifierHandle)
    names, values = one_or_many(gen_param_name), one_or_many(gen_param_value)
    if len(names) == 1:
        parameters.set_value(handle, names[0], values)
        return
    if len(names) != len(values):
        raise refuse("gen_param_value", f"{len(values)} values", f"one value a name: {len(names)}")
    for name, value in zip(names, values, strict=True):
        parameters.set_value(handle, name, one_or_many(value))


@operator
def get_dl_classifier_param(dlclassifier_handle: HHandle, gen_param_name: str | Sequence[str]) -> Sequence[Value]:
    """Values of one or more parameters, one after the other."""
    handle = checked(dlclassifier_handle, ClassifierHandle)
    return [value for name in one_or_many(gen_param_name) for value in parameters.get_value(handle, name)]


@operator
def get_dl_classifier_param_s(dlclassifier_handle: HHandle, gen_param_name: str | Sequence[str]) -> Value:
    """The value of a parameter that has exactly one."""
    values = list(get_dl_classifier_param(dlclassifier_handle, gen_param_name))
    return sequence_or_scalar(values, "gen_param_name")


@operator
def train_dl_classifier_batch(batch_images: HObject, dlclassifier_handle: HHandle,
                              batch_labels: Sequence[str | int]) -> HHandle:
    """One weight update on batch_size × batch_size_multiplier preprocessed images.

    Args:
        batch_images: real images of the network's size with gray values in image_range_min … image_range_max.
        dlclassifier_handle: is changed.
        batch_labels: class names, or indices from 0 (faster).

    Raises:
        HOperatorError: no classes set; wrong number, size, type, range or label.
    """
    handle = checked(dlclassifier_handle, ClassifierHandle)
    if not handle.classifier.classes:
        raise DlguiError("classes", "not set", "set them first: set_dl_classifier_param(handle, 'classes', …)")
    images = _preprocessed(batch_images, handle)
    labels = [int(v) if isinstance(v, np.integer) else v for v in one_or_many(batch_labels)]
    result = handle.classifier.train_batch(images, labels, handle.device)
    return TrainResultHandle({"loss": result.loss, "correct": result.correct, "count": result.count})


@operator
def get_dl_classifier_train_result(dlclassifier_train_result_handle: HHandle,
                                   gen_param_name: str | Sequence[str] = "loss") -> Sequence[int | float | str]:
    """'loss' of the batch; beside it 'correct' and 'count' of its images."""
    values = checked(dlclassifier_train_result_handle, TrainResultHandle).values
    names = one_or_many(gen_param_name)
    for name in names:
        if name not in values:
            raise refuse("gen_param_name", name, ", ".join(values))
    return [values[name] for name in names]


@operator
def get_dl_classifier_train_result_s(dlclassifier_train_result_handle: HHandle,
                                     gen_param_name: str | Sequence[str] = "loss") -> int | float | str:
    """The single value of a name."""
    values = list(get_dl_classifier_train_result(dlclassifier_train_result_handle, gen_param_name))
    return sequence_or_scalar(values, "gen_param_name")


@operator
def apply_dl_classifier(images: HObject, dlclassifier_handle: HHandle) -> HHandle:
    """Classifies any number of preprocessed images.

    Raises:
        HOperatorError: images that are not preprocessed for this classifier, or no classes.
    """
    handle = checked(dlclassifier_handle, ClassifierHandle)
    if not handle.classifier.classes:
        raise DlguiError("classes", "not set", "set the classes and train first")
    batch = handle.classifier.checked_batch(_preprocessed(images, handle))
    if not len(batch):
        raise refuse("images", "none", "at least one image")
    return ResultHandle(handle.classifier.classes, handle.classifier.predict_scaled(batch, handle.device))


@operator
def get_dl_classifier_result(dlclassifier_result_handle: HHandle, index: int | str = "all",
                             gen_result_name: str | Sequence[str] = "predicted_classes") -> Sequence[Value]:
    """Results of a classification.

    Args:
        dlclassifier_result_handle: from `apply_dl_classifier`.
        index: 'all' for the best candidate of every image, or an image from 0 for all its classes by falling
            confidence.
        gen_result_name: 'predicted_classes' (names), 'predicted_class_ids' (indices), 'confidences', or several.
    """
    result = checked(dlclassifier_result_handle, ResultHandle)
    order = np.argsort(-result.confidences, axis=1, kind="stable")
    if isinstance(index, str):
        if index != "all":
            raise refuse("index", index, f"'all' or 0 … {len(order) - 1}")
        rows, columns = np.arange(len(order)), order[:, 0]
    else:
        if isinstance(index, bool) or not 0 <= int(index) < len(order):
            raise refuse("index", index, f"'all' or 0 … {len(order) - 1}")
        columns = order[int(index)]
        rows = np.full(len(columns), int(index))
    values: list[Value] = []
    for name in one_or_many(gen_result_name):
        if name == "confidences":
            values += result.confidences[rows, columns].tolist()
        elif name == "predicted_class_ids":
            values += columns.tolist()
        elif name == "predicted_classes":
            values += [result.classes[c] for c in columns]
        else:
            raise refuse("gen_result_name", name, ", ".join(RESULT_NAMES))
    return values


@operator
def get_dl_classifier_result_s(dlclassifier_result_handle: HHandle, index: int | str = "all",
                               gen_result_name: str | Sequence[str] = "predicted_classes") -> Value:
    """The single value of a result, as of one image with index 'all'."""
    values = list(get_dl_classifier_result(dlclassifier_result_handle, index, gen_result_name))
    return sequence_or_scalar(values, "gen_result_name")


@operator
def fwrite_serialized_item(file_handle: str | Path | BinaryIO, serialized_item_handle: HHandle) -> None:
    """Writes a serialized item to a file: a file opened for binary writing, or a file name."""
    from dlgui.engine.storage import write_atomically

    content = checked(serialized_item_handle, SerializedItemHandle).content
    if isinstance(file_handle, (str, Path)):
        write_atomically(file_handle, lambda file: file.write(content))
    else:
        file_handle.write(content)


@operator
def fread_serialized_item(file_handle: str | Path | BinaryIO) -> HHandle:
    """Reads a serialized item from a file opened for binary reading, or from a file name."""
    try:
        content = Path(file_handle).read_bytes() if isinstance(file_handle, (str, Path)) else file_handle.read()
    except OSError as problem:
        raise DlguiError(str(file_handle), f"cannot be read ({problem.strerror})", "check the file") from problem
    return SerializedItemHandle(content)


@operator
def open_file(file_name: str, file_type: str) -> BinaryIO:
    """Opens a file for serialized items: 'input_binary' or 'output_binary'."""
    modes = {"input_binary": "rb", "output_binary": "wb"}
    if file_type not in modes:
        raise refuse("file_type", file_type, " or ".join(modes))
    try:
        return Path(file_name).open(modes[file_type])  # type: ignore[return-value]
    except OSError as problem:
        raise DlguiError(file_name, f"cannot be opened ({problem.strerror})", "check the path") from problem


@operator
def close_file(file_handle: BinaryIO) -> None:
    """Closes a file of `open_file`."""
    file_handle.close()


def _preprocessed(images: Any, handle: ClassifierHandle) -> list[np.ndarray]:
    arrays = arrays_of(images)
    p = handle.classifier.preprocessing
    remedy = "use preprocess_dl_classifier_images"
    for array in arrays:
        if not np.issubdtype(array.dtype, np.floating):
            raise DlguiError("image", f"of type {array.dtype}, not real", remedy)
        if not np.isfinite(array).all():
            raise DlguiError("image", "holds values that are not finite", remedy)
        if array.size and (array.min() < p.range_min - 1e-3 or array.max() > p.range_max + 1e-3):
            raise DlguiError("image", f"gray values from {array.min():g} to {array.max():g} where {p.range_min:g} … "
                             f"{p.range_max:g} are allowed", remedy)
    return arrays
