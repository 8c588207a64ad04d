"""What the advisers found, in words with figures and intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dlgui.gui.words import shortened
from dlgui.project.operations.advice import ClassForecast, DataForecast, SizeAdvice
from dlgui.project.operations.repeats import Difference, Repetition

Translate = Callable[[str], str]


def points(share: float) -> str:
    """A share as a figure in percent with one decimal, no sign."""
    return f"{100 * share:.1f}"


def of_sizes(found: SizeAdvice, tr: Translate) -> str:
    """The conclusion of the input-size adviser."""
    by_size = {r.size: r for r in found.results}
    best, proposed = by_size[found.best], by_size[found.proposed]
    low, high = best.error_interval
    text = tr("Fewest errors at {size} px: {wrong} of {images} images wrong ({error} %, interval {low} … {high} %)."
              ).format(
        size=best.size, wrong=best.wrong, images=best.images, error=points(best.wrong / best.images), low=points(low),
        high=points(high))
    if found.proposed == found.best:
        text += " " + tr("No faster size is surely as good: use {size} px.").format(size=best.size)
        if any(r.wrong == best.wrong and r.size != best.size for r in found.results):
            text += " " + tr("Other sizes err as rarely here and are slower.")
        return text
    faster = proposed.images_per_second / max(best.images_per_second, 1e-9)
    text += " " + tr("{size} px is {faster:.1f} times as fast and at most {most} points worse (95 %); the difference "
                     "of {difference} points {chance}: use {size} px.").format(
        size=proposed.size, faster=faster, most=points(max(found.difference_interval[1], 0)),
        difference=points(found.difference), chance=tr("may be chance") if found.p_value > 0.05
        else tr("is more than chance"))
    return text


def of_class(found: ClassForecast, more: int, tr: Translate) -> str:
    """The forecast of one class."""
    f = found.forecast
    wrong = f"{f.wrong:.1f}".removesuffix(".0")
    if f.verdict == "helps":
        return tr("{more} more: error {now} % → about {then} % ({low} … {high} %).").format(
            more=more, now=points(f.now), then=points(f.then), low=points(f.then_interval[0]),
            high=points(f.then_interval[1]))
    if f.verdict == "saturated":
        return tr("Saturated: {more} more gain at most {high} points.").format(more=more,
                                                                              high=points(f.gain_interval[1]))
    if f.images < 10:
        return tr("Cannot tell: only {n} images to test on.").format(n=f.images)
    if not f.wrong:
        return tr("Cannot tell: none of {n} images is wrong now.").format(n=f.images)
    return tr("Cannot tell: {wrong} of {n} wrong; {more} more gain between {low} and {high} points.").format(
        wrong=wrong, n=f.images, more=more, low=points(f.gain_interval[0]), high=points(f.gain_interval[1]))


def of_forecast(found: DataForecast, tr: Translate) -> str:
    """The conclusion of the data forecast."""
    helping = [c.name for c in found.classes if c.forecast.verdict == "helps"]
    text = tr("Now {error} % of {images} images are wrong in cross-validation.").format(
        error=points(found.error), images=found.images) + " "
    if helping:
        text += tr("Collect first: {names}.").format(names=_names(helping[:5]))
    elif any(c.forecast.verdict == "saturated" for c in found.classes):
        text += tr("More images of the same kind would bring little; look at the wrong ones, their labels and the "
                   "input size instead.")
    else:
        text += tr("For no class can it be shown that more images help; that is not proof that they would not.")
    if found.left_out:
        text += " " + tr("Without a curve, for too few images or errors: {names}.").format(
            names=_names(found.left_out[:8]) + (
                tr(" and {n} more").format(n=len(found.left_out) - 8) if len(found.left_out) > 8 else ""))
    return text


def _names(classes: Sequence[str]) -> str:
    return ", ".join(shortened(name, 36) for name in classes)


def of_repetition(found: Repetition, tr: Translate) -> str:
    """What came of repeating a run."""
    name = found.original.name or found.original.id
    if found.again is None and found.difference is not None:
        return tr("Nothing was trained: the data are not those of {run}. {difference}").format(
            run=name, difference=of_difference(found.difference, tr))
    if found.same:
        text = tr("The same result, to the last bit: every loss, every error and every weight of {run}.").format(
            run=name)
        if found.environment is not None:
            text += " " + tr("And that although {difference}").format(
                difference=of_difference(found.environment, tr))
        return text
    assert found.difference is not None
    text = tr("Not the same. First difference: {difference}").format(difference=of_difference(found.difference, tr))
    if found.environment is not None:
        text += " " + tr("A likely reason: {difference}").format(difference=of_difference(found.environment, tr))
    elif found.difference.what == "ended by":
        text += " " + tr("A run that was stopped by hand cannot be repeated exactly.")
    elif found.original.device != "cpu":
        text += " " + tr("GPUs add up in changing order; only the processor repeats exactly.")
    return text


def of_difference(found: Difference, tr: Translate) -> str:
    """One difference."""
    return tr("{what} was {then}, is now {now}.").format(what=found.what, then=found.then, now=found.now)
