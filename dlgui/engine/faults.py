"""What can go wrong outside dlgui while it computes, as a sentence with a remedy."""

from __future__ import annotations

import errno

from dlgui.errors import DlguiError

_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "failed to allocate", "bad_alloc",
              "bad allocation", "cannot allocate memory", "could not create a primitive", "could not create a memory")
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""No space, quota used up, file larger than allowed: there is nowhere to write."""


def out_of_memory(problem: BaseException) -> bool:
    """Whether it says that memory, of the computer or of a GPU, did not suffice; each library has its own words."""
    if isinstance(problem, MemoryError) or (isinstance(problem, OSError) and problem.errno == errno.ENOMEM):
        return True
    if type(problem).__name__ == "OutOfMemoryError":  # torch's, without importing it
        return True
    return not isinstance(problem, DlguiError) and any(words in str(problem).lower() for words in _NO_MEMORY)


def disk_full(problem: BaseException) -> bool:
    """Whether it, or what caused it, says that there is nowhere to write."""
    cause: BaseException | None = problem
    while cause is not None:
        if (isinstance(cause, OSError) and cause.errno in FULL) or "disk is full" in str(cause):
            return True
        cause = cause.__cause__
    return False


def explained(problem: Exception, what: str) -> Exception:
    """The problem as a sentence with a remedy; itself where it is one already, or a bug of dlgui's own.

    Args:
        problem: what was raised.
        what: what was being done, such as a run's name.
    """
    if isinstance(problem, DlguiError):
        return problem
    if out_of_memory(problem):
        return DlguiError(what, "the memory does not suffice; nothing that was learned is lost",
                          "close other programs, or train with a smaller image size, batch size or network")
    if disk_full(problem):
        return DlguiError(what, "the disk is full; what was written before is unharmed",
                          "free some disk space, then go on with the run")
    if isinstance(problem, FileNotFoundError):
        return DlguiError(problem.filename or what, "the file is gone",
                          "bring it back, or look at the image folder again (F5), then go on with the run",
                          "look again")
    return problem
