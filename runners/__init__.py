"""The machinery: registry -> blocks -> Ray -> records -> verdicts.

registry/    what is claimed: loading, checking, conditions
planning     the blocks of each condition          dispatch     measure, judge, draw more where undecided
executors    Ray tasks, or this process            worker       one block: compute, check, record
store        records and errors                    samples      records as trials
judging      claims against trials                 verdicts     the rule; intervals: its four sources of evidence
scores       bits, severity                        report       verdicts as data
commands/    the command line
"""

__version__ = "0.1.0"
