"""Every parameter of a training, declared once: forms are built from this table and checked by it.

The names are those of `Plan`, `TrainingSettings`, `Hyperparameters`, `Augmentation` and `Preprocessing`; where the old
operators call one otherwise, `operator_name` says how. Defaults come from those classes, so that there is one truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dlgui.engine.augmentation import MIRRORS, MODERN, Augmentation
from dlgui.engine.hyperparameters import BATCH_NORMS, SOLVERS
from dlgui.engine.networks import NetworkInfo
from dlgui.engine.preprocessing import DOMAINS, RESIZES, Preprocessing
from dlgui.engine.settings import BALANCES, POLICIES, POOLED, TrainingSettings
from dlgui.errors import InvalidValue

SECTIONS = ("image", "learning", "classes", "augmentation")


@dataclass(frozen=True)
class Parameter:
    """One parameter.

    Attributes:
        name: unique name.
        title: for people.
        section: one of `SECTIONS`.
        target: `plan`, `preprocessing` or `settings`: where its value goes.
        kind: `whole`, `number`, `choice` or `switch`.
        default: value.
        about: one sentence that says what it is.
        raising: what raising it does; for a choice, what speaks for which.
        simple: whether it is shown before someone asks for all.
        low, high: range of numbers, both allowed.
        unit: of numbers.
        off: a value and the word that is shown for it.
        choices: (value, word) pairs of a choice.
        factor: a step multiplies by this; 0 where steps add `step`.
        step: see `factor`.
        operator_name: of the operator or procedure parameter, where it differs from `name`.
        both: whether quick training uses it too.
    """

    name: str
    title: str
    section: str
    target: str
    kind: str
    default: Any
    about: str
    raising: str
    simple: bool = False
    low: float = 0
    high: float = 0
    unit: str = ""
    off: tuple[Any, str] | None = None
    choices: tuple[tuple[Any, str], ...] = ()
    factor: float = 0
    step: float = 1
    operator_name: str = ""
    both: bool = False

    @property
    def allowed(self) -> str:
        """The range in words, without the unit."""
        if self.kind == "choice":
            return ", ".join(str(value) for value, _ in self.choices)
        if self.kind == "switch":
            return "on or off"
        return f"{'a whole number' if self.kind == 'whole' else 'a number'} {self.range_with('')}"

    def range_with(self, unit: str) -> str:
        """The range of a number in words, with a unit."""
        text = f"from {self.low:.10g} to {self.high:.10g}" + (f" {unit}" if unit else "")
        return text if self.off is None or self.off[0] == self.low else f"{text}, or '{self.off[1]}'"

    def shown(self, value: Any) -> str:
        """A value as a form shows it: words of choices, numbers as short as they are exact."""
        if self.off is not None and value == self.off[0]:
            return self.off[1]
        if self.kind == "choice":
            return dict(self.choices).get(value, str(value))
        if self.kind == "switch":
            return "on" if value else "off"
        return str(value) if self.kind == "whole" else f"{value:.10g}"

    def parse(self, text: str) -> Any:
        """The value that a person typed. Raises `InvalidValue` where it is none, or out of range."""
        text = text.strip()
        if self.off is not None and text.lower() == self.off[1].lower():
            return self.off[0]
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            raise InvalidValue(self.title, text, self.allowed) from None
        if self.kind == "whole" and value == int(value if abs(value) < 1e15 else 0):
            value = int(value)
        return self.check(value)

    def check(self, value: Any) -> Any:
        """`value` if it is allowed. Raises `InvalidValue`."""
        if self.off is not None and value == self.off[0] and not isinstance(value, bool):
            return value
        if self.kind == "choice":
            good = any(value == allowed and type(value) is type(allowed) for allowed, _ in self.choices)
        elif self.kind == "switch":
            good = isinstance(value, bool)
        else:
            numeric = isinstance(value, int) if self.kind == "whole" else isinstance(value, (int, float))
            good = numeric and not isinstance(value, bool) and self.low <= value <= self.high
        if not good:
            raise InvalidValue(self.title, value, self.allowed)
        return value

    def stepped(self, value: Any, steps: int) -> Any:
        """A value some steps up or down, within the range."""
        if self.off is not None and isinstance(value, str):
            value = self.high if steps < 0 else self.low
        if self.factor:
            moved = (value or self.low or 10.0 ** -6) * self.factor ** steps
            moved = float(f"{moved:.2g}")
        else:
            moved = round(value + steps * self.step, 10)
        moved = min(max(moved, self.low), self.high)
        return round(moved) if self.kind == "whole" else moved


_SETTINGS, _UPDATE, _CHANGE, _INPUT = (TrainingSettings(), TrainingSettings().hyperparameters,
                                       Augmentation.from_dict(TrainingSettings().augmentation), Preprocessing())


def _default(name: str) -> Any:
    for of in (_UPDATE, _SETTINGS, _CHANGE, _INPUT):
        if hasattr(of, name):
            return getattr(of, name)
    raise KeyError(name)


def _whole(name: str, title: str, section: str, low: int, high: int, about: str, raising: str,
           **more: Any) -> Parameter:
    default = more.pop("default") if "default" in more else _default(name)
    return Parameter(name, title, section, more.pop("target", "settings"), "whole", default, about, raising, low=low,
                     high=high, **more)


def _number(name: str, title: str, section: str, low: float, high: float, about: str, raising: str,
            **more: Any) -> Parameter:
    default = more.pop("default") if "default" in more else _default(name)
    return Parameter(name, title, section, more.pop("target", "settings"), "number", default, about, raising, low=low,
                     high=high, **more)


def _choice(name: str, title: str, section: str, words: Mapping[Any, str], about: str, raising: str,
            **more: Any) -> Parameter:
    return Parameter(name, title, section, more.pop("target", "settings"), "choice", _default(name), about, raising,
                     choices=tuple(words.items()), **more)


def _switch(name: str, title: str, section: str, about: str, raising: str, **more: Any) -> Parameter:
    default = more.pop("default") if "default" in more else _default(name)
    return Parameter(name, title, section, more.pop("target", "settings"), "switch", default, about, raising, **more)


_POLICY_WORDS = dict(zip(POLICIES, ("cosine: up, then gently down", "one cycle: far up, then to nothing",
                                    "steps: times a factor every few epochs", "constant"), strict=True))
_MIRROR_WORDS = dict(zip(MIRRORS, ("off", "automatic", "upside down (r)", "left and right (c)", "both, at random (rc)",
                                   "both, at random (cr)"), strict=True))
_MODERN_WORDS = dict(zip(MODERN, ("none", "TrivialAugment", "RandAugment", "AutoAugment", "AugMix"), strict=True))

TABLE: tuple[Parameter, ...] = (
    # --- image
    _number("budget", "Time to choose", "image", 0, 86400, "So long networks are tried before the best is taken.",
            "Raising it lets larger networks be tried; the smallest always is.", default=60.0, unit="s", step=30,
            target="plan", simple=True, both=True),
    _whole("image_size", "Image size", "image", 15, 4096,
           "Width, and height unless that is given, to which every image is brought.",
           "Raising it shows smaller details and costs time with the square of it.", default=0, unit="px",
           off=(0, "automatic"), step=32, target="plan", simple=True, both=True, operator_name="image_width"),
    _whole("image_height", "Image height", "image", 15, 4096, "Height where the input shall not be square.",
           "Raising it keeps details of tall images; time grows in proportion.", default=0, unit="px",
           off=(0, "as the width"), step=32, target="preprocessing", both=True),
    _choice("resize", "Fitting", "image", dict(zip(RESIZES, ("stretch", "fit, with a border", "cut the centre"),
                                                   strict=True)),
            "How an image of another shape is brought to the size.",
            "Stretch sees everything but distorts; fit keeps the shape; cut drops the edges.", target="preprocessing",
            both=True),
    _switch("contrast_normalization", "Contrast normalization", "image",
            "Stretches the gray values of every image to the full range.",
            "On evens out exposure, and hides classes that differ in brightness.", target="preprocessing", both=True),
    _choice("channels", "Channels", "image", {3: "colour", 1: "gray"}, "What the network is given of each image.",
            "Gray makes the classifier blind to colour, which helps where colour misleads.", target="preprocessing",
            both=True, operator_name="image_num_channels"),
    _choice("domain", "Domain", "image", dict(zip(DOMAINS, ("the whole image", "the unmasked part"), strict=True)),
            "Which part of an image with a mask is used; files have none, arrays given by a script may.",
            "The unmasked part enlarges the object; the whole image keeps its surroundings.", target="preprocessing",
            both=True, operator_name="domain_handling"),
    _number("range_min", "Black is", "image", -1e4, 1e4, "The gray value that stands for black in network input.",
            "No effect on accuracy: the network undoes it; programs that feed arrays rely on it.", step=1,
            target="preprocessing", both=True, operator_name="image_range_min"),
    _number("range_max", "White is", "image", -1e4, 1e4, "The gray value that stands for white in network input.",
            "No effect on accuracy: the network undoes it; it must lie above black.", step=1, target="preprocessing",
            both=True, operator_name="image_range_max"),
    _whole("seed", "Seed", "image", 0, 2 ** 31 - 1,
           "Start of everything random; equal seeds give equal trainings on the processor.",
           "Another number is another draw: useful to see how much is chance.", default=42, target="plan", both=True),
    _switch("pretrained", "Start from ImageNet", "image",
            "Starts from weights that know a million pictures instead of random ones.",
            "Off needs many thousand images and hours.", default=True, target="plan", both=True),
    # --- learning
    _whole("epochs", "Epochs", "learning", 1, 10000, "How often training goes through all training images.",
           "Raising it learns longer; the time grows in proportion, and small data may be learned by heart.",
           off=(0, "automatic"), simple=True),
    _whole("batch_size", "Batch size", "learning", 1, 4096, "Images whose errors are averaged for one step.",
           "Raising it smooths the steps and needs more memory; fewer steps are made in an epoch.", unit="images",
           factor=2, simple=True),
    _number("learning_rate", "Learning rate", "learning", 1e-7, 100, "How far one step goes against the error.",
            "Raising it learns faster until training becomes restless and at last diverges.", factor=1.5, simple=True),
    _whole("early_stopping", "Early stopping", "learning", 1, 10000,
           "Epochs without a better validation error after which training ends.",
           "Raising it waits longer for late progress; the best network is kept in any case.", default=0,
           unit="epochs", off=(0, "never"), simple=True),
    _choice("policy", "Learning-rate policy", "learning", _POLICY_WORDS,
            "How the learning rate changes from the first epoch to the last.",
            "Cosine suits most; one cycle bears larger rates; steps are the old examples' way."),
    _number("warm_up", "Warm-up", "learning", 0, 100,
            "Epochs during which the rate climbs to its full value (cosine and steps).",
            "Raising it is gentler to the pretrained weights and leaves less time at full rate.", unit="epochs",
            step=0.5),
    _whole("step_epochs", "Epochs a step", "learning", 1, 10000,
           "After so many epochs the step policy changes the rate.", "Raising it keeps the rate high for longer."),
    _number("step_ratio", "Factor a step", "learning", 0, 1, "What the step policy multiplies the rate by.",
            "Raising it towards 1 lowers the rate more gently.", step=0.05),
    _choice("solver_type", "Solver", "learning", dict(zip(SOLVERS, ("SGD with momentum", "AdamW"), strict=True)),
            "The rule that turns gradients into steps.",
            "AdamW forgives an unsuitable rate; SGD wants a larger one (about 0.001 … 0.01)."),
    _number("momentum", "Momentum", "learning", 0, 0.9999, "Share of the last step that is kept in the next.",
            "Raising it smooths and speeds up, and overshoots when near 1.", step=0.05),
    _number("weight_prior", "Weight prior", "learning", 0, 100, "Strength with which weights are drawn towards zero.",
            "Raising it works against learning by heart, and at last against learning.", factor=2),
    _whole("batch_size_multiplier", "Batch multiplier", "learning", 1, 1024,
           "Batches whose gradients are averaged before a step.",
           "Raising it imitates a larger batch where memory is short; steps become fewer.", factor=2),
    _number("head_learning_rate_factor", "Rate of the last layer", "learning", 0, 1e4,
            "The last layer learns so many times faster than the pretrained ones.",
            "Raising it adapts the layer sooner; one that starts from the quick solution needs little.", unit="×",
            factor=1.5),
    _choice("batch_norm", "Normalization layers", "learning",
            dict(zip(BATCH_NORMS, ("keep their statistics", "adapt their statistics"), strict=True)),
            "Whether the statistics of normalization layers follow the images.",
            "Keeping suits small batches and alike images; adapting suits large, varied data."),
    _whole("stages", "Stages", "learning", 1, 1000, "So many stages of the network are used, counted from the image.",
           "Raising it sees larger things and costs time; defects of a few pixels need few stages.",
           off=(0, "automatic")),
    _choice("pooled_stages", "What the last layer sees", "learning",
            dict(zip(POOLED, ("every stage of the network", "the last stage alone"), strict=True)),
            "The maps whose mean and maximum feed the last layer.",
            "Every stage also finds what is a few pixels small; the last alone is the textbook's way."),
    _number("weight_average", "Mean of the weights", "learning", 0, 0.9999,
            "The network that is judged and kept is a running mean, of which so much stays at each step.",
            "Raising it calms a restless training and follows later; 0.97 is the mean of about the last 33 steps.",
            off=(0, "off"), step=0.01),
    _number("clip_norm", "Gradient limit", "learning", 0, 1e6, "Longest gradient of a step; longer ones are shortened.",
            "Raising it lets unusual images pull harder; lowering it calms a restless training.", off=(0, "none"),
            step=1),
    _switch("warm_start", "Start from the quick solution", "learning",
            "The last layer starts from the closed-form solution instead of zero.",
            "On gives a good first epoch, and wants a small rate, or the layers below are torn apart."),
    # --- classes
    _choice("class_balance", "Class weights", "classes",
            dict(zip(BALANCES, ("all images count alike", "rare classes count more"), strict=True))
            | {"own": "own weights"},
            "How much the images of each class count in the loss.",
            "More weight for a class finds more of it, and mistakes more of the others for it.", simple=True,
            operator_name="class_weights"),
    # --- augmentation
    _choice("mirror", "Mirror", "augmentation", _MIRROR_WORDS, "Flips rows (r) or columns (c) of training images.",
            "More flips make the classifier blind to handedness; automatic flips where a quick classifier, which has "
            "seen none, knows flipped images too.", simple=True),
    _whole("rotate_range", "Turn by up to", "augmentation", 1, 180, "Turns by a random whole number of degrees.",
           "Raising it makes the classifier blind to orientation and cuts the corners off.", unit="°", off=(0, "off"),
           step=5, simple=True),
    _number("brightness_variation", "Brightness", "augmentation", 0, 255,
            "Adds one random gray value of up to ± this to an image.",
            "Raising it makes the classifier blind to exposure.", unit="gray values", off=(0, "off"), step=5,
            simple=True),
    _choice("modern", "Policy", "augmentation", _MODERN_WORDS,
            "A ready mixture of many changes for every image, as torchvision has it.",
            "TrivialAugment is the safest of them; all need more epochs.", simple=True),
    _number("augmentation_percentage", "Changed images", "augmentation", 1, 100,
            "Share of the images that get one of the old methods.",
            "Raising it shows fewer images as they are.", unit="%", step=10),
    _number("rotate", "Turn in steps of", "augmentation", 0, 180, "Turns by a random multiple of this angle.",
            "Larger steps mean fewer positions: 90 keeps the image whole, 180 turns upside down.", unit="°",
            off=(0, "off"), step=45),
    _number("crop_percentage", "Cut to share", "augmentation", 1, 100,
            "Cuts out a random part with this share of width and height.",
            "Raising it towards 100 cuts less off.", unit="%", off=("off", "off"), step=5),
    _whole("crop_pixel", "Cut to square", "augmentation", 1, 4096, "Cuts out a random square of this side.",
           "Raising it cuts less off; from the image size on nothing.", unit="px", off=("off", "off"), step=16),
    _number("brightness_variation_spot", "Light spot", "augmentation", 0, 255,
            "Adds a bright or dark spot of up to ± this at a random place.",
            "Raising it makes the classifier blind to uneven light.", unit="gray values", off=(0, "off"), step=5),
    _number("contrast", "Contrast", "augmentation", 0, 1, "Changes contrast by a random factor of 1 ± this.",
            "Raising it makes the classifier blind to contrast.", off=(0, "off"), step=0.1),
    _number("saturation", "Saturation", "augmentation", 0, 1, "Changes colourfulness by a random factor of 1 ± this.",
            "Raising it makes the classifier rely less on strong colours.", off=(0, "off"), step=0.1),
    _number("hue", "Hue", "augmentation", 0, 0.5, "Shifts all colours by up to this share of the colour circle.",
            "Raising it makes the classifier blind to colour: leave off where colour tells classes apart.",
            off=(0, "off"), step=0.05),
    _number("blur", "Blur", "augmentation", 0, 10, "Blurs by a random Gaussian of up to this deviation.",
            "Raising it makes the classifier blind to focus, and to fine defects.", unit="px", off=(0, "off"),
            step=0.5),
    _number("noise", "Noise", "augmentation", 0, 100, "Adds Gaussian noise with a deviation of up to this.",
            "Raising it makes the classifier blind to a grainy camera, and to fine texture.", unit="gray values",
            off=(0, "off"), step=2),
    _number("zoom", "Zoom", "augmentation", 0, 0.95,
            "Cuts out a random part of at least 1 − this of the area and enlarges it.",
            "Raising it makes the classifier blind to size and place.", off=(0, "off"), step=0.1),
    _number("grayscale", "To gray", "augmentation", 0, 1, "Turns an image gray with this probability.",
            "Raising it makes the classifier rely less on colour.", off=(0, "off"), step=0.1),
    _number("erase", "Erase", "augmentation", 0, 1, "Blanks a random rectangle with this probability.",
            "Raising it makes the classifier look at more than one place.", off=(0, "off"), step=0.1),
)

BY_NAME: dict[str, Parameter] = {parameter.name: parameter for parameter in TABLE}


def defaults() -> dict[str, Any]:
    """Name → default of every parameter."""
    return {parameter.name: parameter.default for parameter in TABLE}


def problems(values: Mapping[str, Any], network: NetworkInfo, method: str) -> dict[str, InvalidValue]:
    """What is wrong with values that were fine each for itself: name of the field → why.

    Args:
        values: name → value, as `defaults` has them.
        network: which network they are for.
        method: `quick` or `finetune`.
    """
    found: dict[str, InvalidValue] = {}
    width, height = values["image_size"], values["image_height"] or values["image_size"]
    size = f"{network.width} × {network.height}"
    if values["image_height"] and not width:
        found["image_height"] = InvalidValue("Image height", values["image_height"],
                                             "it together with an image size, which is the width")
    elif width and network.fixed_size and (width, height) != (network.width, network.height):
        found["image_size"] = InvalidValue("Image size", f"{width} × {height}", f"automatic, or {size}: {network.name} "
                                                                                "has one size only")
    elif width and min(width, height) < network.minimum_size:
        name = "image_size" if width <= height else "image_height"
        found[name] = InvalidValue(BY_NAME[name].title, min(width, height),
                                   f"at least {network.minimum_size} for {network.name}")
    if values["range_min"] >= values["range_max"]:
        found["range_max"] = InvalidValue("White is", values["range_max"], f"a number above {values['range_min']:g}")
    if method == "finetune" and values["policy"] in ("cosine", "step") and 0 < values["epochs"] < values["warm_up"]:
        found["warm_up"] = InvalidValue("Warm-up", values["warm_up"], f"at most {values['epochs']}, the epochs")
    return found


def split_values(values: Mapping[str, Any], method: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Values as `Plan` takes them: (own arguments, settings, preprocessing); only those that differ from the defaults.

    `class_balance` = `own` stays with whoever has the weights.
    """
    own: dict[str, Any] = {"image_size": values["image_size"] or None, "seed": values["seed"],
                           "pretrained": values["pretrained"]}
    if values["budget"] != BY_NAME["budget"].default:
        own["budget"] = values["budget"]
    changed = {name: value for name, value in values.items() if value != BY_NAME[name].default}
    preprocessing = {n: v for n, v in changed.items() if BY_NAME[n].target == "preprocessing" and n != "image_height"}
    if values["image_height"]:
        preprocessing |= {"width": values["image_size"], "height": values["image_height"]}
    settings = {n: v for n, v in changed.items() if BY_NAME[n].target == "settings"} if method == "finetune" else {}
    if settings.get("class_balance") == "own":
        del settings["class_balance"]
    return own, settings, preprocessing


def joined_values(own: Mapping[str, Any], settings: Mapping[str, Any], preprocessing: Mapping[str, Any],
                  ) -> dict[str, Any]:
    """The inverse of `split_values`: a full dictionary, checked one by one.

    Raises:
        InvalidValue: unknown name or a value that is not allowed.
    """
    values = defaults()
    flat: dict[str, Any] = {**settings, **preprocessing, **own}
    weights = flat.pop("class_weights", ())
    flat.update(flat.pop("augmentation", {}))
    flat["image_size"] = flat.get("image_size") or flat.get("width") or 0
    if flat.get("height") and flat["height"] != flat["image_size"]:
        flat["image_height"] = flat["height"]
    for name in ("width", "height"):
        flat.pop(name, None)
    if weights:
        flat["class_balance"] = "own"
    for name, value in flat.items():
        if name not in BY_NAME:
            raise InvalidValue("parameter", name, ", ".join(BY_NAME))
        values[name] = BY_NAME[name].check(value)
    return values

