"""Parameters of a training under a name: ours, the user's own, and files to share. JSON, checked when read."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from dlgui.engine import networks, parameters
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.settings import TrainingSettings
from dlgui.engine.storage import write_atomically
from dlgui.errors import DlguiError, InvalidValue
from dlgui.project.operations.plans import AUTO, METHODS, Plan

FORMAT = "dlgui training preset"
VERSION = 1
SUFFIX = ".preset.json"
LIMIT = 1 << 20
"""Bytes of a preset file; a larger one is none."""

OURS: dict[str, Plan] = {
    "Quick": Plan(),
    "Fine-tune": Plan(method="finetune"),
    "Few images: strong augmentation": Plan(method="finetune", settings={
        "epochs": 20, "weight_prior": 1e-3, "mirror": "rc", "rotate_range": 10, "brightness_variation": 20,
        "contrast": 0.2, "zoom": 0.3, "augmentation_percentage": 80, "early_stopping": 6}),
    "Long and careful": Plan(method="finetune", settings={
        "epochs": 40, "learning_rate": 3e-4, "early_stopping": 10, "modern": "trivial"}),
    "Rare classes": Plan(method="finetune", settings={"epochs": 12, "class_balance": "balanced"}),
    "As in the old examples (SGD, steps)": Plan(method="finetune", settings={
        "solver_type": "sgd", "learning_rate": 0.001, "momentum": 0.9, "weight_prior": 0.0005, "epochs": 16,
        "batch_size": 64, "policy": "step", "step_epochs": 4, "step_ratio": 0.1, "warm_up": 0.0, "mirror": "rc",
        "head_learning_rate_factor": 10.0, "pooled_stages": "last", "weight_average": 0}),
}
"""Presets that come with dlgui."""


def folder() -> Path:
    """Where the user's presets are: in the user's configuration, so that every project has them."""
    from platformdirs import user_config_path

    return user_config_path("dlgui", appauthor=False) / "presets"


def names() -> list[str]:
    """Names of the user's presets, sorted."""
    place = folder()
    return sorted(path.name.removesuffix(SUFFIX) for path in place.glob(f"*{SUFFIX}")) if place.is_dir() else []


def save(name: str, plan: Plan) -> Path:
    """Keeps a plan under a name; an older one of that name is replaced.

    Raises:
        InvalidValue: a name that cannot be a file's. DlguiError: the disk is full or protected.
    """
    name = name.strip()
    if not re.fullmatch(r"[^\x00-\x1f/\\:*?\"<>|]{1,80}", name) or name.startswith("."):
        raise InvalidValue("name of the preset", name, "1 to 80 characters, without / \\ : * ? \" < > |")
    folder().mkdir(parents=True, exist_ok=True)
    path = folder() / f"{name}{SUFFIX}"
    write(path, plan)
    return path


def free_name(name: str) -> str:
    """The name, with the first number behind it that makes it one that no preset has."""
    taken, number, found = set(names()), 2, name
    while found in taken:
        found, number = f"{name} {number}", number + 1
    return found


def load(name: str) -> Plan:
    """The plan of one of the user's presets. Raises `DlguiError`."""
    return read(folder() / f"{name}{SUFFIX}")


def delete(name: str) -> None:
    """Removes one of the user's presets."""
    (folder() / f"{name}{SUFFIX}").unlink(missing_ok=True)


def write(path: Path, plan: Plan) -> None:
    """Writes a plan to a file for others. Raises `DlguiError`."""
    document = {"format": FORMAT, "version": VERSION, "plan": asdict(plan)}
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    write_atomically(path, lambda file: file.write(text.encode()))


def read(path: Path) -> Plan:
    """Reads a plan and checks every value.

    Raises:
        DlguiError: missing, too large, foreign, newer, or with a value that is not allowed; says which.
    """
    try:
        if path.stat().st_size > LIMIT:
            raise DlguiError(path, "too large for a preset", "choose a file that dlgui wrote")
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise DlguiError(path, f"cannot be read ({problem.strerror})", "choose another file") from problem
    except (ValueError, RecursionError) as problem:
        raise DlguiError(path, f"not JSON ({problem})", "choose a file that dlgui wrote") from problem
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise DlguiError(path, "not a preset of dlgui", f'a preset says "format": "{FORMAT}"')
    if document.get("version") != VERSION:
        raise DlguiError(path, f"written by another dlgui (version {document.get('version')!r} of the format)",
                         "update dlgui")
    try:
        return _plan(document.get("plan"))
    except InvalidValue as problem:
        raise DlguiError(path, f"{problem.what}: {problem.why}", problem.remedy) from problem


def _plan(values: Any) -> Plan:
    known = {field.name for field in fields(Plan)}
    if not isinstance(values, dict):
        raise InvalidValue("plan", values, "an object of names and values")
    for name in values:
        if name not in known:
            raise InvalidValue("plan", name, ", ".join(sorted(known)))
    for name in ("settings", "preprocessing"):
        if not isinstance(values.get(name, {}), dict):
            raise InvalidValue(name, values[name], "an object of names and values")
    plan = Plan(**values)
    if plan.method not in METHODS:
        raise InvalidValue("method", plan.method, " or ".join(METHODS))
    if not isinstance(plan.network, str) or not isinstance(plan.device, str):
        raise InvalidValue("network and device", (plan.network, plan.device), "words")
    if plan.network != AUTO:
        networks.info(plan.network)
    TrainingSettings.from_dict(plan.settings)
    Preprocessing.from_dict({"width": 224, "height": 224, **plan.preprocessing})
    parameters.joined_values({"image_size": plan.image_size, "seed": plan.seed, "pretrained": plan.pretrained,
                              "budget": plan.budget}, plan.settings, plan.preprocessing)
    return plan
