"""Errors as scripts for the old operators expect them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from dlgui.errors import DlguiError, InvalidValue, UnreadableImage

P = ParamSpec("P")
R = TypeVar("R")

WRONG_VALUE, WRONG_TYPE, FILE_ERROR, OUT_OF_MEMORY, BAD_IMAGE, FAILED = 1300, 1200, 5200, 4104, 9003, 2106


class HError(Exception):
    """The root of what the operators raise."""


class HOperatorError(HError, RuntimeError):
    """An operator could not do what it was asked.

    Attributes:
        operator: its name.
        error_code: 1200 wrong type, 1300 wrong value, 2106 other, 4104 out of memory, 5200 file, 9003 image.
        error_message: the sentence.
    """

    def __init__(self, operator: str, message: str, error_code: int = FAILED) -> None:
        self.operator, self.error_code, self.error_message = operator, error_code, message
        super().__init__(f"{operator}: {message} (error code {error_code})")


def operator(function: Callable[P, R]) -> Callable[P, R]:
    """Turns the engine's errors into `HOperatorError`."""
    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except HError:
            raise
        except MemoryError as problem:
            raise HOperatorError(function.__name__, "out of memory; use a smaller batch_size",
                                 OUT_OF_MEMORY) from problem
        except DlguiError as problem:
            code = WRONG_VALUE if isinstance(problem, InvalidValue) else FILE_ERROR if isinstance(
                problem, (UnreadableImage, OSError)) else FAILED
            raise HOperatorError(function.__name__, str(problem), code) from problem
    return guarded


def refuse(name: str, received: object, allowed: str) -> InvalidValue:
    """The error of a parameter: its name, what came and what is allowed."""
    return InvalidValue(name, received, allowed)
