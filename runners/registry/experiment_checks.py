"""Checks of one experiment: its module keeps the contract and knows no theory, its grid and its tiers make sense."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from runners.registry import grid
from runners.registry.files import data_sets, is_path
from runners.registry.loaded import LoadedRegistry
from runners.registry.lookup import Lookup
from runners.registry.mistakes import KeyPath, Mistake, suggestion
from runners.registry.names import PROJECT, ROOT, UnresolvedName
from runners.registry.schema import AxisValue, Experiment, Where
from runners.registry.sealable import check_sealable
from runners.registry.syntax import source
from runners.rule.looks import FEWEST_CLUSTERS

CONTRACT = {"prepare": "setting, seeds", "measure": "setting, state"}
FRAMEWORKS = {"jax", "jaxlib", "torch", "tensorflow"}
_WHOLE_NUMBER = re.compile(r"(?<![\w.^*/-])\d+(?![\w.^*/]*\d)")


def check_experiment(lookup: Lookup, name: str, experiment: Experiment) -> Iterator[Mistake]:
    """Everything that is wrong with an experiment."""
    path: KeyPath = ("experiments", name)
    yield from _check_module(lookup, (*path, "module"), experiment)
    yield from _check_clusters(lookup, path, experiment)
    yield from _check_reads(lookup, (*path, "reads"), experiment)
    yield from _check_grid(lookup, (*path, "grid"), experiment)
    yield from _check_kinds(lookup, (*path, "grid"), experiment)
    if experiment.size is not None:
        yield from _check_size(lookup, (*path, "size"), experiment.size)
    for tier in experiment.tiers:
        yield from _check_tier(lookup, (*path, "tiers", tier), name, experiment, tier)


def restated_constants(registry: LoadedRegistry) -> Iterator[Mistake]:
    """Numbers in what an observable means that are a constant of some tier: the text is wrong once that changes.

    Not 0, 1 and 2, which mean themselves far more often.
    """
    for name, experiment in registry.experiments.items():
        constants = {
            str(value): constant
            for tier in experiment.tiers.values()
            for constant, value in tier.constants.items()
            if value not in (0, 1, 2)
        }
        for observable, declared in experiment.observables.items():
            for number in _WHOLE_NUMBER.findall(declared.means):
                if number in constants:
                    path = ("experiments", name, "observables", observable, "means")
                    remedy = f"name it instead: `{constants[number]}`"
                    yield registry.mistake(path, f"says {number}, which is the constant {constants[number]}", remedy)


def check_where(lookup: Lookup, path: KeyPath, experiment: str, where: Where) -> Iterator[Mistake]:
    """Axes and values that the experiment's grid does not have, and selections that are empty."""
    registry, known = lookup.registry, lookup.axes(experiment)
    mistaken = False
    for axis, wanted in where.items():
        if axis not in known:
            mistaken = True
            yield registry.mistake((*path, axis), f"{experiment} has no axis {axis}", suggestion(axis, known))
            continue
        for value in grid.listed(wanted):
            if grid.identity(value) not in known[axis]:
                mistaken = True
                problem = f"{value!r} is no value of the axis {axis} in {experiment}"
                yield registry.mistake((*path, axis), problem, suggestion(value, list(known[axis].values())))
    if not mistaken and lookup.conditions(experiment, None) and not lookup.conditions(experiment, None, where):
        problem = f"selects no condition of {experiment}: its grid never combines these values"
        yield registry.mistake(path, problem, "add the combination to the grid, or select another")


def check_function(
    lookup: Lookup, path: KeyPath, dotted: str, arguments: str, *, instead: str = "module:function"
) -> Iterator[Mistake]:
    """A name that leads to no function, or to one that does not take these `arguments`, as `(setting, given)`."""
    registry = lookup.registry
    if ":" not in dotted:
        yield registry.mistake(path, f"{dotted!r} names no function", f"write {instead}")
        return
    try:
        resolved = lookup.resolve(dotted)
    except UnresolvedName as error:
        yield registry.mistake(path, error.problem, error.remedy, sets_aside=error.broken)
        return
    taken = arguments.count(",") + 1
    if not resolved.takes(taken):
        positional = "two positional arguments" if taken == 2 else "one positional argument"
        problem = f"{resolved.function} in {resolved.file} does not take {positional}"
        yield registry.mistake(path, problem, f"define {resolved.function}{arguments}")
    if resolved.unfinished:
        problem = f"{resolved.place} is still to be filled in"
        yield registry.mistake(path, problem, f"write {resolved.function}{arguments}", sets_aside=True)


def check_folders(lookup: Lookup) -> Iterator[Mistake]:
    """Folders of registries that would hide the project's own packages, as they are searched first."""
    for file in lookup.registry.files:
        folder = Path(file).resolve().parent
        if str(folder) in lookup.registry.search_path and folder != ROOT:
            for package in sorted(PROJECT):
                if (folder / package).is_dir() or (folder / f"{package}.py").is_file():
                    problem = f"its folder holds {package}, which would hide the project's own"
                    yield Mistake(str(file), 1, 1, "", problem, "rename it, or move the registry to another folder")


def _check_module(lookup: Lookup, path: KeyPath, experiment: Experiment) -> Iterator[Mistake]:
    registry, module = lookup.registry, experiment.module
    if ":" in module:
        yield registry.mistake(path, f"{module} names a function", f"name the module only: {module.partition(':')[0]}")
        return
    try:
        for function, arguments in CONTRACT.items():
            resolved = lookup.resolve(f"{module}:{function}")
            if not resolved.takes(2):
                problem = f"{function} in {resolved.file} does not take two positional arguments"
                yield registry.mistake(path, problem, f"define {function}({arguments})")
            if resolved.unfinished:
                problem = f"{resolved.place} is still to be filled in"
                yield registry.mistake(path, problem, f"write {function}({arguments})", sets_aside=True)
        yield from _check_independence(lookup, path, module)
        yield from check_sealable(lookup, path, module, declared=experiment.reads)
    except UnresolvedName as error:
        yield registry.mistake(path, error.problem, error.remedy, sets_aside=error.broken)


def _check_size(lookup: Lookup, path: KeyPath, dotted: str) -> Iterator[Mistake]:
    """A size is told when a report is made, by whoever reads records: nobody should wait for a framework then."""
    yield from check_function(lookup, path, dotted, "(setting)")
    module = dotted.partition(":")[0]
    try:
        frameworks = sorted(lookup.third_party(module) & FRAMEWORKS)
    except UnresolvedName:  # it was told of
        return
    if frameworks:
        problem = f"{module} imports {' and '.join(frameworks)}, itself or through what it imports"
        yield lookup.registry.mistake(path, problem, "count the parameters from the setting, in a module of its own")


def _check_independence(lookup: Lookup, path: KeyPath, module: str) -> Iterator[Mistake]:
    """An experiment knows no theory and nothing of the machinery."""
    registry, files = lookup.registry, lookup.closure(module)
    for loaded, file in files.items():
        seen = "is" if loaded == module else f"imports {loaded}, which is"
        if loaded in lookup.theory_modules:
            problem = f"{seen} where {lookup.theory_modules[loaded]} takes a prediction from"
            yield registry.mistake(path, problem, "an experiment knows no theory; move what both need elsewhere")
        elif loaded.rpartition(".")[2] == "theory":
            remedy = "an experiment knows no theory; return what theories need as given"
            yield registry.mistake(path, f"{seen} a theory", remedy)
        for line, package in source(file).lines_importing({"runners", "leaderboard"}):
            problem = f"{file}:{line} imports {package}, the machinery that runs it"
            yield registry.mistake(path, problem, "an experiment gets all it needs as arguments")


def _check_reads(lookup: Lookup, path: KeyPath, experiment: Experiment) -> Iterator[Mistake]:
    """Names of data sets that nobody knows; a path may lead to what is on other machines only."""
    for number, name in enumerate(experiment.reads):
        if not is_path(name) and name not in data_sets():
            remedy = f"{suggestion(name, data_sets())}; a file's or a folder's name is written as ./{name}"
            yield lookup.registry.mistake((*path, number), f"there is no data set {name}", remedy)


def _check_clusters(lookup: Lookup, path: KeyPath, experiment: Experiment) -> Iterator[Mistake]:
    """What a percentile interval is worth depends on how many independent clusters the data have."""
    resampled, clusters = experiment.replication == "resamples", experiment.clusters
    if resampled and clusters is None:
        problem = "clusters is missing: nobody knows the error of an interval over resamples"
        yield lookup.registry.mistake((*path, "replication"), problem, "add clusters, the number that is resampled")
    elif resampled and clusters is not None and clusters < FEWEST_CLUSTERS:
        problem = f"{clusters} clusters are too few for an honest percentile interval"
        yield lookup.registry.mistake((*path, "clusters"), problem, f"resample at least {FEWEST_CLUSTERS}")
    elif not resampled and clusters is not None:
        problem = f"is given, but replication is {experiment.replication}"
        yield lookup.registry.mistake((*path, "clusters"), problem, "remove it: only resamples have clusters")


def _check_kinds(lookup: Lookup, path: KeyPath, experiment: Experiment) -> Iterator[Mistake]:
    """Axes whose values look alike and are not: 1 and '1', true and yes."""
    for number, axes in enumerate(experiment.grid):
        for axis, values in axes.items():
            if len({_kind(value) for value in values} - {"anything"}) > 1:
                problem = f"mixes numbers, words or truth values that look alike: {values[:6]}"
                yield lookup.registry.mistake((*path, number, axis), problem, "write all with quotes, or none")


def _kind(value: AxisValue) -> str:
    """What an axis value is, or could be taken for; a word as `all` may stand among numbers."""
    if isinstance(value, bool) or str(value).lower() in ("true", "false", "yes", "no", "on", "off"):
        return "truth value" if isinstance(value, bool) else "word"
    try:
        float(value)
    except ValueError:
        return "anything"
    return "word" if isinstance(value, str) else "number"


def _check_grid(lookup: Lookup, path: KeyPath, experiment: Experiment) -> Iterator[Mistake]:
    for number, product in enumerate(experiment.grid):
        for axis, values in product.items():
            here = (*path, number, axis)
            if not values:
                yield lookup.registry.mistake(here, "has no values", "list at least one, or remove the axis")
            seen: dict[tuple, AxisValue] = {}
            for value in values:
                if grid.identity(value) in seen:
                    yield lookup.registry.mistake(here, f"lists {value} twice", "remove one")
                seen[grid.identity(value)] = value
            yield from _check_finite(lookup, here, values)


def _check_tier(lookup: Lookup, path: KeyPath, name: str, experiment: Experiment, tier: str) -> Iterator[Mistake]:
    registry, settings = lookup.registry, experiment.tiers[tier]  # type: ignore[index]
    trials, block, here = settings.trials, settings.block, (*path, "trials")
    if trials != sorted(set(trials)):
        yield registry.mistake(here, f"trials is {trials}, not ascending", f"write {sorted(set(trials))}")
    if uneven := [look for look in trials if look % block]:
        whole = sorted({-(-look // block) * block for look in trials})
        problem = f"{uneven[0]} trials are no whole number of blocks of {block}"
        yield registry.mistake(here, problem, f"set trials: {whole}, or another block")
    if experiment.replication == "none" and trials != [1]:
        problem = f"trials is {trials}, but replication is none: every trial would be the same"
        yield registry.mistake(here, problem, "set trials: [1] and block: 1")
    if experiment.replication == "resamples" and len(trials) > 1:
        problem = f"trials is {trials}, but resamples are looked at once"
        yield registry.mistake(here, problem, "keep one look")
    if not settings.judged and (len(trials) > 1 or settings.draws):
        problem = "is not judged, but has " + (f"{len(trials)} looks" if len(trials) > 1 else f"{settings.draws} draws")
        yield registry.mistake((*path, "judged"), problem, "keep one look and no draws, or remove judged: false")
    axes = grid.axes(experiment)
    for constant, value in settings.constants.items():
        if constant in axes:
            problem = f"{constant} is an axis of the grid, too"
            yield registry.mistake((*path, "constants", constant), problem, "rename or remove one of them")
        yield from _check_finite(lookup, (*path, "constants", constant), [value])
    yield from check_where(lookup, (*path, "where"), name, settings.where)


def _check_finite(lookup: Lookup, path: KeyPath, values: list[AxisValue]) -> Iterator[Mistake]:
    if any(isinstance(value, float) and not math.isfinite(value) for value in values):
        problem = "is infinite, which records cannot hold"
        yield lookup.registry.mistake(path, problem, "use a large number, or a word that the experiment knows")
