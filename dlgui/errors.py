"""The root of every error that a user may see."""

from __future__ import annotations

from typing import Literal

Mend = Literal["", "find images", "split", "label", "train", "choose project", "open again", "look again",
               "smaller rate"]
"""What an application can lead the user to."""


class DlguiError(Exception):
    """Something went wrong that the user can mend.

    Args:
        what: the thing at fault (a file, a parameter, a project).
        why: the reason, in a few words.
        remedy: what to do about it, as an imperative.
        mend: where an application can lead the user for that; empty where nowhere.
    """

    def __init__(self, what: object, why: str, remedy: str, mend: Mend = "") -> None:
        self.what, self.why, self.remedy, self.mend = str(what), why, remedy, mend
        super().__init__(f"{self.what}: {why}; {remedy}")


class UnreadableImage(DlguiError, OSError):
    """An image file that cannot be decoded; `path` and `reason` say which and why."""

    def __init__(self, path: object, reason: str,
                 remedy: str = "replace the file or leave it out of the data set", mend: Mend = "") -> None:
        self.path, self.reason = str(path), reason
        DlguiError.__init__(self, path, reason, remedy, mend)


class InvalidValue(DlguiError, ValueError):
    """A parameter outside what is allowed; the sentence names it, what is allowed and what came."""

    def __init__(self, name: str, received: object, allowed: str) -> None:
        self.name, self.received, self.allowed = name, received, allowed
        DlguiError.__init__(self, name, f"{received!r} is not allowed", f"use {allowed}")
