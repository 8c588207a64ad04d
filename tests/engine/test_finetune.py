"""Fine-tuning learns, stops early, pauses, and resumes bit for bit after kill -9."""

import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from dlgui.engine import finetune, progress
from dlgui.engine.classifier import Classifier
from dlgui.engine.finetune import FineTuning, TrainingData
from dlgui.engine.images import read_image
from dlgui.engine.model_file import read_model
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.rate_range import learning_rate_range, suggested_rate
from dlgui.engine.settings import TrainingSettings
from dlgui.engine.torch_training import Trainer
from dlgui.engine.training_events import BatchDone, CheckpointWritten, EpochDone, Finished, Notice
from dlgui.errors import DlguiError, InvalidValue

SIZE = 64


@pytest.fixture(scope="module")
def data(textile):
    preprocessing = Preprocessing(SIZE, SIZE)
    pixels = np.stack([preprocessing.pixels(read_image(f)) for name in ("global", "nominal")
                       for f in sorted((textile / name).iterdir())[:28]])
    labels = np.repeat([0, 1], 28)
    train = np.flatnonzero(np.arange(56) % 28 < 20)
    validation = np.flatnonzero(np.arange(56) % 28 >= 20)
    return TrainingData(pixels, train, labels[train], validation, labels[validation])


def start(data, folder, **settings):
    classifier = Classifier.pretrained(classes=["global", "nominal"], preprocessing=Preprocessing(SIZE, SIZE))
    chosen = TrainingSettings().changed(**{"epochs": 2, "batch_size": 8, **settings})
    return FineTuning(classifier, data, chosen, seed=3, device="cpu", checkpoint=folder / "checkpoint.safetensors",
                      model=folder / "best.dlclassifier")


def learned(events):
    """What does not depend on the clock."""
    return [(e.epoch, e.iteration, e.loss, e.train_top1_error, e.validation_top1_error, e.learning_rate)
            for e in events if isinstance(e, EpochDone)]


def test_it_learns_and_writes_the_best_model(data, tmp_path):
    events = list(start(data, tmp_path, epochs=3, mirror="rc", class_balance="balanced", learning_rate=1e-4))
    assert sum(isinstance(e, BatchDone) for e in events) == 15
    assert isinstance(events[0], CheckpointWritten)
    finished = events[-1]
    assert isinstance(finished, Finished)
    history = learned(events)
    assert history[-1][3] < history[0][3]  # the training error; the loss is restless in so few updates
    best = min(h[4] for h in history)
    assert finished.validation_top1_error == best
    model = read_model(tmp_path / "best.dlclassifier")
    scaled = model.preprocessing.scale(data.pixels[data.validation])
    assert (model.predict_scaled(scaled, "cpu").argmax(1) != data.validation_labels).mean() == pytest.approx(best)
    assert model.temperature != 1.0


def test_time_that_the_computer_stood_still_is_said(data, tmp_path, monkeypatch):
    for module in (finetune, progress):
        monkeypatch.setattr(module, "PAUSE", 2.0)
    monkeypatch.setattr(progress, "TIMES", 2.0)
    update, count = Trainer.step, iter(range(100))

    def step(self, *arguments):
        if next(count) == 6:
            time.sleep(5)  # beside which an update is short also on a busy machine
        return update(self, *arguments)

    monkeypatch.setattr(Trainer, "step", step)
    events = list(start(data, tmp_path))
    assert any(isinstance(e, Notice) and "stood still for" in e.text for e in events)
    assert events[-1].reason == "epochs"


def test_pausing_and_going_on_changes_no_bit(data, tmp_path):
    whole, part = tmp_path / "whole", tmp_path / "part"
    whole.mkdir()
    part.mkdir()
    settings = {"solver_type": "adam", "learning_rate": 0.001, "mirror": "rc", "modern": "trivial"}
    expected = learned(start(data, whole, **settings))
    first = []
    for event in start(data, part, **settings):
        first.append(event)
        if isinstance(event, CheckpointWritten) and event.iteration:
            break
    assert learned(first) + learned(start(data, part, **settings)) == expected
    assert (part / "best.dlclassifier").read_bytes() == (whole / "best.dlclassifier").read_bytes()


def test_kill_and_resume_changes_no_bit(small_folder, tmp_path):
    program = tmp_path / "train.py"
    program.write_text(textwrap.dedent("""
        import sys
        from pathlib import Path
        from dlgui.engine import finetune
        from dlgui.project.operations import runs, splits, training
        from dlgui.project.project import Project
        finetune.CHECKPOINT_SECONDS = 0.0
        folder, images = Path(sys.argv[1]), sys.argv[2]
        if folder.exists():
            project = Project.open(folder)
            run = training.resume(project, runs.all_runs(project)[0])
        else:
            project = Project.create(folder, images)
            splits.split(project)
            run = training.start(project, training.Plan(method="finetune", image_size=64, device="cpu", settings={
                "epochs": 2, "batch_size": 8}))
        for event in training.execute(project, run):
            print(type(event).__name__, flush=True)
        for h in runs.history(project, run):
            print("row", h["epoch"], h["iteration"], repr(h["loss"]), h["train_top1_error"],
                  h["validation_top1_error"])
    """))

    def rows(text):
        return [line for line in text.splitlines() if line.startswith("row")]

    command = [sys.executable, str(program)]
    whole = subprocess.run([*command, str(tmp_path / "whole"), str(small_folder)], capture_output=True, text=True,
                           check=True)
    with subprocess.Popen([*command, str(tmp_path / "part"), str(small_folder)], stdout=subprocess.PIPE,
                          text=True) as process:
        seen = 0
        for line in process.stdout:
            seen += line.startswith("BatchDone")
            if seen == 8:  # inside the second epoch
                break
        time.sleep(0.05)
        process.kill()
    part = subprocess.run([*command, str(tmp_path / "part"), str(small_folder)], capture_output=True, text=True,
                          check=True)
    assert rows(part.stdout) == rows(whole.stdout)
    assert len(rows(whole.stdout)) == 2
    models = [next((tmp_path / name).glob("runs/*/best.dlclassifier")) for name in ("whole", "part")]
    weights = [read_model(m) for m in models]
    np.testing.assert_array_equal(weights[0].head[0], weights[1].head[0])


def test_early_stopping(data, tmp_path):
    events = list(start(data, tmp_path, epochs=30, early_stopping=1, learning_rate=0.01, policy="constant",
                        batch_size=20))
    assert events[-1].reason == "early stopping"
    assert len(learned(events)) < 30


def test_a_foreign_checkpoint_is_refused(data, tmp_path):
    (tmp_path / "checkpoint.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(DlguiError, match="not a checkpoint"):
        next(iter(start(data, tmp_path)))


def test_learning_rate_range_test(data, tmp_path):
    classifier = Classifier.pretrained(classes=["global", "nominal"], preprocessing=Preprocessing(SIZE, SIZE))
    curve = list(learning_rate_range(classifier, data, TrainingSettings().changed(batch_size=8), steps=12))
    rates = [rate for rate, _ in curve]
    assert rates == sorted(rates)
    assert 1e-6 < suggested_rate(curve) < 1


@pytest.mark.parametrize(("policy", "settings"), [("cosine", {}), ("one_cycle", {}), ("constant", {}),
                                                  ("step", {"step_epochs": 2, "step_ratio": 0.5, "warm_up": 0.0})])
def test_policies(policy, settings):
    made = TrainingSettings().changed(policy=policy, epochs=6, learning_rate=0.1, **settings)
    rates = [made.learning_rate(e / 10) for e in range(61)]
    assert max(rates) == pytest.approx(0.1, rel=0.01)
    assert min(rates) > 0
    if policy == "step":
        assert [made.learning_rate(e) for e in (0, 1.9, 2, 4)] == pytest.approx([0.1, 0.1, 0.05, 0.025])
    if policy in ("cosine", "one_cycle"):
        assert rates[-1] < 0.001


@pytest.mark.parametrize(("name", "value"), [("epochs", -1), ("policy", "wild"), ("early_stopping", -1),
                                             ("mirror", "x"), ("batch_size", 0), ("no_such", 1), ("warm_start", 1),
                                             ("class_balance", "some"), ("step_ratio", 2)])
def test_settings_are_refused_in_one_sentence(name, value):
    with pytest.raises(InvalidValue, match=name) as problem:
        TrainingSettings().changed(**{name: value})
    assert "\n" not in str(problem.value)
