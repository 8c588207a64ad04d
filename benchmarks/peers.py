"""The peers that benchmarks train: fastai's `fine_tune`, and a plain torch loop; same backbone, same weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

SIDE, BATCH = 224, 32


def pretrained_lite0() -> tuple[Any, Any]:
    """timm's module with the ImageNet weights, and its entry in the registry."""
    import timm

    from dlgui.engine import networks, torch_weights

    info = networks.info("efficientnet_lite0")
    whole = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    torch_weights.load_lite(whole, info)
    return whole, info


def fastai_learner(files: list[Path], labels: np.ndarray, split: np.ndarray, seed: int,
                   after_epoch: Callable[[Callable[[], float]], None] | None = None) -> Any:
    """A fastai learner as its documentation builds one: head with dropout and two linear layers, `aug_transforms`.

    Args:
        files, labels: all images; split: 0 training, 1 validation, 2 test.
        seed: of everything random.
        after_epoch: called after every epoch with a function that gives the accuracy on the test split.
    """
    import torch
    from fastai.vision.all import (
        Callback,
        CategoryBlock,
        CrossEntropyLossFlat,
        DataBlock,
        ImageBlock,
        IndexSplitter,
        Learner,
        Normalize,
        Resize,
        aug_transforms,
        create_head,
        params,
        set_seed,
    )

    set_seed(seed)
    whole, info = pretrained_lite0()
    body = torch.nn.Sequential(whole.conv_stem, whole.bn1, *whole.blocks, whole.conv_head, whole.bn2)
    model = torch.nn.Sequential(body, create_head(1280, int(labels.max()) + 1))
    used = np.flatnonzero(split < 2) if (split == 1).any() else np.arange(len(files))
    place = {int(i): k for k, i in enumerate(used)}
    held = np.flatnonzero(split == (1 if (split == 1).any() else 2))
    block = DataBlock((ImageBlock, CategoryBlock(vocab=list(range(int(labels.max()) + 1)))),
                      get_items=lambda _: used.tolist(), get_x=lambda i: files[i], get_y=lambda i: int(labels[i]),
                      splitter=IndexSplitter([place[int(i)] for i in held]), item_tfms=Resize(SIDE),
                      batch_tfms=[*aug_transforms(), Normalize.from_stats(info.mean, info.std)])
    loaders = block.dataloaders(None, bs=BATCH, num_workers=0)
    test = np.flatnonzero(split == 2)

    class Told(Callback):
        def after_epoch(self) -> None:
            if after_epoch is not None:
                after_epoch(lambda: test_accuracy(self.learn))

    def test_accuracy(learner: Any) -> float:
        batches = loaders.test_dl(test.tolist(), bs=BATCH, num_workers=0)
        model.eval()
        with torch.inference_mode():
            best = np.concatenate([model(x).argmax(1).numpy() for (x,) in batches])
        return float((best == labels[test]).mean())

    learner = Learner(loaders, model, loss_func=CrossEntropyLossFlat(), cbs=[Told()],
                      splitter=lambda m: [params(m[0]), params(m[1])])
    learner.remove_cbs([cb for cb in learner.cbs
                        if type(cb).__name__ == "ProgressCallback"])
    learner.logger = lambda *_: None
    return learner


def torch_loop(files: list[Path], labels: np.ndarray, split: np.ndarray, seed: int,
               epochs: int) -> Iterator[Callable[[], float]]:
    """A plain loop: last maps averaged into one linear layer, AdamW 1e-3 with cosine decay, flips.

    Yields:
        after every epoch, a function that gives the accuracy on the test split.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    from dlgui.engine.loading import load_batches
    from dlgui.engine.preprocessing import Preprocessing

    torch.manual_seed(seed)
    whole, info = pretrained_lite0()
    body = nn.Sequential(whole.conv_stem, whole.bn1, *whole.blocks, whole.conv_head, whole.bn2)
    model = nn.Sequential(body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, int(labels.max()) + 1))
    used = np.flatnonzero(split != 1)
    batches = load_batches([files[i] for i in used], Preprocessing(SIDE, SIDE), BATCH)
    pixels = np.concatenate([loaded.pixels for loaded in batches])
    place = {int(i): k for k, i in enumerate(used)}
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (info.mean, info.std))

    def batch(indices: np.ndarray) -> torch.Tensor:
        x = torch.from_numpy(np.stack([pixels[place[int(i)]] for i in indices])).permute(0, 3, 1, 2)
        return (x.float() / 255 - mean) / std

    train, test = np.flatnonzero(split == 0), np.flatnonzero(split == 2)
    steps = len(train) // BATCH
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps * epochs)
    random = np.random.default_rng(seed)

    def accuracy() -> float:
        model.eval()
        with torch.inference_mode():
            best = np.concatenate([model(batch(test[i:i + BATCH])).argmax(1).numpy()
                                   for i in range(0, len(test), BATCH)])
        return float((best == labels[test]).mean())

    for _ in range(epochs):
        model.train()
        order = random.permutation(train)
        for k in range(steps):
            chosen = order[k * BATCH:(k + 1) * BATCH]
            x = batch(chosen)
            if random.random() < 0.5:
                x = x.flip(3)
            loss = functional.cross_entropy(model(x), torch.from_numpy(labels[chosen].astype(np.int64)))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        yield accuracy
