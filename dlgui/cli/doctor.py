"""`dlgui doctor`: what this computer offers, what is missing, and the command that installs it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from dlgui.cli.console import Console


def configure(command: str, parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=doctor)


def doctor(arguments: argparse.Namespace, console: Console) -> int:
    found = examine()
    console.result(found)
    chip, window = found["processor"], found["qt"]
    console.table(["package", "version"], list(found["versions"].items()))
    console.print(f"\nprocessor  {chip['name']}, {chip['architecture']}, {chip['cores']} cores")
    for device in found["devices"]:
        memory = f", {device['memory'] / 2**30:.0f} GiB" if device["memory"] else ""
        console.print(f"device     {device['device']}: {device['name']}{memory}")
    console.print(f"Qt         {'loads' if window['loads'] else 'does not load: ' + str(window['reason'])}"
                  f"{'' if window['display'] else '; no display'}")
    console.print(f"cache      {found['cache']['folder']} ({found['cache']['bytes'] / 2**20:.0f} MiB)")
    console.print(f"offline    {', '.join(found['pretrained']) or 'no pretrained network'}")
    for problem in found["problems"]:
        console.print(f"\nproblem: {problem['what']}: {problem['why']}; {problem['remedy']}")
    if not found["problems"]:
        console.print("\nnothing is missing")
    return 0


def examine() -> dict[str, Any]:
    """Everything that `doctor --json` prints."""
    from dlgui import environment
    from dlgui.engine.storage import cache_folder

    problems: list[dict[str, str]] = []
    try:
        devices = environment.devices()
    except Exception as problem:  # a broken torch installation is what a doctor is for
        devices = []
        problems.append({"what": "torch", "why": f"cannot be imported ({problem})", "remedy": "reinstall dlgui"})
    window, libraries = environment.qt(), environment.missing_libraries()
    command = environment.install_command(libraries)
    if command:
        problems.append({"what": "Qt", "why": f"system libraries are missing ({', '.join(libraries)})",
                         "remedy": f"run: {command}"})
    elif not window["loads"]:
        problems.append({"what": "Qt", "why": f"cannot load ({window['reason']})", "remedy": "reinstall PySide6"})
    folder = cache_folder()
    size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    return {"versions": environment.versions(), "platform": sys.platform, "processor": environment.processor(),
            "devices": devices, "qt": window, "missing_libraries": libraries, "install_command": command,
            "cache": {"folder": str(folder), "bytes": size}, "pretrained": pretrained_at_hand(), "problems": problems}


def pretrained_at_hand() -> list[str]:
    """Networks whose ImageNet weights are on this computer, so that training needs no internet."""
    from importlib.util import find_spec

    from dlgui.engine import networks

    return [name for name in networks.names()
            if networks.info(name).source == "lite" and find_spec(f"{name}_pytorch_model")]
