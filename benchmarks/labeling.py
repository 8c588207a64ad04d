"""Keystrokes and clicks per image that a person needs to label a folder: one by one, and with what dlgui offers.

python benchmarks/labeling.py [FOLDER] [--labels last_folder] [--images 1000] [--overlook 0.02] [--seed 0]

A simulated person knows every label and works through the same pages that the window shows (`suggest_pages`). Counted:
each key (a class key, Enter) and each click that marks an image. `--overlook` is the share of mistakes on a page that
the person does not notice; those stay wrong in the end.

one by one    a class key an image; the window goes on by itself
confident     after two labels a class: pages of the surest suggestions; click and class key for each wrong one, then
              Shift+Enter
pages         after two labels a class: pages of one class; click what does not belong, then one key; the marked ones
              come next, a key each; what no such page wants any more comes from the most doubtful, a key each
similar       as pages, but begins without any label: groups of similar images where most are of one class
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from common import heading

from dlgui.gui.data.suggest_pages import SIZE, Page, Pages
from dlgui.project.demo import demo_images
from dlgui.project.operations import embeddings, labels
from dlgui.project.operations.suggestions import similar, suggest
from dlgui.project.project import Project


@dataclass
class Person:
    """Labels as it knows, counts what it does."""

    project: Project
    truth: dict[int, int]
    overlook: float
    random: np.random.Generator
    keys: int = 0
    clicks: int = 0
    pages: int = 0
    refits: list[float] = field(default_factory=list)

    def give(self, wanted: dict[int, int]) -> None:
        """Writes labels (class indices)."""
        ids = [info.id for info in self.project.classes()]
        if wanted:
            labels.assign_many(self.project, {i: ids[k] for i, k in wanted.items()})

    def notices(self, wrong: list[int]) -> list[int]:
        """Those of the mistakes that it sees."""
        return [i for i in wrong if self.random.random() >= self.overlook]

    def all_but(self, page: Page, label: int) -> list[int]:
        """Marks what is not `label`, labels the rest with one key; gives the marked."""
        marked = self.notices([i for i in page.ids if self.truth[i] != label])
        self.clicks += len(marked)
        self.keys += 1
        self.pages += 1
        self.give({i: label for i in page.ids if i not in marked})
        return marked

    def learn(self, pages: Pages) -> None:
        """What the window does after every commit."""
        start = time.perf_counter()
        pages.suggestions = suggest(self.project, pages.suggestions)
        self.refits.append(time.perf_counter() - start)

    def left(self) -> list[int]:
        """Images without a label."""
        table = self.project.images()
        return [int(i) for i in table.id[table.usable & (table.label < 0)]]


def one_by_one(person: Person) -> None:
    """A class key an image."""
    for image in person.left():
        person.give({image: person.truth[image]})
        person.keys += 1


def begin(person: Person) -> None:
    """Labels images in random order until each class has two."""
    counts = np.zeros(max(person.truth.values()) + 1, int)
    for image in person.random.permutation(person.left()).tolist():
        if (counts >= 2).all():
            return
        counts[person.truth[image]] += 1
        person.give({image: person.truth[image]})
        person.keys += 1


def confident(person: Person) -> None:
    """Pages of suggestions, the surest first."""
    begin(person)
    pages = Pages()
    while person.left():
        person.learn(pages)
        page = pages.next("confident", person.project.images())
        suggested = {i: pages.suggestions.of(i)[0] for i in page.ids}
        wrong = person.notices([i for i in page.ids if suggested[i] != person.truth[i]])
        person.clicks += len(wrong)
        person.keys += len(wrong) + 1
        person.pages += 1
        person.give(suggested | {i: person.truth[i] for i in wrong})


def by_pages(person: Person) -> None:
    """Pages of one class, then the doubtful."""
    begin(person)
    pages = Pages()
    while person.left():
        person.learn(pages)
        page = pages.next("class", person.project.images())
        if len(page.ids) >= 8 and page.label is not None:
            pages.refuse(person.all_but(page, page.label), page.label)
            continue
        if page.kind != "marked":
            page = pages.next("doubtful", person.project.images())
        person.keys += len(page.ids)
        person.pages += 1
        person.give({i: person.truth[i] for i in page.ids})


def from_similar(person: Person) -> None:
    """Groups of similar images until every class has two labels, then pages."""
    pages = Pages()
    pages.groups = similar(person.project, SIZE)
    for _ in range(len(pages.groups)):
        table = person.project.images()
        if (np.bincount(table.label[table.label >= 0], minlength=len(table.class_names)) >= 2).all():
            break
        page = pages.next("similar", table)
        pages.pass_over(page.ids)
        found = np.bincount([person.truth[i] for i in page.ids], minlength=1)
        if found.max() >= 0.8 * len(page.ids) > 0:
            person.all_but(page, int(found.argmax()))
        else:
            person.keys += 1  # skipped
    by_pages(person)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--labels", default="last_folder")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--overlook", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    root = arguments.folder or demo_images()
    heading(f"labeling {root.parent.name if root.name == 'images' else root.name}, at most {arguments.images} images")
    with tempfile.TemporaryDirectory() as folder, Project.create(Path(folder) / "p", root, arguments.labels) as project:
        table = project.images()
        random = np.random.default_rng(arguments.seed)
        away = random.permutation(table.id)[arguments.images:].tolist()
        labels.exclude(project, away)
        table = project.images()
        kept = table.usable & (table.label >= 0)
        truth = {int(i): int(k) for i, k in zip(table.id[kept], table.label[kept], strict=True)}
        start = time.perf_counter()
        embeddings.embeddings(project)
        print(f"{len(truth)} images, {len(project.classes())} classes; features once: "
              f"{time.perf_counter() - start:.0f} s\n")
        print(f"{'':12} {'keys':>6} {'clicks':>6} {'per image':>9} {'pages':>6} {'label accuracy':>14} "
              f"{'refit, median and worst':>24}")
        for name, way in (("one by one", one_by_one), ("confident", confident), ("pages", by_pages),
                          ("similar", from_similar)):
            labels.assign(project, list(truth), None)
            person = Person(project, truth, arguments.overlook, np.random.default_rng(arguments.seed))
            way(person)
            table = project.images()
            right = np.mean([truth[int(i)] == k for i, k in zip(table.id, table.label, strict=True) if int(i) in truth])
            refits = f"{np.median(person.refits):.2f} s  {max(person.refits):.2f} s" if person.refits else "–"
            print(f"{name:12} {person.keys:6} {person.clicks:6} {(person.keys + person.clicks) / len(truth):9.3f} "
                  f"{person.pages:6} {100 * right:12.2f} % {refits:>24}", flush=True)


if __name__ == "__main__":
    main()
