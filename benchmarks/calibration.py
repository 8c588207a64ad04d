"""Do confidences mean what they say? Loss and calibration error of quick trainings, beside other temperatures.

    python benchmarks/calibration.py [FOLDER ...] [--seeds 1]      (without a folder: the textile demo)

50 % training, 15 % validation, 35 % test. Compared on the test split: the model as trained (temperature from the
out-of-fold answers), and with another one, fitted on the validation split in dlgui's way and in Platt's (targets
softened by 1 / (n + 2)); the greatest loss of a validation image tells whether one image decides. `chance` is the
calibration error that confidences would still show if they meant exactly what they say: median and 95th percentile.
Then the same two fits on simulated answers that do.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from common import heading

from dlgui.engine.calibration import error_by_chance, fit_temperature, reliability_of, softmax
from dlgui.engine.model_file import read_model
from dlgui.project.demo import demo_images
from dlgui.project.operations import evaluations, splits, training
from dlgui.project.project import Project

FITTED_ON, JUDGED_ON, DRAWS = 300, 4000, 20
"""Of the simulation."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    heading("calibration")
    for folder in arguments.folders or [demo_images()]:
        for seed in range(arguments.seeds):
            measure(folder, seed)
    simulate()


def measure(root: Path, seed: int) -> None:
    """Prints the figures of one folder."""
    with tempfile.TemporaryDirectory() as folder, Project.create(Path(folder) / "p", root, "last_folder") as project:
        splits.split(project, 50, 15, seed)
        run = training.train(project, training.Plan(seed=seed))
        held, test = (evaluations.predict(project, run, part) for part in ("validation", "test"))
        own = read_model(run.model).temperature
    # a softmax is undone by a logarithm, up to a constant that does not matter
    logits, known = (np.log(np.maximum(found.confidences, np.finfo(np.float32).tiny)) * own for found in (test, held))
    low, high = (100 * error_by_chance(test.confidence, level=level) for level in (0.5, 0.95))
    print(f"{root.name}, seed {seed}: {len(test)} test images, error {100 * (1 - test.correct.mean()):.2f} %, "
          f"chance {low:.2f} to {high:.2f} %; greatest loss of a validation image {held.loss.max():.1f} nats")
    for name, temperature in (("as trained", own),
                              (f"fitted on {len(held)} validation images", fit_temperature(known, held.truth)),
                              ("the same with softened targets", softened(known, held.truth))):
        confidences = softmax(logits, temperature)
        found = reliability_of(confidences.max(1), test.correct)
        print(f"  {name}: temperature {temperature:.2f}, loss {loss(logits, test.truth, temperature):.3f} nats, "
              f"calibration error {100 * found.expected_calibration_error:.2f} %", flush=True)


def loss(logits: np.ndarray, truth: np.ndarray, temperature: float) -> float:
    """Mean negative logarithm of the truth's confidence."""
    own = softmax(logits, temperature)[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(own, np.finfo(np.float32).tiny)).mean())


def softened(logits: np.ndarray, truth: np.ndarray) -> float:
    """The temperature of least loss against targets softened as in Platt's scaling."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    number, count = logits.shape
    doubt = 1 / (number + 2)
    target = np.full((number, count), doubt / (count - 1))
    target[np.arange(number), truth] = 1 - doubt
    found = minimize_scalar(lambda x: -(target * log_softmax(logits / np.exp(x), axis=1)).sum(), bounds=(-5, 5),
                            method="bounded")
    return float(np.exp(found.x))


def simulate() -> None:
    """Logits that say exactly what they mean, nine in ten far from any doubt; the right temperature is 1."""
    fits = {"dlgui": fit_temperature, "softened targets": softened}
    temperatures: dict[str, list[float]] = {name: [] for name in fits}
    losses: dict[str, list[float]] = {name: [] for name in ("no temperature", *fits)}
    for seed in range(DRAWS):
        generator = np.random.default_rng(seed)
        number = FITTED_ON + JUDGED_ON
        logits = generator.normal(size=(number, 3)) * generator.choice([3, 30], p=[0.1, 0.9], size=number)[:, None]
        truth = (generator.random(number)[:, None] > softmax(logits).cumsum(1)).sum(1).clip(max=2)
        losses["no temperature"].append(loss(logits[FITTED_ON:], truth[FITTED_ON:], 1.0))
        for name, fit in fits.items():
            temperatures[name].append(fit(logits[:FITTED_ON], truth[:FITTED_ON]))
            losses[name].append(loss(logits[FITTED_ON:], truth[FITTED_ON:], temperatures[name][-1]))
    print(f"simulated, fitted on {FITTED_ON} images, judged on {JUDGED_ON} others, {DRAWS} draws:")
    for name, values in losses.items():
        spread = (f", temperature {min(temperatures[name]):.2f} to {max(temperatures[name]):.2f}" if name in fits
                  else "")
        print(f"  {name}: mean loss {np.mean(values):.4f} nats{spread}")


if __name__ == "__main__":
    main()
