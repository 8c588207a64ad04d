"""The rules that hold for every command: exit statuses, error lines, --json, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from dlgui.cli import console as console_module
from dlgui.cli import main as cli
from dlgui.errors import DlguiError


@pytest.fixture
def command(monkeypatch):
    """Registers a command `probe` that runs the function it is given; returns a function that runs the program."""
    def install(run):
        def configure(name, parser):
            parser.add_argument("--json", action="store_true")
            parser.set_defaults(run=run)
        real_import = cli.importlib.import_module
        monkeypatch.setitem(cli.COMMANDS, "probe", ("probe", "probe the rules"))
        monkeypatch.setattr(cli.importlib, "import_module", lambda name: SimpleNamespace(configure=configure)
                            if name == "dlgui.cli.probe" else real_import(name))
        return lambda *arguments: cli.main(["probe", *arguments])
    return install


def raising(problem):
    def run(arguments, console):
        raise problem
    return run


def test_done_is_0_and_prints_to_stdout(command, capsys):
    assert command(lambda arguments, console: console.print("fine"))() == 0
    assert capsys.readouterr() == ("fine\n", "")


@pytest.mark.parametrize(("problem", "line"), [
    (DlguiError("model.dlclassifier", "is truncated", "copy it again"),
     "error: model.dlclassifier: is truncated; copy it again\n"),
    (DlguiError("a", "two\nlines", "b"), "error: a: two lines; b\n"),
    (FileNotFoundError(2, "No such file or directory", "x.png"),
     "error: x.png: No such file or directory; "
     "check that the path exists, may be used and that the disk is not full\n"),
    (MemoryError(), "error: memory: there is not enough of it; use a smaller batch size or image size, "
                    "or close other programs\n"),
    (KeyError("x"), "error: dlgui: an unexpected KeyError ('x'); "
                    "run the command again with --debug and report what it prints\n"),
])
def test_failure_is_1_and_one_line_on_stderr(command, capsys, problem, line):
    assert command(raising(problem))() == 1
    assert capsys.readouterr() == ("", line)


@pytest.mark.parametrize("arguments", [["--debug", "probe"], ["probe", "--debug"]])
def test_debug_shows_the_traceback_wherever_it_stands(command, capsys, arguments):
    command(raising(DlguiError("a", "b", "c")))
    assert cli.main(arguments) == 1
    error = capsys.readouterr().err
    assert "Traceback" in error
    assert error.endswith("error: a: b; c\n")


@pytest.mark.parametrize("arguments", [[], ["no-such-command"], ["doctor", "--no-such-option"], ["--no-such-option"]])
def test_wrong_usage_is_2_and_one_line(capsys, arguments):
    if not arguments and "gui" in cli.COMMANDS:
        pytest.skip("dlgui alone opens the window")
    assert cli.main(arguments) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert "--help" in error


def test_json_is_one_object_on_stdout_whatever_libraries_print(command, capsys):
    def run(arguments, console):
        print("a library's chatter")
        console.print("for people")
        console.table(["a"], [[1]])
        console.result({"path": "ä\udcff.png", "x": float("nan"), "n": [1, 2.5, None]})
    assert command(run)("--json") == 0
    out, error = capsys.readouterr()
    assert json.loads(out) == {"path": "ä\udcff.png", "x": None, "n": [1, 2.5, None]}
    assert error == "a library's chatter\n"


def test_json_takes_numpy_values(command, capsys):
    np = pytest.importorskip("numpy")
    assert command(lambda a, console: console.result(
        {"matrix": np.eye(2, dtype=np.int64), "error": np.float32(0.5), "k": {3: np.float64("inf")}}))("--json") == 0
    assert json.loads(capsys.readouterr().out) == {"matrix": [[1, 0], [0, 1]], "error": 0.5, "k": {"3": None}}


def test_interruption_is_130_even_where_a_library_turned_it_into_another_error(command, capsys):
    def run(arguments, console):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError("numpy could not be imported") from None
    assert command(run)() == 130
    assert capsys.readouterr().err == "interrupted; what was finished is kept\n"


def test_every_command_is_listed_and_help_names_what_it_does(capsys):
    assert cli.main(["--help"]) == 0
    out = capsys.readouterr().out
    words = set(out.replace(",", " ").split())
    for name in cli.COMMANDS:
        assert name in words
    assert "exit status" in out


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_has_a_help_page(capsys, name):
    assert cli.main([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: dlgui {name}")
    assert "--debug" in out


def test_help_starts_fast_without_heavy_imports():
    code = ("import sys, dlgui.cli.main as m; m.main(['--help']);"
            "print([n for n in ('numpy', 'torch', 'PIL', 'sqlite3', 'logging') if n in sys.modules], file=sys.stderr)")
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        seconds.append(time.perf_counter() - start)
    assert done.stderr == "[]\n"
    assert min(seconds) < 0.5  # 0.1 s on an idle machine


def test_progress_is_drawn_on_a_terminal_only(capsys):
    class Terminal:
        text = ""

        def isatty(self):
            return True

        def write(self, text):
            self.text += text

        def flush(self):
            pass

    report = SimpleNamespace(task="Reading images", done=5, total=10, elapsed=3.0, remaining=65.0)
    terminal = Terminal()
    bar = console_module.ProgressBar(terminal)
    bar.show(report)
    assert "Reading images  [############............]  5/10  1:05 left" in terminal.text
    bar.clear()
    assert terminal.text.endswith("\r\x1b[K")
    console_module.ProgressBar(sys.stderr).show(report)
    assert capsys.readouterr().err == ""


def test_a_closed_pipe_is_no_traceback():
    done = subprocess.run(f'"{sys.executable}" -m dlgui --help | true', shell=True, capture_output=True, text=True,
                          check=False, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert "Traceback" not in done.stderr
