"""Predictions in a process that holds code and what one theory is given, and no measurement.

A theory that walks frames or the collector's objects, or that reads its own process' memory, finds nothing there;
files, other processes, threads and C functions are refused; and of each condition two trials, the first and any one,
are asked twice: what is answered from the clock, by chance or from what was asked before gives itself away.
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from multiprocessing.connection import Connection, Pipe
from typing import Any

import numpy as np

from runners.judging.isolation import isolated
from runners.judging.predicting import TheoryError, described, predicted
from runners.registry.names import load_function
from runners.whereabouts import place

LIMIT = 600.0
"""Seconds for one trial's prediction."""
TOGETHER = 0.1
"""Seconds within which predictions are answered together: a message takes ten times as long as a short theory."""
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[2]); from runners.judging.alone import serve; serve()"

_PR_SET_PDEATHSIG = 1
"""Of prctl(2): the signal that this process gets when its parent dies."""

Call = tuple[Mapping[str, Any], Mapping[str, Any]]
"""Setting and one trial's given."""
Question = tuple[str, Sequence[Call]]
"""A theory `module:function`, and the calls in which it is asked."""


@dataclass(frozen=True)
class Trials(Sequence[Call]):
    """One setting, and what each of its trials was given: arrays (trials, ...), which travel as they are."""

    setting: Mapping[str, Any]
    given: Mapping[str, np.ndarray]
    trials: int

    def __len__(self) -> int:
        return self.trials

    def __getitem__(self, trial: int) -> Call:  # type: ignore[override]
        if not 0 <= trial < self.trials:
            raise IndexError(trial)
        # numbers are their own; of an array a view would lead to other trials
        return self.setting, {
            name: it[trial] if it.ndim == 1 else _copied(it[trial]) for name, it in self.given.items()
        }

    def __iter__(self) -> Iterator[Call]:
        along = (it if it.ndim == 1 else map(_copied, it) for it in self.given.values())
        for _, *values in zip(range(self.trials), *along):  # without anything given there are trials, too
            yield self.setting, dict(zip(self.given, values))


def _copied(array: np.ndarray) -> np.ndarray:
    """The same numbers, read-only."""
    array = array.copy()
    array.setflags(write=False)
    return array


class Alone:
    """The process, started when it is first asked; it ends with this one."""

    def __init__(self, *, limit: float = LIMIT):
        self._limit = limit
        self._process: subprocess.Popen | None = None
        self._connection: Connection | None = None

    def predict(self, theory: str, calls: Sequence[Call]) -> list[np.ndarray]:
        """What a theory `module:function` predicts in each of these calls; raises TheoryError."""
        answers, problem = self.answers([(theory, calls)])
        if problem is not None:
            raise problem
        return answers[0]

    def answers(self, questions: Sequence[Question]) -> tuple[list[list[np.ndarray]], TheoryError | None]:
        """What each theory predicts in each of its calls, up to the first one that fails, and what is wrong with it.

        All are asked in one message, which takes as long as a few predictions.
        """
        answers: list[list[np.ndarray]] = [[] for _ in questions]
        ended = False
        problem: TheoryError | None = None

        def asked() -> str:
            return questions[_answered(questions, answers)][0]

        try:
            connection = self._started()
            connection.send([(theory, _plain(calls)) for theory, calls in questions])
            while not ended and problem is None:
                if connection.poll(self._limit):
                    told, wrong, ended = connection.recv()
                    for number, values in told.items():
                        answers[number].extend(values)
                    problem = TheoryError(wrong) if wrong else None
                else:
                    problem = TheoryError(f"{asked()} gave no prediction in {self._limit:g} seconds")
        except (EOFError, OSError):
            code = self._process.wait() if self._process else None
            problem = TheoryError(f"{asked()} ended the process that computes predictions (code {code})")
        if problem is not None:
            self.close()  # whatever the theory left behind ends with its process
        return answers[: _answered(questions, answers)], problem

    def close(self) -> None:
        """End the process; the next question starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None

    def _started(self) -> Connection:
        if self._connection is None:
            self._connection, theirs = Pipe()
            environment = {**os.environ, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
            arguments = [sys.executable, "-c", _START, str(theirs.fileno()), json.dumps(sys.path), str(os.getpid())]
            self._process = subprocess.Popen(
                arguments, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=2, env=environment
            )
            theirs.close()
        return self._connection

    def __del__(self) -> None:
        with suppress(Exception):  # at the interpreter's end, half of it may be gone
            self.close()


def end_with_parent(parent: int) -> None:
    """Have the system kill this process when the one that started it dies, however that dies, or has died already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def serve() -> None:
    """The process: answer until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run is told, and ends this process
    end_with_parent(int(sys.argv[3]))  # a theory may compute on for hours
    connection = Connection(int(sys.argv[1]))
    with suppress(EOFError, OSError):
        while True:
            for answer in _answers(connection.recv()):
                connection.send(answer)


Told = tuple[dict[int, Any], str, bool]
"""Predictions by number of the question, those of equal shape as one array; what is wrong; whether this was all."""


def _plain(calls: Sequence[Call]) -> Sequence[Call]:
    """Calls as they travel."""
    return calls if isinstance(calls, Trials) else [(dict(setting), dict(given)) for setting, given in calls]


def _answered(questions: Sequence[Question], answers: Sequence[Sequence[np.ndarray]]) -> int:
    """How many questions have all their answers: the next one is being thought about."""
    enough = (len(values) == len(calls) for (_, calls), values in zip(questions, answers, strict=True))
    return sum(1 for _ in takewhile(bool, enough))


def _answers(questions: Sequence[Question]) -> Iterator[Told]:
    """The answers to all questions in their order, those of a moment together, up to the first theory that fails."""
    told: dict[int, list[np.ndarray]] = {}
    wrong, began = "", time.monotonic()
    try:
        for number, value in _predictions(questions):
            told.setdefault(number, []).append(value)
            if time.monotonic() - began > TOGETHER:
                yield told, "", False
                told, began = {}, time.monotonic()
    except TheoryError as error:
        wrong = str(error)
    yield {number: _together(values) for number, values in told.items()}, wrong, True


def _together(values: list[np.ndarray]) -> Any:
    """The same values, as one array if it can hold them: it travels faster."""
    return np.array(values) if len({value.shape for value in values}) == 1 else values


def _predictions(questions: Sequence[Question]) -> Iterator[tuple[int, np.ndarray]]:
    """Number of the question and a prediction, one after another; raises TheoryError, whatever a theory raises."""
    loaded = cache(load_function)
    for number, (name, calls) in enumerate(questions):
        if not calls:
            continue
        asked_again = {0, secrets.randbelow(len(calls))}
        try:
            theory = loaded(name)
            with isolated(everywhere=True):
                for at, call in enumerate(_locked(calls)):
                    value = _asked(theory, name, *call, again=at in asked_again)
                    if len(sys._current_frames()) > 1:  # it could look around once nobody watches
                        raise TheoryError(f"{described(theory, name)} leaves a thread behind")
                    yield number, value
        except (TheoryError, GeneratorExit):
            raise
        except BaseException as error:
            raise TheoryError(f"{name} raised {type(error).__name__}: {error} ({place(error)})") from error


def _locked(calls: Sequence[Call]) -> Sequence[Call]:
    """Calls as they arrived, their arrays read-only, as those of `Trials` are that come apart."""
    for _, given in () if isinstance(calls, Trials) else calls:
        for array in given.values():
            for part in array if isinstance(array, tuple) else (array,):
                if isinstance(part, np.ndarray):
                    part.setflags(write=False)
    return calls


def _asked(theory: Any, name: str, setting: Mapping[str, Any], given: Mapping[str, Any], *, again: bool) -> np.ndarray:
    """What a theory predicts of a trial; asked again, the same to the bit."""
    value = predicted(theory, setting, given, name=name)
    if again:
        second = predicted(theory, setting, given, name=name)
        if second.shape != value.shape or second.tobytes() != value.tobytes():
            raise TheoryError(
                f"{described(theory, name)} predicts another value when it is asked again; a theory depends on the "
                "setting and one trial's given only, not on the clock, chance or earlier calls"
            )
    return value
