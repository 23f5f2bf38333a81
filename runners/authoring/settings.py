"""Settings of one's own: a claim at values of axes and constants that nobody wrote into the registry.

Nothing of the claim changes but where it looks; its controls stay where they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from runners.registry import grid
from runners.registry.loaded import LoadedRegistry
from runners.registry.lookup import folded_axis
from runners.registry.schema import AxisValue, Claim, Experiment, Range

Settings = Mapping[str, Sequence[AxisValue]]
"""Values by axis or constant; several only of an axis."""


class UnknownSetting(ValueError):
    """There is no such axis or constant, or it does not take these values; the message says what there is."""


def parsed(text: str) -> tuple[str, list[AxisValue]]:
    """`width=128`, `width=32,64`, and `width=32:256` for doublings or `width=32:256:4` for so many, evenly in the log.

    Raises UnknownSetting for anything else.
    """
    name, equals, written = text.partition("=")
    if not (name and equals and written):
        raise UnknownSetting(f"{text!r} is no setting; write axis=value, as in width=128")
    if ":" not in written:
        return name, [_scalar(value) for value in written.split(",")]
    try:
        low, high, *count = [float(part) for part in written.split(":")]
        if not 0 < low < high or len(count) > 1 or (count and count[0] < 2):
            raise ValueError
    except ValueError:
        raise UnknownSetting(
            f"{text!r} is no range; write axis=low:high with 0 < low < high, or low:high:count"
        ) from None
    steps = int(count[0]) - 1 if count else 0
    values = [low * (high / low) ** (i / steps) for i in range(steps + 1)] if steps else [low]
    while not steps and values[-1] * 2 <= high * (1 + 1e-9):
        values.append(values[-1] * 2)
    whole = low.is_integer() and high.is_integer()
    return name, list(dict.fromkeys(round(value) if whole else value for value in values))


def with_settings(registry: LoadedRegistry, name: str, settings: Settings) -> LoadedRegistry:
    """The registry with one claim looking at these values. Raises UnknownSetting."""
    claim = registry.claims[name]
    assert isinstance(claim, Claim)
    experiment = registry.experiments[claim.experiment]
    axes = grid.axes(experiment)
    for key, values in settings.items():
        _check(experiment, key, values, axes)
        if key == folded_axis(claim) and len(values) < 2:
            raise UnknownSetting(f"{name} looks along {key}: give at least two values, as in {key}=32,64")
    along = {key: list(values) for key, values in settings.items() if key in axes}
    constants = {key: values[0] for key, values in settings.items() if key not in axes}
    products = [
        {axis: [*values, *along.get(axis, [])] for axis, values in product.items()} for product in experiment.grid
    ]
    tiers = {
        tier: it.model_copy(
            update={
                "constants": {**it.constants, **constants},
                "where": {axis: [*grid.listed(wanted), *along.get(axis, [])] for axis, wanted in it.where.items()},
            }
        )
        for tier, it in experiment.tiers.items()
    }
    return replace(
        registry,
        experiments={
            **registry.experiments,
            claim.experiment: experiment.model_copy(update={"grid": products, "tiers": tiers}),
        },
        claims={**registry.claims, name: claim.model_copy(update={"where": {**claim.where, **along}})},
    )


def beyond_domain(registry: LoadedRegistry, name: str, settings: Settings) -> list[str]:
    """A sentence for each value at which the claim's domain does not reach; none without a domain."""
    found = registry.domain(name)
    told = []
    for key, values in settings.items() if found else ():
        written = found[1].axes.get(key)  # type: ignore[index]
        if isinstance(written, Range):
            low, high = written.between
            outside = [it for it in values if not (isinstance(it, int | float) and low <= it <= high)]
            reach = f"{low:g} to {high:g}"
        else:
            outside = [it for it in values if written and grid.identity(it) not in map(grid.identity, written)]
            reach = ", ".join(map(str, written or ()))
        if outside:
            told.append(f"{key} = {', '.join(map(str, outside))} lies outside the domain of {name} ({reach})")
    return told


def _check(
    experiment: Experiment, key: str, values: Sequence[AxisValue], axes: Mapping[str, Sequence[AxisValue]]
) -> None:
    constants = {constant: value for it in experiment.tiers.values() for constant, value in it.constants.items()}
    if key not in axes and key not in constants:
        close = get_close_matches(key, [*axes, *constants], n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise UnknownSetting(
            f"{experiment.module} has no axis or constant {key!r}; {hint}axes: {', '.join(axes)}; "
            f"constants: {', '.join(constants) or 'none'}"
        )
    if key not in axes and len(values) > 1:
        raise UnknownSetting(f"{key} is a constant of the tier: give one value")
    known = axes[key] if key in axes else [constants[key]]
    kinds = {grid.identity(value)[0] for value in known}
    wrong = [value for value in values if grid.identity(value)[0] not in kinds]
    if wrong:
        raise UnknownSetting(f"{key} takes a {' or a '.join(sorted(kinds))}, as {known[0]!r}; {wrong[0]!r} is none")


def _scalar(text: str) -> AxisValue:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text
