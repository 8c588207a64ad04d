"""`dlgui ARGS…`: picks the command, runs it, and turns whatever happens into an exit status and one line.

Only the module of the command that was asked for is imported, so that `dlgui --help` answers at once.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from typing import NoReturn

import dlgui
from dlgui.cli.console import Console
from dlgui.engine import memory
from dlgui.errors import DlguiError

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

# command → (module of dlgui.cli that holds it, what it does)
COMMANDS: dict[str, tuple[str, str]] = {
    "gui": ("window", "open the application"),
    "auto": ("main_job", "do the main job in one go: import, check, split, train, evaluate, report"),
    "demo": ("main_job", "do the main job on 2,000 real inspection images"),
    "create": ("projects", "make a project over a folder of images"),
    "info": ("projects", "print counts of images, classes, splits and runs"),
    "check": ("projects", "look for unreadable images, duplicates, leaks between splits and wrong labels"),
    "split": ("projects", "divide the labeled images into training, validation and test"),
    "train": ("training", "train a classifier"),
    "advise": ("advice", "compare input sizes and forecast what more images of a class would bring"),
    "repeat": ("advice", "train a run again: the same result to the last bit, or the first difference"),
    "runs": ("training", "list the trainings of a project"),
    "evaluate": ("evaluation", "print the confusion matrix and the measures of a run"),
    "apply": ("applying", "classify images with a model"),
    "reject": ("applying", "give a model its thresholds: when it is not sure, and when an image is unknown to it"),
    "heatmap": ("evaluation", "show which parts of an image speak for a class"),
    "export": ("delivery", "write a run's model in a format for other programs"),
    "report": ("delivery", "write a run's report as one HTML file"),
    "corrections": ("delivery", "list or take over the labels that somebody marked as wrong in a report"),
    "script": ("delivery", "write the project's history as a Python script"),
    "pack": ("exchange", "put a whole project into one file, with or without its images"),
    "unpack": ("exchange", "make a project of a packed one"),
    "export-data": ("exchange", "write the data set as class folders, CSV, Hugging Face imagefolder or COCO JSON"),
    "import-data": ("exchange", "take labels, splits, groups, flags and notes of a data set over"),
    "screenshots": ("window", "write pictures of the window's tabs and dialogs"),
    "doctor": ("doctor", "print versions, devices and what is missing, with the command that installs it"),
}

EPILOG = """exit status: 0 done, 1 failed (one line on stderr says what, why and what to do), 2 wrong usage,
130 interrupted (whatever was running can be resumed)

PROJECT is a folder (by convention NAME.dlproj), MODEL a .dlclassifier file or PROJECT:RUN.
'dlgui COMMAND --help' describes a command."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line in the form of every other error."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USAGE, f"error: {self.prog}: {message}; see '{self.prog} --help'\n")


def build_parser(command: str | None) -> Parser:
    """The parser; only the parser of `command` knows its arguments, the others exist for --help."""
    common = Parser(add_help=False)
    common.add_argument("--debug", action="store_true", default=argparse.SUPPRESS,
                        help="show the traceback of an error and log everything")
    parser = Parser(prog="dlgui", parents=[common], formatter_class=argparse.RawDescriptionHelpFormatter,
                    description="Label images, train a classifier, find out why it errs. Everything stays on this "
                                "computer.", epilog=EPILOG)
    parser.add_argument("--version", action="version", version=f"dlgui {dlgui.__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for name, (module, summary) in COMMANDS.items():
        sub = subparsers.add_parser(name, help=summary, parents=[common],
                                    description=summary[0].upper() + summary[1:] + ".",
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
        if name == command:
            importlib.import_module(f"dlgui.cli.{module}").configure(name, sub)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit status. `argv` are the arguments without the program's name."""
    if argv is None:  # this process is ours alone
        memory.one_heap()
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments
    with _interruptible() as interruption:
        try:
            return _run(arguments, debug)
        except SystemExit as leaving:  # argparse: --help, --version, wrong usage
            return leaving.code if isinstance(leaving.code, int) else WRONG_USAGE
        except BrokenPipeError:  # the reader of our output has gone, as in `dlgui runs P | head`
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return FAILED
        except BaseException as problem:
            if interruption or isinstance(problem, KeyboardInterrupt):
                _show(debug)
                print("interrupted; what was finished is kept", file=sys.stderr)
                return INTERRUPTED
            if not isinstance(problem, Exception):
                raise
            _show(debug)
            print(f"error: {sentence(problem)}", file=sys.stderr)
            return FAILED


def _run(arguments: list[str], debug: bool) -> int:
    command = next((word for word in arguments if not word.startswith("-")), None)
    if not [word for word in arguments if word != "--debug"] and "gui" in COMMANDS:
        command = "gui"
        arguments = [*arguments, command]
    parser = build_parser(command)
    parsed, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.error(f"unknown argument {unknown[0]!r}")
    _log(debug)
    with Console(as_json=getattr(parsed, "json", False)) as console:
        return parsed.run(parsed, console) or DONE


def sentence(problem: Exception) -> str:
    """`<what>: <why>; <remedy>` in one line, for an error of any origin."""
    if isinstance(problem, DlguiError):
        text = str(problem)
    elif isinstance(problem, OSError):
        text = (f"{problem.filename or 'the system'}: {problem.strerror or problem}; "
                "check that the path exists, may be used and that the disk is not full")
    elif isinstance(problem, MemoryError):
        text = "memory: there is not enough of it; use a smaller batch size or image size, or close other programs"
    else:
        text = (f"dlgui: an unexpected {type(problem).__name__} ({problem}); "
                "run the command again with --debug and report what it prints")
    return " ".join(text.split())


def _show(debug: bool) -> None:
    if debug:
        traceback.print_exc()


def _log(debug: bool) -> None:
    """Sends dlgui's log to stderr: everything with --debug, else warnings."""
    import logging

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s" if debug else "warning: %(message)s"))
    logger = logging.getLogger("dlgui")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.DEBUG if debug else logging.WARNING)


@contextlib.contextmanager
def _interruptible() -> Iterator[list[int]]:
    """Notes each interruption, because a library may turn the KeyboardInterrupt into an error of its own.

    A request to terminate is treated like Ctrl-C, so that it too leaves everything resumable.
    """
    seen: list[int] = []

    def interrupt(number: int, frame: object) -> None:
        seen.append(number)
        raise KeyboardInterrupt

    before = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(ValueError):  # not in the main thread
            before[number] = signal.signal(number, interrupt)
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
