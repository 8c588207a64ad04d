"""Fine-tuning: the whole network by weight updates, as an iterator of events that resumes exactly.

Nothing random has a state: the order of an epoch follows from (seed, epoch), an image's augmentation from (seed,
epoch, image), torch's own randomness from (seed, iteration). A checkpoint is therefore weights, optimizer and counters.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlgui.engine import checkpoint, recipe
from dlgui.engine.augmentation import Augmentation, augment
from dlgui.engine.calibration import fit_temperature, softmax
from dlgui.engine.checkpoint import State
from dlgui.engine.classifier import Classifier
from dlgui.engine.model_file import read_model, write_model
from dlgui.engine.progress import PAUSE, Cancelled, Pace, Progress
from dlgui.engine.settings import TrainingSettings, balanced_weights
from dlgui.engine.statistics import clearly_better
from dlgui.engine.training_events import BatchDone, CheckpointWritten, EpochDone, Event, Finished, Notice
from dlgui.errors import DlguiError

if TYPE_CHECKING:

    from dlgui.engine.torch_average import WeightAverage

CHECKPOINT_SECONDS = 30.0
EVALUATION_BATCH = 32
STANDARDIZED_ON = 256
"""Training images whose pooled figures say how the linear layer's input is standardized."""

WORST = 12
"""Images of the validation split that are named as the worst after each epoch."""


@dataclass(frozen=True)
class TrainingData:
    """Preprocessed images.

    Attributes:
        pixels: uint8 (n, H, W, C), usually mapped from a file.
        train, validation: int64 rows of `pixels`.
        train_labels, validation_labels: int64 class indices.
    """

    pixels: np.ndarray
    train: np.ndarray
    train_labels: np.ndarray
    validation: np.ndarray
    validation_labels: np.ndarray


@dataclass(frozen=True)
class Candidate:
    """A finished classifier that the training has to beat on the validation split.

    Attributes:
        classifier: calibrated, for the same classes.
        confidences: float (n, classes), of the validation images.
        seconds: it took to make.
    """

    classifier: Classifier
    confidences: np.ndarray
    seconds: float = 0.0

    def wrong(self, labels: np.ndarray) -> np.ndarray:
        """bool (n,): on which validation images, given their class indices, it errs."""
        return np.asarray(self.confidences.argmax(1) != labels)


class FineTuning:
    """One training; iterate it for its events.

    Not asking for the next event pauses. Closing the iterator, or cancelling, leaves a checkpoint to go on from.
    `progress.finish()` ends it well: what was learned since the last epoch is judged, the best network is calibrated.

    Args:
        classifier: trained in place.
        data: the images.
        settings: what to do.
        seed: equal seeds on equal machines give equal bits on the processor.
        device: `cpu`, `cuda:<i>` or `mps`.
        checkpoint, model: files to write; where `checkpoint` exists, training goes on from it.
        progress: cancels or finishes; tells batches.
        provenance: goes into the model file.
        candidate: kept as epoch 0 unless an epoch does clearly better on the validation split (see `clearly_better`);
            without such a split it does not count.
    """

    def __init__(self, classifier: Classifier, data: TrainingData, settings: TrainingSettings, *, seed: int,
                 device: str, checkpoint: Path, model: Path, progress: Progress | None = None,
                 provenance: Mapping[str, Any] | None = None, candidate: Candidate | None = None) -> None:
        settings = settings.for_images(len(data.train))
        self.classifier, self.data, self.settings = classifier, data, settings
        self.seed, self.device, self.checkpoint, self.model = seed, device, checkpoint, model
        self.progress, self.provenance = progress, dict(provenance or {})
        self.candidate = candidate if len(data.validation) else None
        self.state = State(settings=settings.to_dict())
        self.worst: list[tuple[int, int, float]] = []
        self.judged = np.zeros((0, len(classifier.classes)), np.float32)
        """Confidences of the validation images after the last epoch, float32 (n, classes)."""
        self._pace, self._judging, self._slept = Pace(), Pace(), 0.0
        self._average: WeightAverage | None = None
        self._augmentation = Augmentation.from_dict(settings.augmentation)
        classifier.set_hyperparameters(**settings.hyperparameters.to_dict())
        if settings.class_balance == "balanced":
            counts = np.bincount(data.train_labels, minlength=len(classifier.classes))
            classifier.set_hyperparameters(class_weights=balanced_weights(counts.tolist()))

    @property
    def batch(self) -> int:
        """Images an update; a training split smaller than the batch size is one batch."""
        h = self.settings.hyperparameters
        return min(h.batch_size * h.batch_size_multiplier, len(self.data.train))

    @property
    def iterations_per_epoch(self) -> int:
        """Updates an epoch; a remainder smaller than a batch is dropped, another one in each epoch."""
        return max(len(self.data.train) // self.batch, 1)

    def __iter__(self) -> Iterator[Event]:
        if not len(self.data.train):
            raise DlguiError("training split", "no image in it", "split the data first")
        if self.checkpoint.exists():
            self._restore()
        else:
            self._begin()
            yield CheckpointWritten(0)
        if self.progress is not None:
            self.progress.task("training", self.iterations_per_epoch * self.settings.epochs)
            self.progress.skip(self.state.iteration)
        try:
            yield from self._train()
        except (GeneratorExit, Cancelled):
            with contextlib.suppress(DlguiError):  # where the disk is full the last checkpoint must do
                self._save()
            raise
        if self.state.best_error is None:
            raise Cancelled("training")  # ended before the first update: there is no network to keep
        yield self._finish()

    @property
    def average(self) -> WeightAverage:
        """The running mean of the weights, which is what is judged and kept."""
        if self._average is None:
            from dlgui.engine.torch_average import WeightAverage

            self._average = WeightAverage(self.classifier.trainer(self.device).module, self.settings.weight_average)
        return self._average

    def _begin(self) -> None:
        if self.candidate is not None:
            wrong = self.candidate.wrong(self.data.validation_labels)
            self.state.best_error, self.state.candidate_wrong = float(wrong.mean()), np.flatnonzero(wrong).tolist()
            self.state.seconds = self.candidate.seconds
            self._write_model(self.state.best_error, self.candidate.classifier)
        self.standardize()
        self._save()

    def standardize(self) -> None:
        """The linear layer takes its input standardized from now on, by what the network gives at first."""
        import torch

        rows = np.random.default_rng(self.seed).permutation(self.data.train)[:STANDARDIZED_ON]
        pooled = self._outputs(rows, pooled=True)
        spread = recipe.spread(pooled, self.classifier.pooling, self.classifier.channels, STANDARDIZED_ON)
        self.classifier.trainer(self.device).module.head.standardize(
            torch.from_numpy(pooled.mean(0)), torch.from_numpy(np.where(spread > 1e-4, spread, 1).astype(np.float32)))

    def _train(self) -> Iterator[Event]:
        saved = time.monotonic()
        while self.state.epoch < self.settings.epochs and not self._stop_early() and not self._stopped():
            for event in self._epoch():
                if self.progress is not None and isinstance(event, BatchDone):
                    self.progress.advance()
                yield event
                if isinstance(event, EpochDone) or time.monotonic() - saved > CHECKPOINT_SECONDS:
                    saved = time.monotonic()
                    if self._save():
                        yield CheckpointWritten(self.state.iteration)
                if self._stopped() and isinstance(event, BatchDone):
                    break
        if self._stopped() and self.state.seen and not self.state.done:
            yield self._end_epoch(self.state.iteration / self.iterations_per_epoch)

    def _stopped(self) -> bool:
        return self.state.done or self._asked_to_finish()

    def _asked_to_finish(self) -> bool:
        return self.progress is not None and self.progress.finishing

    def _epoch(self) -> Iterator[Event]:
        state, count = self.state, self.iterations_per_epoch
        order = np.random.default_rng([self.seed, state.epoch]).permutation(len(self.data.train))
        first = state.iteration - state.epoch * count
        with ThreadPoolExecutor(2, thread_name_prefix="augment") as pool:
            ahead = pool.submit(self._batch, order, first) if first < count else None
            for k in range(first, count):
                assert ahead is not None
                started, parts = time.monotonic(), self.classifier.trainer(self.device).micro_batch
                pixels, labels = ahead.result()
                ahead = pool.submit(self._batch, order, k + 1) if k + 1 < count else None
                yield self._update(pixels, labels, started)
                if self._slept > PAUSE:
                    yield Notice(f"The computer stood still for {self._slept:.0f} s. The training went on where it "
                                 "was: nothing is lost, and that time is not counted.")
                now = self.classifier.trainer(self.device).micro_batch
                if now != parts:
                    yield Notice(f"The memory did not suffice: each batch is now worked off in parts of {now} images, "
                                 "with the same result.")
        yield self._end_epoch()

    def _batch(self, order: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = order[k * self.batch:(k + 1) * self.batch]
        pixels = np.stack([self.data.pixels[row] for row in self.data.train[chosen]])
        if self._augmentation.active:
            pixels = np.stack([augment(image, self._augmentation, np.random.default_rng(
                [self.seed, self.state.epoch, int(i)])) for image, i in zip(pixels, chosen, strict=True)])
        return self.classifier.preprocessing.scale(pixels), self.data.train_labels[chosen]

    def update(self, order: np.ndarray, k: int) -> BatchDone:
        """One weight update, with batch `k` of an order of the training images."""
        return self._update(*self._batch(order, k), time.monotonic())

    def _update(self, scaled: np.ndarray, labels: np.ndarray, started: float) -> BatchDone:
        import torch

        state = self.state
        rate = self.settings.learning_rate(state.iteration / self.iterations_per_epoch)
        self.classifier.set_hyperparameters(learning_rate=max(rate, 1e-12))
        trainer = self.classifier.trainer(self.device)
        trainer.clip_norm = self.settings.clip_norm
        torch.manual_seed((self.seed << 20) + state.iteration)
        result = trainer.step(scaled, labels)
        state.iteration += 1
        self.average.update(state.iteration)
        state.loss_sum += result.loss * result.count
        state.correct += result.correct
        state.seen += result.count
        elapsed = time.monotonic() - started
        seconds = self._pace.add(result.count, elapsed)
        self._slept = elapsed - seconds
        state.seconds += seconds
        state.trained_seconds += seconds
        state.trained_images += result.count
        return BatchDone(state.iteration / self.iterations_per_epoch, state.iteration,
                         self.iterations_per_epoch * self.settings.epochs, result.loss, rate,
                         state.trained_images / max(state.trained_seconds, 1e-9), state.seconds)

    def _end_epoch(self, fraction: float | None = None) -> EpochDone:
        with self.average.applied():
            return self._judge(fraction)

    def _judge(self, fraction: float | None) -> EpochDone:
        state, started = self.state, time.monotonic()
        loss, train_error = state.loss_sum / state.seen, 1 - state.correct / state.seen
        error, tie, wrong = None, loss, np.zeros(0, bool)
        if len(self.data.validation):
            logits = self.logits(self.data.validation)
            wrong = logits.argmax(1) != self.data.validation_labels
            error = float(wrong.mean())
            temperature = fit_temperature(logits, self.data.validation_labels)
            tie = cross_entropy(logits / np.float32(temperature), self.data.validation_labels)
            self.worst = _worst(logits, self.data.validation_labels)
            self.judged = softmax(logits)
        state.epoch += 1
        judged = error if error is not None else train_error
        best = self._is_best(judged, tie, wrong)
        if best:
            state.best_error, state.best_loss = judged, tie
            state.best_epoch = state.epoch
        state.loss_sum, state.correct, state.seen = 0.0, 0, 0
        rate = self.settings.learning_rate(state.iteration / self.iterations_per_epoch)
        state.seconds += self._judging.add(1, time.monotonic() - started)
        if best:
            self._write_model(error)
        return EpochDone(state.epoch if fraction is None else fraction, state.iteration, loss, train_error, error, rate,
                         state.seconds, best, state.best_epoch, state.best_error)

    def _is_best(self, error: float, loss: float, wrong: np.ndarray) -> bool:
        state = self.state
        if state.best_error is None:
            return True
        if not state.best_epoch:  # the candidate still holds
            held = np.zeros(len(wrong), bool)
            held[state.candidate_wrong] = True
            return clearly_better(wrong, held)
        return (error, loss) < (state.best_error, state.best_loss)

    def logits(self, rows: np.ndarray) -> np.ndarray:
        """float32 (n, classes) of rows of the data, by the network as it is now."""
        return self._outputs(rows)

    def _outputs(self, rows: np.ndarray, pooled: bool = False) -> np.ndarray:
        """Logits, or the pooled figures (n, length)."""
        import torch

        trainer = self.classifier.trainer(self.device)
        module, scale, parts = trainer.module, self.classifier.preprocessing.scale, []
        example = torch.from_numpy(scale(self.data.pixels[rows[:1]])).permute(0, 3, 1, 2).to(self.device)
        module.eval()
        with torch.inference_mode(), trainer.frozen_normalization(example):
            for start in range(0, len(rows), EVALUATION_BATCH):
                pixels = np.stack([self.data.pixels[row] for row in rows[start:start + EVALUATION_BATCH]])
                x = torch.from_numpy(scale(pixels)).permute(0, 3, 1, 2).to(self.device)
                parts.append((module.pooled(module.maps(x)) if pooled else module(x)).float().cpu().numpy())
        return np.concatenate(parts)

    def _stop_early(self) -> bool:
        patience = self.settings.early_stopping
        return bool(patience) and self.state.epoch - self.state.best_epoch >= patience

    def _write_model(self, error: float | None, classifier: Classifier | None = None) -> None:
        classifier = classifier or self.classifier
        classifier.provenance = self.provenance
        classifier.metrics = {"best_epoch": self.state.best_epoch, "validation_top1_error": error}
        write_model(classifier, self.model)

    def _finish(self) -> Finished:
        state = self.state
        error = state.best_error if len(self.data.validation) else None
        if not state.done:
            if state.best_epoch and len(self.data.validation):
                best = read_model(self.model)
                self.classifier.set_weights(best.backbone_weights(), best.head, frozen=False)
                logits = self.logits(self.data.validation)
                best.set_head(*best.head, fit_temperature(logits, self.data.validation_labels))
                write_model(best, self.model)
            state.done = True
            self._average = None
            self._save()
        reason = "epochs"
        if state.iteration < self.settings.epochs * self.iterations_per_epoch:
            reason = "stopped" if self._asked_to_finish() else "early stopping"
        return Finished(reason, state.best_epoch, error, state.seconds,
                        state.trained_images / max(state.trained_seconds, 1e-9))

    def _save(self) -> bool:
        return checkpoint.write(self.checkpoint, self.state, self.classifier.trainer(self.device), self.average)

    def _restore(self) -> None:
        state = checkpoint.read(self.checkpoint, self.classifier.trainer(self.device), self.average)
        self.state = replace(state, settings=self.settings.to_dict())


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean cross-entropy of logits (n, classes) for class indices (n,)."""
    shifted = logits - logits.max(1, keepdims=True)
    return float((np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(labels)), labels]).mean())


def _worst(logits: np.ndarray, labels: np.ndarray, most: int = WORST) -> list[tuple[int, int, float]]:
    """The samples that speak most against the network: position, predicted class, confidence of the true class."""
    confidences = softmax(logits)
    own = confidences[np.arange(len(labels)), labels]
    return [(int(i), int(logits[i].argmax()), float(own[i])) for i in np.argsort(own, kind="stable")[:most]]
