"""Every command of the contract on one small project of real images."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from dlgui.cli import main as cli


@pytest.fixture(scope="module")
def job(small_folder, tmp_path_factory):
    """A project after `dlgui auto`, and what that printed."""
    folder = tmp_path_factory.mktemp("job") / "small.dlproj"
    done = subprocess.run([sys.executable, "-m", "dlgui", "auto", str(small_folder), "--project", str(folder),
                           "--network", "auto", "--budget", "0", "--json"], capture_output=True, text=True, check=True)
    return folder, json.loads(done.stdout)


@pytest.fixture
def run(capsys):
    """Runs the program; returns its exit status, its JSON (None without) and its stderr."""
    def call(*arguments):
        capsys.readouterr()
        status = cli.main([str(a) for a in arguments])
        out, error = capsys.readouterr()
        return status, json.loads(out) if "--json" in arguments and status == 0 else out, error
    return call


def test_the_main_job_in_one_go(job):
    folder, result = job
    assert result["evaluation"]["num_samples"] > 8
    assert result["evaluation"]["top1_error"] < 0.6
    assert (folder / "report.html").is_file()
    assert result["model"].endswith(".dlclassifier")
    matrix = np.array(result["evaluation"]["confusion_matrix"])
    assert matrix.sum() == result["evaluation"]["num_samples"]
    assert 1 - np.trace(matrix) / matrix.sum() == pytest.approx(result["evaluation"]["top1_error"])


def test_a_table_that_is_used_in_part_says_so(run, small_folder, tmp_path):
    names = [f"local/{file.name}" for file in sorted((small_folder / "local").iterdir())[:3]]
    file = tmp_path / "labels.csv"
    file.write_text("image,label,split\n" + "".join(f"{name},a,holdout\n" for name in [*names, "gone.jpg"]))
    said = ("labels.csv, lines 2, 3 and 4: the split 'holdout' is unknown, so these images have none; write train, "
            "validation or test")
    _, found, _ = run("create", tmp_path / "a", "--images", small_folder, "--labels", f"csv:{file}", "--json")
    assert (found["notes"], found["rejected"]) == ([said], [{"path": "gone.jpg", "reason": "no such file"}])
    _, printed, _ = run("create", tmp_path / "b", "--images", small_folder, "--labels", f"csv:{file}")
    assert printed.splitlines()[-2:] == ["row left out: gone.jpg: no such file", f"note: {said}"]


def test_quick_training_refit_evaluation_and_inference_need_no_torch(small_folder, tmp_path):
    """Importing torch and timm takes seconds: whoever does not need them does not wait for them."""
    code = """
import sys
from pathlib import Path
from dlgui.cli import main
from dlgui.project.operations import ghosts, labels, runs
from dlgui.project.project import Project

folder, images = sys.argv[1:]

def done(what, *words):
    assert not words or main.main([*words]) == 0, what
    print("heavy after", what, [m for m in ("torch", "timm", "torchvision", "sklearn") if m in sys.modules])

def relabel():
    with Project.open(folder) as project:
        table = project.images()
        labels.assign(project, table.id[table.rows("train")[:3]].tolist(), project.classes()[0].id)

done("import", "create", folder, "--images", images)
done("split", "split", folder)
done("quick training", "train", folder)
relabel()
done("refit", "train", folder)
with Project.open(folder) as project:
    ghosts.retrain_quick(project, runs.get(project))
done("retrain quick")
done("evaluation", "evaluate", folder)
done("apply", "apply", folder, str(next(Path(images).rglob("*.jpg"))))
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "p"), str(small_folder)], capture_output=True,
                          text=True, check=True)
    assert [line for line in done.stdout.splitlines() if line.startswith("heavy after")] == [
        f"heavy after {what} []" for what in ("import", "split", "quick training", "refit", "retrain quick",
                                              "evaluation", "apply")]
    assert "confusion matrix" in done.stdout


def test_going_on_with_other_images_or_labels_is_refused(job, run, small_folder, tmp_path):
    folder, _ = job
    status, _, error = run("auto", small_folder, "--project", folder, "--labels", "file_name")
    assert (status, error.count("\n")) == (1, 1)
    assert "labels from last_folder" in error
    status, _, error = run("auto", tmp_path, "--project", folder)
    assert status == 1
    assert "other images" in error


def test_create_info_check_split(run, small_folder, tmp_path):
    project = tmp_path / "p.dlproj"
    assert run("create", project, "--images", small_folder)[0] == 0
    _, info, _ = run("info", project, "--json")
    assert set(info) >= {"num_images", "num_labeled", "classes", "splits", "unreadable", "runs"}
    assert info["splits"]["none"] == 72
    _, health, _ = run("check", project, "--json")
    assert set(health) >= {"unreadable", "exact_duplicates", "near_duplicates", "leaks", "conflicts", "label_issues",
                           "imbalance"}
    status, _, error = run("train", project)
    assert (status, error.count("\n")) == (1, 1)
    assert "dlgui split" in error
    _, split, _ = run("split", project, "--train", 50, "--validation", 25, "--json")
    assert split["splits"] == {"train": 36, "validation": 18, "test": 18}
    status, _, error = run("split", project)
    assert status == 1
    assert "--overwrite" in error
    assert run("split", project, "--overwrite", "--seed", 1)[0] == 0
    assert run("create", project, "--images", small_folder)[0] == 1
    assert run("info", tmp_path)[0] == 1


def test_train_and_runs(run, job):
    folder, _ = job
    _, trained, _ = run("train", folder, "--seed", 5, "--json")
    assert set(trained) >= {"run", "network", "method", "device", "seed", "epochs", "best_epoch",
                            "validation_top1_error", "train_seconds", "images_per_second", "history", "model"}
    assert set(trained["history"][0]) >= {"epoch", "iteration", "loss", "train_top1_error", "validation_top1_error",
                                          "learning_rate", "seconds"}
    _, fine, _ = run("train", folder, "--method", "finetune", "--epochs", 1, "--batch-size", 16, "--image-size", 64,
                     "--set", "policy=constant", "--set", "mirror=rc", "--set", "contrast_normalization=true", "--json")
    assert (fine["method"], fine["epochs"]) == ("finetune", 1)
    assert fine["parameters"]["settings"]["policy"] == "constant"
    _, listed, _ = run("runs", folder, "--json")
    assert {"run", "network", "method", "state", "validation_top1_error", "train_seconds", "created"} <= set(
        listed["runs"][0])
    assert {r["state"] for r in listed["runs"]} == {"done"}
    for wrong, said in ((["--set", "nonsense=1"], "nonsense"), (["--set", "nonsense"], "NAME=VALUE"),
                        (["--learning-rate", "-1"], "learning_rate"), (["--network", "no_net"], "efficientnet_lite0"),
                        (["--resume", fine["run"]], "done already"),
                        (["--resume"], "paused or interrupted"), (["--image-size", "9"], "image_width")):
        status, _, error = run("train", folder, *wrong)
        assert (status, error.count("\n")) == (1, 1)
        assert said in error


@pytest.mark.parametrize("more", [[], ["--method", "finetune", "--epochs", 1, "--batch-size", 16]])
def test_nobody_needs_to_name_a_network(run, job, more):
    folder, _ = job
    status, said, _ = run("train", folder, "--network", "auto", "--budget", 0, "--image-size", 64, *more)
    assert status == 0
    assert [line.split()[0] for line in said.splitlines() if "too slow" in line] == ["efficientnet_lite1",
                                                                                     "efficientnet_lite2"]
    _, listed, _ = run("runs", folder, "--json")
    assert (listed["runs"][-1]["network"], listed["runs"][-1]["state"]) == ("efficientnet_lite0", "done")
    status, _, error = run("train", folder, "--network", "auto", "--budget", "-1", *more)
    assert (status, error.count("\n")) == (1, 1)
    assert "budget" in error


def test_a_run_that_was_killed_is_listed_as_interrupted(run, small_folder, tmp_path):
    run("create", tmp_path / "p", "--images", small_folder)
    run("split", tmp_path / "p")
    begin = ("import os; from dlgui.project.operations import training; from dlgui.project.project import Project;"
             f"training.start(Project.open({str(tmp_path / 'p')!r}), training.Plan()); os._exit(9)")
    subprocess.run([sys.executable, "-c", begin], check=False)
    _, found, _ = run("runs", tmp_path / "p", "--json")
    assert [r["state"] for r in found["runs"]] == ["interrupted"]


def test_evaluate_with_samples(run, job):
    folder, result = job
    run_id = result["train"]["run"]
    _, found, _ = run("evaluate", folder, "--run", run_id, "--samples", "--json")
    assert set(found) >= {"run", "split", "num_samples", "classes", "top1_error", "top2_error", "precision", "recall",
                          "f_score", "mean_precision", "mean_recall", "global_f_score", "mean_f_score",
                          "expected_calibration_error", "confusion_matrix", "seconds", "samples"}
    assert found["top1_error"] == result["evaluation"]["top1_error"]
    sample = found["samples"][0]
    assert sum(sample["confidences"].values()) == pytest.approx(1, abs=1e-4)
    assert run("evaluate", folder, "--run", run_id, "--split", "train", "--json")[1]["split"] == "train"
    status, _, error = run("evaluate", folder, "--run", "run-999")
    assert status == 1
    assert "run-999" in error


def test_apply_goes_on_over_bad_images(run, job, small_folder, tmp_path):
    folder, result = job
    (tmp_path / "bad.png").write_bytes(b"\x89PNG but no image")
    good = sorted((small_folder / "global").iterdir())[:3]
    status, found, _ = run("apply", result["model"], *good, tmp_path, tmp_path / "gone.png", "--csv",
                           tmp_path / "out.csv", "--json")
    assert status == 0
    assert len(found["results"]) == 3
    assert [item["path"].rpartition("/")[2] for item in found["failed"]] == ["bad.png", "gone.png"]
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0][:3] == ["path", "predicted", "confidence"]
    assert len(rows) == 4
    _, by_run, _ = run("apply", f"{folder}:{result['train']['run']}", *good, "--batch-size", 2, "--json")
    assert [r["predicted"] for r in by_run["results"]] == [r["predicted"] for r in found["results"]]
    assert run("apply", result["model"], tmp_path / "bad.png")[0] == 1
    status, _, error = run("apply", tmp_path / "bad.png", *good)
    assert (status, error.count("\n")) == (1, 1)


@pytest.mark.parametrize("method", ["grad_cam", "guided_grad_cam", "confidence_based"])
def test_heatmap_at_the_images_size(run, job, small_folder, tmp_path, method):
    _, result = job
    image = next((small_folder / "local").iterdir())
    status, found, _ = run("heatmap", result["model"], image, "--out", tmp_path / "h.png", "--array",
                           tmp_path / "h.npy", "--method", method, "--target", "local", "--json")
    assert status == 0
    assert found["target"] == "local"
    array = np.load(tmp_path / "h.npy")
    assert (array.shape, array.dtype) == ((250, 250), np.float32)
    assert 0 <= array.min() <= array.max() <= 1
    with Image.open(tmp_path / "h.png") as overlay:
        assert overlay.size == (250, 250)


def test_export_and_report(run, job, tmp_path):
    folder, result = job
    _, found, _ = run("export", folder, "--run", result["train"]["run"], "--format", "onnx", "--out",
                      tmp_path / "m.onnx", "--json")
    assert found["max_difference"] <= 1e-3
    assert run("report", folder, "--run", result["train"]["run"], "--out", tmp_path / "r.html")[0] == 0
    page = (tmp_path / "r.html").read_text()
    assert "http://" not in page
    assert "https://" not in page
    assert page.count("<img") >= 2
    for word in ("Confusion matrix", "Worst errors", "Calibration", "Parameters", "Environment", "nominal"):
        assert word in page
    assert run("report", folder, "--out", "/nowhere/at/all/r.html")[0] == 1


@pytest.mark.parametrize("which", ["quick", "finetune"])
def test_the_script_gives_the_same_evaluation(run, small_folder, tmp_path, which):
    project = tmp_path / "s.dlproj"
    run("create", project, "--images", small_folder)
    run("split", project)
    more = [] if which == "quick" else ["--epochs", 1, "--batch-size", 16, "--image-size", 64, "--device", "cpu"]
    run("train", project, "--method", which, *more)
    _, expected, _ = run("evaluate", project, "--json")
    assert run("script", project, "--out", tmp_path / "history.py")[0] == 0
    done = subprocess.run([sys.executable, tmp_path / "history.py"], capture_output=True, text=True, cwd=tmp_path,
                          check=True)
    error = next(line for line in done.stdout.splitlines() if line.startswith("top1_error"))
    assert float(error.split()[1]) == pytest.approx(expected["top1_error"], abs=1e-6)
    assert (tmp_path / "s.dlclassifier").is_file()
    assert "split: train 70" in (tmp_path / "history.py").read_text()


def test_a_learning_rate_is_found(run, job):
    folder, _ = job
    _, found, _ = run("train", folder, "--find-learning-rate", "--image-size", 64, "--batch-size", 8, "--json")
    assert 1e-6 < found["learning_rate"] < 1
    assert len(found["curve"]) > 5
