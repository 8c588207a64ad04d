"""A project in a script: every step of the window by one call, images by path and classes by name.

These are the lines that the journal shows. Each call goes through the same operations as the window's clicks, is in
the journal, and can be undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dlgui.errors import DlguiError
from dlgui.project.operations import (
    additions,
    cards,
    classes,
    corrections,
    costs,
    evaluations,
    exchange,
    images,
    labels,
    runs,
    splits,
)
from dlgui.project.project import Project


class ProjectScript:
    """A project with its steps as methods; a context manager. Use `create` or `open`.

    Raises (every method): `DlguiError` where a path, a class or a run is not in the project.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._places: dict[str, str] = {}
        """Where added images are in this project, by where they were in the one that the lines tell of."""

    @classmethod
    def create(cls, folder: str | Path, image_root: str | Path, source: str = "last_folder") -> ProjectScript:
        """A new project over an image folder; see `Project.create`."""
        return cls(Project.create(folder, image_root, source))

    @classmethod
    def open(cls, folder: str | Path) -> ProjectScript:
        """An existing project."""
        return cls(Project.open(folder))

    def close(self) -> None:
        """Closes it; everything is on disk already."""
        self.project.close()

    def __enter__(self) -> ProjectScript:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- images

    def relocate(self, folder: str | Path) -> None:
        """Tells the project where the image folder is now."""
        images.relocate(self.project, folder)

    def rescan(self, source: str | None = None, overwrite: bool = False) -> None:
        """Looks at the image folder again; labels of the source replace those that are there only if asked for."""
        images.import_folder(self.project, source, overwrite=overwrite)

    def label(self, given: Mapping[str, str | None] | Sequence[str], name: str | None = None) -> None:
        """Gives images a class: a mapping of path to class, or paths and one class; None takes the label away."""
        pairs = given if isinstance(given, Mapping) else dict.fromkeys(given, name)
        ids = {info.name: info.id for info in self.project.classes()}
        wanted = {path: None if name is None else ids.get(name, -1) for path, name in pairs.items()}
        missing = next((pairs[path] for path, i in wanted.items() if i == -1), None)
        if missing is not None:
            classes.find(self.project, missing)  # raises, and names the classes that there are
        labels.assign_many(self.project, dict(zip(self._ids(list(wanted)), wanted.values(), strict=True)))

    def correct(self, given: Mapping[str, str | None], comments: Mapping[str, str] | None = None) -> None:
        """Takes over what somebody marked in a report: path to class, and path to what was said about it."""
        comments = comments or {}
        corrections.accept(self.project, [
            corrections.Proposal(path, image, None, None, name, comments.get(path, ""))
            for (path, name), image in zip(given.items(), self._ids(list(given)), strict=True)])

    def flag(self, paths: Sequence[str], on: bool = True) -> None:
        """Marks images for later."""
        labels.flag(self.project, self._ids(paths), on)

    def exclude(self, paths: Sequence[str], on: bool = True) -> None:
        """Leaves images out of training and evaluation."""
        labels.exclude(self.project, self._ids(paths), on)

    def note(self, paths: Sequence[str], text: str) -> None:
        """Writes a note on images."""
        labels.note(self.project, self._ids(paths), text)

    def add_images(self, given: Mapping[str, str]) -> None:
        """Takes files into the data set: path (absolute, or relative to the image root) to class."""
        root = self.project.require_image_root()
        found = additions.add_files(self.project, [(root / path, name) for path, name in given.items()])
        self._places.update(found.places)

    def import_data(self, source: str | Path, kind: str | None = None, by_file: bool = False) -> None:
        """Takes over what a data set says about the images; see `exchange.import_dataset`."""
        exchange.import_dataset(self.project, source, kind, by_file=by_file)

    # --- classes

    def add_class(self, name: str) -> None:
        """A new class at the end."""
        classes.add(self.project, name)

    def rename_class(self, name: str, to: str) -> None:
        """Another name for a class."""
        classes.rename(self.project, self._class(name), to)

    def recolour_class(self, name: str, colour: str) -> None:
        """Another colour, `#rrggbb`."""
        classes.recolour(self.project, self._class(name), colour)

    def set_shortcut(self, name: str, key: str | None) -> None:
        """A key for a class."""
        classes.set_shortcut(self.project, self._class(name), key)

    def reorder_classes(self, names: Sequence[str]) -> None:
        """Another order, naming every class once."""
        classes.reorder(self.project, [self._class(name) for name in names])

    def merge_classes(self, names: Sequence[str], into: str) -> None:
        """Gives the images of some classes to another."""
        classes.merge(self.project, [self._class(name) for name in names], self._class(into))

    def delete_class(self, name: str) -> None:
        """Deletes a class; its images lose their label."""
        classes.delete(self.project, self._class(name))

    # --- splits, runs

    def split(self, train: float = 70.0, validation: float = 15.0, seed: int = 42, group_by: str | None = None,
              overwrite: bool = False, together: str = "exact") -> None:
        """A stratified split; see `splits.plan`."""
        splits.split(self.project, train, validation, seed, group_by, overwrite, together)

    def assign_split(self, paths: Sequence[str], subset: str | None) -> None:
        """Puts images into one subset by hand."""
        splits.assign(self.project, self._ids(paths), subset)

    def assign_splits(self, given: Mapping[str, str | None]) -> None:
        """Puts each image into its own subset: path to subset."""
        ids = self._ids(list(given))
        splits.assign_each(self.project, dict(zip(ids, given.values(), strict=True)))

    def lock_test_split(self, locked: bool = True) -> None:
        """Lets no image enter or leave the test split."""
        splits.lock_test(self.project, locked)

    def train(self, network: str, method: str, *, seed: int = 42, device: str = "auto",
              preprocessing: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None,
              pretrained: bool = True) -> str:
        """Trains and returns the run's name (`run-001`).

        Args:
            network, method, seed, device, pretrained: see `plans.Plan`.
            preprocessing: fields of `Preprocessing`.
            settings: of a fine-tuning; fields of `TrainingSettings`.
        """
        from dlgui.project.operations import plans, training

        more = dict(preprocessing or {})
        width, height = more.pop("width", None), more.pop("height", None)
        if width == height:
            size = width
        else:
            size, more = None, {**more, "width": width, "height": height}
        plan = plans.Plan(network=network, method=method, image_size=size, seed=seed, device=device,
                             settings=dict(settings or {}), preprocessing=more, pretrained=pretrained)
        return training.train(self.project, plan).id

    def resume(self, run: str, learning_rate: float | None = None) -> None:
        """Goes on with a training that was left, with another learning rate if wanted; one that is done stays as it
        is."""
        from dlgui.project.operations import training

        chosen = runs.get(self.project, run)
        if chosen.state != "done":
            for _ in training.execute(self.project, training.resume(self.project, chosen, learning_rate)):
                pass

    def evaluate(self, run: str | None = None, split: str = "test") -> dict[str, Any]:
        """The figures of a run on a subset, as `dlgui evaluate --json` prints them."""
        from dlgui.engine.evaluation import evaluate

        chosen = runs.get(self.project, run)
        document = evaluate(evaluations.predict(self.project, chosen, split)).to_json()
        evaluations.record(self.project, chosen, split, document)
        return document

    def rename_run(self, run: str, name: str) -> None:
        """A name for a run."""
        runs.rename(self.project, runs.get(self.project, run), name)

    def note_run(self, run: str, text: str) -> None:
        """Writes a note on a run."""
        runs.note(self.project, runs.get(self.project, run), text)

    def delete_runs(self, names: Sequence[str]) -> None:
        """Takes runs off the list."""
        runs.delete_many(self.project, [runs.get(self.project, name) for name in names])

    def set_costs(self, error: float = 1.0, unsure: float = 0.2,
                  own: Mapping[tuple[str, str], float] | None = None) -> None:
        """What errors cost: any, no answer, and (answer, truth) that have a cost of their own."""
        costs.put(self.project, costs.Costs(error, unsure, dict(own or {})))

    def store_rule(self, run: str, thresholds: Sequence[float] | None, costs: Mapping[str, Any] | None = None,
                   false_alarm_rate: float | None = None) -> None:
        """Gives a run's model its rule for when not to answer.

        Args:
            run: whose model.
            thresholds: least confidence of each class, in the model's order; None takes the rule away.
            costs: what they were proposed for (`rejection.Costs.to_dict`); by default the project's.
            false_alarm_rate: share of familiar images, 0…1, that may be called unknown; None calls none so.
        """
        from dlgui.engine.rejection import Costs
        from dlgui.project.operations import rejection

        chosen, rule = runs.get(self.project, run), None
        if thresholds is not None:
            evidence = rejection.gather(self.project, chosen)
            paid = evidence.costs if costs is None else Costs.from_dict(costs, len(chosen.classes))
            rule = rejection.rule(evidence, paid, false_alarm_rate, thresholds)
        rejection.store(self.project, chosen, rule)

    def intended_use(self, text: str) -> None:
        """What the classifier is for."""
        cards.set_intended_use(self.project, text)

    # --- what leaves

    def export_model(self, run: str, format: str, file: str | Path, int8: bool = False) -> None:
        """Writes a run's model; see `exports.prepare` for the formats."""
        from dlgui.project.operations import exports

        chosen = runs.get(self.project, run)
        exports.save(self.project, chosen, exports.prepare(self.project, chosen, format, int8=int8), file)

    def export_report(self, run: str, file: str | Path) -> None:
        """Writes a run's report as one HTML page."""
        from dlgui.project.operations import reports

        reports.write(self.project, runs.get(self.project, run), file)

    def export_card(self, run: str, file: str | Path) -> None:
        """Writes a run's model card as Markdown."""
        from dlgui.project.operations import reports

        reports.write_card(self.project, runs.get(self.project, run), file)

    def export_script(self, run: str, file: str | Path) -> None:
        """Writes what a run saw and did as a script over `dlgui.halcon`."""
        from dlgui.project.operations import scripts

        scripts.write(self.project, file, runs.get(self.project, run))

    def export_data(self, kind: str, folder: str | Path, images: str = "copy") -> None:
        """Writes the data set in another program's form; see `exchange.export_dataset`."""
        exchange.export_dataset(self.project, kind, folder, images)

    def pack(self, file: str | Path, images: bool = False) -> None:
        """Writes the whole project into one file."""
        from dlgui.project.operations import archive

        archive.pack(self.project, file, images)

    def _ids(self, paths: Sequence[str]) -> list[int]:
        table = self.project.images()
        row_of = table.row_of_path
        paths = [path if path in row_of else self._places.get(path, path) for path in paths]
        missing = next((path for path in paths if path not in row_of), None)
        if missing is not None:
            raise DlguiError(missing, "no such image in the project", "name it relative to the image folder")
        return [int(table.id[row_of[path]]) for path in paths]

    def _class(self, name: str) -> int:
        return classes.find(self.project, name).id
