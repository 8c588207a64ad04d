"""The parameters of a classifier handle: names, allowed values, what is read-only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlgui.engine import devices, networks
from dlgui.errors import DlguiError
from dlgui.halcon.errors import refuse
from dlgui.halcon.handles import ClassifierHandle

Setter = Callable[[ClassifierHandle, list[Any]], None]
Getter = Callable[[ClassifierHandle], list[Any]]


def _single(name: str, values: list[Any]) -> Any:
    if len(values) != 1:
        raise refuse(name, f"{len(values)} values", "one value")
    value = values[0]
    return value.item() if isinstance(value, np.generic) else value


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or int(value) != value:
        raise refuse(name, value, "a whole number")
    return int(value)


def _hyperparameter(name: str, whole: bool = False) -> Setter:
    def set_value(handle: ClassifierHandle, values: list[Any]) -> None:
        value = _single(name, values)
        handle.classifier.set_hyperparameters(**{name: _whole(name, value) if whole else value})
    return set_value


def _input(name: str, field: str) -> Setter:
    def set_value(handle: ClassifierHandle, values: list[Any]) -> None:
        handle.classifier.set_preprocessing(**{field: _whole(name, _single(name, values))})
    return set_value


def _set_dimensions(handle: ClassifierHandle, values: list[Any]) -> None:
    if len(values) != 3:
        raise refuse("image_dimensions", values, "width, height and number of channels")
    width, height, channels = (_whole("image_dimensions", v) for v in values)
    handle.classifier.set_preprocessing(width=width, height=height, channels=channels)


def _set_classes(handle: ClassifierHandle, values: list[Any]) -> None:
    handle.classifier.set_classes([str(v) if isinstance(v, (int, float)) else v for v in values])


def _set_class_weights(handle: ClassifierHandle, values: list[Any]) -> None:
    count = len(handle.classifier.classes)
    values = [float(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else v for v in values]
    handle.classifier.set_hyperparameters(class_weights=tuple(values * count if len(values) == 1 else values))


def _set_runtime(handle: ClassifierHandle, values: list[Any]) -> None:
    value = _single("runtime", values)
    if value not in ("cpu", "gpu"):
        raise refuse("runtime", value, "'cpu' or 'gpu'")
    handle.device = devices.choose("cpu" if value == "cpu" else _gpu(0))


def _set_gpu(handle: ClassifierHandle, values: list[Any]) -> None:
    handle.device = devices.choose(_gpu(_whole("gpu", _single("gpu", values))))


def _set_device(handle: ClassifierHandle, values: list[Any]) -> None:
    value = _single("device", values)
    if not isinstance(value, str):
        raise refuse("device", value, "cpu, cuda[:i], mps or auto")
    handle.device = devices.choose(value)


def _gpu(index: int) -> str:
    if devices.choose("auto") == "cpu":
        raise DlguiError("runtime", "this computer has no GPU that torch can use", "set 'runtime' to 'cpu'")
    return "mps" if devices.choose("auto") == "mps" else f"cuda:{index}"


def _init(handle: ClassifierHandle, values: list[Any]) -> None:
    if _single("runtime_init", values) != "immediately":
        raise refuse("runtime_init", values[0], "'immediately'")
    if handle.classifier.classes:
        handle.classifier.torch_module().to(handle.device)


def _summary(handle: ClassifierHandle) -> list[Any]:
    module = handle.classifier.torch_module()
    return [f"{name}: {type(layer).__name__}, {sum(p.numel() for p in layer.parameters())} parameters"
            for name, layer in module.named_modules() if not list(layer.children())]


def _parameter_count(handle: ClassifierHandle) -> list[Any]:
    return [sum(p.numel() for p in handle.classifier.torch_module().parameters())]


_SETTERS: dict[str, Setter] = {
    "batch_size": _hyperparameter("batch_size", True),
    "batch_size_multiplier": _hyperparameter("batch_size_multiplier", True),
    "learning_rate": _hyperparameter("learning_rate"), "momentum": _hyperparameter("momentum"),
    "weight_prior": _hyperparameter("weight_prior"), "solver_type": _hyperparameter("solver_type"),
    "classes": _set_classes, "class_names": _set_classes, "class_weights": _set_class_weights,
    "image_width": _input("image_width", "width"), "image_height": _input("image_height", "height"),
    "image_num_channels": _input("image_num_channels", "channels"),
    "image_dimensions": _set_dimensions, "input_dimensions": _set_dimensions,
    "runtime": _set_runtime, "gpu": _set_gpu, "device": _set_device, "runtime_init": _init,
}


def _dimensions(handle: ClassifierHandle) -> list[Any]:
    p = handle.classifier.preprocessing
    return [p.width, p.height, p.channels]


_GETTERS: dict[str, Getter] = {
    **{name: (lambda h, name=name: [getattr(h.classifier.hyperparameters, name)])  # type: ignore[misc]
       for name in ("batch_size", "batch_size_multiplier", "learning_rate", "momentum", "weight_prior",
                    "solver_type")},
    "classes": lambda h: h.classifier.classes, "class_names": lambda h: h.classifier.classes,
    "class_ids": lambda h: list(range(len(h.classifier.classes))),
    "class_weights": lambda h: list(h.classifier.hyperparameters.class_weights) or [1.0] * len(h.classifier.classes),
    "image_width": lambda h: [h.classifier.preprocessing.width],
    "image_height": lambda h: [h.classifier.preprocessing.height],
    "image_num_channels": lambda h: [h.classifier.preprocessing.channels],
    "image_dimensions": _dimensions, "input_dimensions": _dimensions,
    "image_range_min": lambda h: [h.classifier.preprocessing.range_min],
    "image_range_max": lambda h: [h.classifier.preprocessing.range_max],
    "runtime": lambda h: ["cpu" if h.device == "cpu" else "gpu"],
    "gpu": lambda h: [int(h.device.partition(":")[2] or 0)], "device": lambda h: [h.device],
    "type": lambda h: ["classification"], "network": lambda h: [networks.info(h.classifier.network).name],
    "num_trainable_params": _parameter_count, "summary": _summary,
}


def set_value(handle: ClassifierHandle, name: str, values: list[Any]) -> None:
    """Sets one parameter. Raises `InvalidValue` naming parameter, value and what is allowed."""
    if name not in _SETTERS:
        allowed = ", ".join(_SETTERS)
        raise refuse("gen_param_name", name, f"a parameter that can be set: {allowed}")
    _SETTERS[name](handle, values)


def get_value(handle: ClassifierHandle, name: str) -> list[Any]:
    """The values of one parameter. Raises `InvalidValue`."""
    if name not in _GETTERS:
        raise refuse("gen_param_name", name, f"a parameter that can be read: {', '.join(_GETTERS)}")
    return _GETTERS[name](handle)
