"""The machinery: registry -> blocks -> Ray -> records -> verdicts.

registry/    what is claimed: loading, checking, conditions
measuring/   planning: the blocks of each condition; dispatch: measure, judge, draw more where undecided; executors,
             ray_tasks: where blocks run; worker: one block; faults, limits, stopping: what can become of it
records/     blocks and their identity, the store, trials as judging reads them, seals
judging/     judge: claims against trials; verdicts: the rule; intervals: its four sources of evidence; contests, scores
reporting/   verdicts as data and text
upkeep/      joining, verifying and pruning stores
calibration/ the rule on synthetic trials
authoring/   drafts of claims, trials on exploring seeds, notebooks
commands/    the command line
"""
