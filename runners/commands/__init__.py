"""The command line: one file a command, imported when it is called."""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
import traceback

import click

from runners.printable import printable
from runners.records.damage import Damaged, DamagedLock, UnreadableReport
from runners.registry.mistakes import RegistryError
from tollens import __version__

COMMANDS = {
    "new": "Begin a claim: entry, theory and test, with what is to be filled in marked.",
    "try": "Try a claim: a few trials in seconds, predicted beside measured, and whether the controls fail.",
    "sweep": "Try claims along axes of their experiments: where does the law hold, and where not?",
    "run": "Measure what undecided claims need, judge, and print the verdicts.",
    "judge": "Judge the stored records again, without measuring anything.",
    "list": "List the claims, or the experiments, one a line.",
    "show": "Show one claim: statement, formula, conditions, predictions, last verdict. Or one experiment.",
    "why": "Say what decided a verdict, and what would change it.",
    "rerun": "Measure a recorded block again, in this process, and compare its bits.",
    "check": "Check the registry and say what is wrong, and what to do.",
    "lock": "Seal the claims as they stand, before they are measured.",
    "challenge": "Search a claim's domain for a setting in which the law fails.",
    "fit-scaling": "Fit a scaling law to runs of your own: exponents, best split of compute, forecasts.",
    "advise": "Say what the laws say for your optimiser, width, batch, and what they were found to be worth.",
    "epoch": "List, announce and open epochs, from which seeds and draws derive.",
    "compare": "Compare two runs: verdicts that held, flipped or moved, claims that came or went.",
    "merge": "Join stores: copy what one of them lacks.",
    "board": "Build the board, a folder of static pages.",
    "export": "Write a claim's figure and its numbers as files, for a paper or a slide.",
    "calibrate": "Test the tests: the whole rule on synthetic trials whose truth is known.",
    "verify": "Check every record of a store: altered, cut off, duplicated, made by other code.",
    "store": "Say what a store holds; prune what no claim uses.",
    "doctor": "Say what this machine has and what is wrong with it.",
    "data": "List, fetch and verify the data sets that are not shipped.",
    "schema": "Print the JSON schema of the registry, or of reports.",
}
MODULES = {"try": "trying", "fit-scaling": "fit_scaling"}
"""Where a command's name is no name for a module."""


class LazyGroup(click.Group):
    """A group whose commands' modules are imported only when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return importlib.import_module(f"runners.commands.{MODULES.get(cmd_name, cmd_name)}").command

    def invoke(self, ctx: click.Context):
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # a terminal that lacks a character shows another one
        try:
            return super().invoke(ctx)
        except Damaged as error:
            click.echo(printable(error), err=True)
            ctx.exit(3)
        except (DamagedLock, UnreadableReport, RegistryError) as error:
            click.echo(printable(error), err=True)
            ctx.exit(2)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (click.Abort, KeyboardInterrupt):
            ctx.exit(128 + signal.SIGINT)
        except BrokenPipeError:  # whoever read has read enough; what Python still wants to write goes nowhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(3)
        except Exception:  # Python's own code for it is 1, which says that a verdict contradicts the literature
            traceback.print_exc()
            ctx.exit(3)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]):
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else f" There are: {', '.join(COMMANDS)}."
            raise click.UsageError(f"No command {args[0]!r}.{hint}", ctx) from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tollens")
def main() -> None:
    """Tests the quantitative claims of deep-learning theory: predicts, measures, judges, and keeps the record."""
