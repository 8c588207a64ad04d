"""How well heatmaps meet a planted defect: dlgui beside pytorch-grad-cam on the same network and the same images.

python benchmarks/heatmap_quality.py [IMAGES]      pip install 'dlgui[bench,demo]' for the comparison

Into real images of flawless textile, a defect is painted at a random place whose mask is known. A quick training learns
`defect` against `flawless`; on images that it never saw, each map is judged by the share of its energy inside the mask
(widened by 5 pixels) and by the pointing game (the peak within 15 pixels of the mask).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from dlgui.engine import backbones, features, heatmaps, quick
from dlgui.engine.classifier import Classifier
from dlgui.engine.heat_summary import energy_inside, pointing_hit
from dlgui.engine.images import read_image
from dlgui.engine.pooling import Pooling
from dlgui.engine.preprocessing import Preprocessing

EARLY = (1, 3, 4)
"""Stages whose mean alone feeds the other networks: what is known of heatmaps comes from late stages."""

KINDS = ("scratch", "blob", "faded")
Maps = Callable[[list[np.ndarray]], list[np.ndarray]]


def planted(image: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The image with a defect, and where it is: uint8 (H, W, 3), bool (H, W)."""
    height, width = image.shape[:2]
    mask = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(mask)
    y, x = random.integers(height // 6, 5 * height // 6), random.integers(width // 6, 5 * width // 6)
    kind = KINDS[random.integers(len(KINDS))]
    if kind == "scratch":
        angle, length = random.uniform(0, np.pi), random.uniform(25, 55)
        dx, dy = length / 2 * np.cos(angle), length / 2 * np.sin(angle)
        draw.line((x - dx, y - dy, x + dx, y + dy), 255, int(random.integers(3, 6)))
    else:
        a, b = random.uniform(8, 18, 2)
        draw.ellipse((x - a, y - b, x + a, y + b), 255)
    share = np.asarray(mask.filter(ImageFilter.GaussianBlur(1)), np.float32)[..., None] / 255
    defect = image.mean(axis=(0, 1)) if kind == "faded" else image * random.choice([0.45, 1.5])
    return np.clip(image * (1 - share) + defect * share, 0, 255).astype(np.uint8), np.asarray(mask) > 127


def learned(flawless: list[np.ndarray], size: int = 224, seed: int = 0, pooling: Pooling | None = None) -> Classifier:
    """A classifier of `defect` and `flawless`, trained on half the images with a defect planted in them.

    Args:
        flawless: uint8 (H, W, 3) each.
        size: of the network's input.
        seed: of the defects.
        pooling: what the linear layer sees; None lets cross-validation choose, as a quick training does.
    """
    random = np.random.default_rng(seed)
    half = len(flawless) // 2
    images = [planted(i, random)[0] for i in flawless[:half]] + flawless[half:]
    labels = np.array([0] * half + [1] * (len(flawless) - half))
    with tempfile.TemporaryDirectory() as folder:
        samples = []
        for i, image in enumerate(images):
            Image.fromarray(image).save(Path(folder) / f"{i}.png")
            samples.append((f"{i}.png", f"{i:032x}"))
        preprocessing = Preprocessing(size, size)
        found = features.extract("efficientnet_lite0", folder, samples, preprocessing, Path(folder) / "cache")
        fit = quick.fit(found, np.arange(len(images)), labels, 2, backbones.pretrained("efficientnet_lite0").channels,
                        competing=None if pooling is None else {"given": pooling})
    classifier = Classifier.pretrained("efficientnet_lite0", ["defect", "flawless"], preprocessing, fit.pooling)
    classifier.set_head(fit.weight, fit.bias, fit.temperature)
    return classifier


def judged(maps: Maps, images: list[np.ndarray], masks: list[np.ndarray]) -> tuple[float, float, float]:
    """Mean energy inside, share of hits, seconds an image (after one image to warm up)."""
    maps(images[:1])
    start = time.perf_counter()
    found = maps(images)
    seconds = (time.perf_counter() - start) / len(images)
    wide = [np.asarray(Image.fromarray(m).filter(ImageFilter.MaxFilter(11))) for m in masks]
    return (float(np.mean([energy_inside(h, w) for h, w in zip(found, wide, strict=True)])),
            float(np.mean([pointing_hit(h, m) for h, m in zip(found, masks, strict=True)])), seconds)


def ours(classifier: Classifier, method: str) -> Maps:
    """dlgui's maps for `defect`."""
    return lambda images: [h.map for h in heatmaps.explain(classifier, images, method=method,
                                                           targets=["defect"] * len(images))]


def peers(classifier: Classifier) -> dict[str, Maps]:
    """pytorch-grad-cam's maps on the same torch module, at the deepest stage and at all stages that the head uses."""
    import pytorch_grad_cam as peer
    import torch
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    module = classifier.torch_module()
    stages = [module.backbone.stages[i] for i in classifier.pooling.stages]

    def run(kind: type, layers: list[torch.nn.Module]) -> Maps:
        def maps(images: list[np.ndarray]) -> list[np.ndarray]:
            found = []
            with kind(module, layers) as cam:
                for image in images:
                    scaled = classifier.preprocessing.scale(classifier.preprocessing.pixels(image))
                    x = torch.from_numpy(scaled).permute(2, 0, 1)[None]
                    small = cam(x, [ClassifierOutputTarget(0)])[0]
                    found.append(np.asarray(Image.fromarray(small).resize(image.shape[1::-1]), np.float32))
            return found
        return maps
    return {f"{name}, {where}": run(kind, layers)
            for name, kind in (("GradCAM", peer.GradCAM), ("GradCAM++", peer.GradCAMPlusPlus),
                               ("LayerCAM", peer.LayerCAM), ("HiResCAM", peer.HiResCAM))
            for where, layers in (("deepest stage", stages[-1:]), ("all stages", stages))}


def main() -> None:
    """Prints the table."""
    import conformal_clip_data

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", nargs="?", type=int, default=60)
    count = parser.parse_args().images
    folder = Path(conformal_clip_data.__file__).parent / "data" / "textile_images" / "simulated" / "nominal"
    flawless = [read_image(path) for path in sorted(folder.iterdir())[:count + 120]]
    classifier, random = learned(flawless[:120]), np.random.default_rng(1)
    images, masks = (list(x) for x in zip(*(planted(i, random) for i in flawless[120:]), strict=True))
    compare(classifier, images, masks)
    for stage in EARLY:
        compare(learned(flawless[:120], pooling=Pooling(((stage, ("mean",)),))), images, masks)


def compare(classifier: Classifier, images: list[np.ndarray], masks: list[np.ndarray]) -> None:
    """Prints the table of one network."""
    from common import heading

    heading(f"heatmap quality, {len(images)} images with a planted defect")
    print(f"network: efficientnet_lite0, {classifier.pooling.to_list()}")
    print(f"taken for `defect`: {100 * (classifier.predict(images).argmax(1) == 0).mean():.0f} %")
    print(f"a map that is the same everywhere: energy {100 * np.mean([m.mean() for m in masks]):.1f} %\n")
    contenders = {f"dlgui {name}": ours(classifier, name) for name in ("grad_cam", "guided_grad_cam")}
    try:
        contenders |= {f"pytorch-grad-cam {name}": maps for name, maps in peers(classifier).items()}
    except ImportError:
        print("pytorch-grad-cam is not installed: pip install 'dlgui[bench]'\n")
    print(f"{'':44} energy inside   pointing game   ms an image")
    for name, maps in contenders.items():
        energy, hits, seconds = judged(maps, images, masks)
        print(f"{name:44} {100 * energy:9.1f} %   {100 * hits:11.0f} %   {1000 * seconds:9.1f}")


if __name__ == "__main__":
    main()
