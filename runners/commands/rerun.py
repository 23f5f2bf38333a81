"""tollens rerun"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from runners.commands.options import INCOMPLETE, USAGE, load_registry, registry_option, store_option
from runners.measuring.profiles import THREADS


@click.command("rerun")
@click.argument("record")
@click.option("--trial", type=click.IntRange(0), help="The trial to show, numbered as its repeat; default: the first.")
@click.option("--pdb", "debug", is_flag=True, help="Where it raises an exception, enter the debugger.")
@store_option
@registry_option
def command(record: str, trial: int | None, debug: bool, store: str, extra: tuple[Path, ...]) -> None:
    """Measure a recorded block again, in this process, and compare the bits with the record's.

    RECORD is the name of a record or of a failure (its beginning suffices), or a record's file. Nothing is stored. Exit
    code 0 if the bits are the same, 3 if they are not, or if it crashes.
    """
    file = Path(record)
    if file.suffix == ".json" and file.exists():
        record, store = file.stem, str(file.resolve().parents[2])
    os.environ.update(dict.fromkeys(THREADS, str(_threads(store, record))))  # before numpy is loaded
    registry = load_registry(extra)

    from runners.measuring.rerunning import NoSuchRecord, block_of, changes, find
    from runners.measuring.worker import compute
    from runners.records.store import Store

    try:
        found = find(Store(store), record)
    except NoSuchRecord as error:
        click.echo(str(error), err=True)
        sys.exit(USAGE)
    block = block_of(found, registry)
    shown = block.repeats.start if trial is None else trial
    if shown not in block.repeats:
        raise click.UsageError(f"it holds the trials {block.repeats.start} to {block.repeats.stop - 1}, not {shown}")
    click.secho(block.label, bold=True)
    click.echo(f"constants {dict(block.constants)}; {block.precision}, threads: {block.threads}, {block.purpose} seeds")
    for change in changes(found, block):
        click.echo(f"note: {change}", err=True)
    try:
        given, observables = compute(block)
    except Exception:
        import traceback

        traceback.print_exc()
        if debug:
            import pdb

            pdb.post_mortem(sys.exc_info()[2])
        sys.exit(INCOMPLETE)
    _show(registry, block, given, observables, shown)
    sys.exit(_compare(found, given, observables, shown - block.repeats.start, shown))


def _show(registry, block, given, observables, trial: int) -> None:
    from runners.measuring.rerunning import claims_on, compared

    at = trial - block.repeats.start
    click.echo(f"trial {trial}, seed {block.seeds[at]}")
    for title, arrays in (("given", given), ("observed", observables)):
        for name, array in arrays.items():
            value = f"{array[at]:.9g}" if array.ndim == 1 else f"array {array.shape[1:]}"
            click.echo(f"  {title:9} {name} = {value}")
    for name in claims_on(registry, block):
        click.echo(f"  {name}: {compared(registry.falsifiable[name], block, given, observables, at)}")


def _compare(found, given, observables, at: int, trial: int) -> int:
    from runners.measuring.rerunning import differing

    if found.record is None:
        click.echo(f"It failed before ({found.failure}), now it did not; `tollens run --retry-failed` measures it.")
        return 0
    different = differing(found.record, given, observables)
    if not different:
        trials = len(next(iter(observables.values())))
        click.echo(f"Same bits as the record, in trial {trial} and in all {trials} trials.")
        return 0
    here = differing(found.record, given, observables, at)
    click.echo(f"Other bits than the record in {', '.join(different)}; in trial {trial}: {', '.join(here) or 'none'}.")
    machine = {key: found.record.provenance.get(key) for key in ("host", "cpu", "platform")}
    click.echo(f"It was measured on {machine}: last bits may depend on the machine, verdicts must not.")
    return INCOMPLETE


def _threads(store: str, record: str) -> int:
    """How many threads a record in a local store was computed with."""
    for file in Path(store).glob(f"records/*/{record}*.json"):
        try:
            return int(json.loads(file.read_text())["specification"]["threads"])
        except (ValueError, KeyError):
            break  # a damaged record: whoever reads it will say so
    return 1
