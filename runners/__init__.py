"""The machinery: registry -> blocks -> Ray -> records -> verdicts.

registry/    what is claimed: loading, checking, conditions
planning     the blocks of each condition          dispatch     measure, judge, draw more where undecided; progress
executors    blocks in this process                ray_tasks    blocks on Ray; capacity: what fits on its nodes
worker       one block: compute, check, record     profiles     precision and threads; limits: time
faults       what can go wrong, what is retried    stopping     signals; summary: how a run ended
waiting      the order of blocks                   durations    how long they are expected to take
store        records and errors; merging           samples      records as trials
judging      claims against trials                 verdicts     the rule; intervals: its four sources of evidence
scores       bits, severity                        report       verdicts as data
commands/    the command line
"""

__version__ = "0.1.0"
