"""Handles: objects with a semantic type that can be cleared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from dlgui.engine.classifier import Classifier
from dlgui.halcon.errors import refuse

T = TypeVar("T", bound="HHandle")


class HHandle:
    """Something an operator returned; cleared by its clear operator or by the garbage collection."""

    semantic_type = "handle"

    def __init__(self) -> None:
        self.cleared = False

    def __repr__(self) -> str:
        return f"<{self.semantic_type}{' (cleared)' if self.cleared else ''}>"


class ClassifierHandle(HHandle):
    """A classifier with what is not stored in its file: runtime and batch size of inference."""

    semantic_type = "dl_classifier"

    def __init__(self, classifier: Classifier, device: str) -> None:
        super().__init__()
        self.classifier, self.device = classifier, device


class TrainResultHandle(HHandle):
    """What one weight update gave."""

    semantic_type = "dl_classifier_train_result"

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__()
        self.values = values


class ResultHandle(HHandle):
    """Confidences float32 (n, classes) of a batch."""

    semantic_type = "dl_classifier_result"

    def __init__(self, classes: list[str], confidences: np.ndarray) -> None:
        super().__init__()
        self.classes, self.confidences = classes, confidences


class SerializedItemHandle(HHandle):
    """Bytes that can be written to a file or sent away."""

    semantic_type = "serialized_item"

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content = content


def checked(handle: object, kind: type[T]) -> T:
    """The handle, if it is of that kind and not cleared. Raises `InvalidValue`."""
    if not isinstance(handle, kind):
        raise refuse("handle", handle, f"a handle of type {kind.semantic_type}")
    if handle.cleared:
        raise refuse("handle", handle, f"a handle of type {kind.semantic_type} that was not cleared")
    return handle


def clear(handles: object, kind: type[T]) -> None:
    """Clears one handle or a sequence of them."""
    for handle in handles if isinstance(handles, Sequence) else [handles]:
        checked(handle, kind).cleared = True


def one_or_many(values: Any) -> list[Any]:
    """A tuple, list or array as a list; a single value as a list of one."""
    if isinstance(values, np.ndarray):
        return list(values.ravel().tolist())
    return list(values) if isinstance(values, (list, tuple)) else [values]


def sequence_or_scalar(values: list[Any], name: str) -> Any:
    """The only element. Raises `InvalidValue` where there is not exactly one."""
    if len(values) != 1:
        raise refuse(name, f"{len(values)} values", "a name with exactly one value, or the operator without _s")
    return values[0]
