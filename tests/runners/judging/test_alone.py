"""Theories that look around: asked alone, they find nothing, or are found out."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from runners.judging.alone import Alone, Trials
from runners.judging.predicting import TheoryError

THEORIES = """
import ctypes, gc, os, random, sys, threading, time
import numpy as np

calls = []

def honest(setting, given):
    return given["strength"] / setting["width"]

def frames(setting, given):
    frame, found = sys._getframe(), 0.0
    while frame is not None:
        found = frame.f_locals.get("measured", found)
        frame = frame.f_back
    return found

def collector(setting, given):
    return float(sum(isinstance(it, np.ndarray) for it in gc.get_objects()))

def foreign(setting, given):
    return float(ctypes.CDLL(None).getpid())

def thread(setting, given):
    threading.Thread(target=time.sleep, args=[5], daemon=True).start()
    return 1.0

def clock(setting, given):
    return time.time()

def chance(setting, given):
    return random.random()

def remembers(setting, given):
    calls.append(1)
    return float(len(calls))

def parent(setting, given):
    return float(len(open(f"/proc/{os.getppid()}/maps").read()))

def beyond(setting, given):
    return float(np.size(given["spectrum"]) if given["spectrum"].base is None else np.size(given["spectrum"].base))

def hangs(setting, given):
    while True:
        pass

def slow(setting, given):
    time.sleep(0.06)
    return given["number"]

def leaves(setting, given):
    os._exit(0)
"""


@pytest.fixture
def alone(tmp_path, monkeypatch):
    (tmp_path / "lookers.py").write_text(THEORIES)
    monkeypatch.syspath_prepend(str(tmp_path))
    asked = Alone(limit=20)
    yield asked
    asked.close()


def test_a_theory_gets_what_it_is_given(alone):
    calls = [({"width": 4}, {"strength": strength}) for strength in (2.0, 6.0)]
    assert [float(it) for it in alone.predict("lookers:honest", calls)] == [0.5, 1.5]


def test_trials_together_are_trials_one_by_one(alone):
    """And none of them leads to the others: what one is given is no view of an array that holds all."""
    spectra = np.arange(12.0).reshape(4, 3)
    trials = Trials({"width": 4}, {"strength": np.array([2.0, 6.0, 1.0, 5.0]), "spectrum": spectra}, 4)
    assert [float(it) for it in alone.predict("lookers:honest", trials)] == [0.5, 1.5, 0.25, 1.25]
    assert alone.predict("lookers:honest", trials) == alone.predict("lookers:honest", list(trials))
    assert [float(it) for it in alone.predict("lookers:beyond", trials)] == [3.0] * 4


def test_who_is_asked_nothing_need_not_be_there(alone):
    assert alone.predict("nowhere:honest", []) == []
    assert [float(it) for it in alone.predict("lookers:honest", [({"width": 4}, {"strength": 2.0})])] == [0.5]


def test_it_finds_no_measurement(alone):
    measured = np.array([3.0])
    (found,) = alone.predict("lookers:frames", [({}, {})])
    assert measured[0] == 3.0
    assert found == 0.0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("collector", "calls gc.get_objects"),
        ("foreign", "calls ctypes"),
        ("thread", "thread"),  # that it starts one, where Python tells of it, else that it leaves one behind
        ("parent", "opens maps"),
        ("clock", "another value when it is asked again"),
        ("chance", "another value when it is asked again"),
        ("remembers", "another value when it is asked again"),
        ("leaves", "ended the process that computes predictions (code 0)"),
    ],
)
def test_whoever_looks_elsewhere_is_told_apart(alone, name, words):
    with pytest.raises(TheoryError) as caught:
        alone.predict(f"lookers:{name}", [({}, {})])
    assert words in str(caught.value)
    assert [float(it) for it in alone.predict("lookers:honest", [({"width": 4}, {"strength": 2.0})])] == [0.5]


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl")
def test_it_does_not_outlive_the_run(tmp_path):
    """Killed while a theory computes: the process goes, too."""
    (tmp_path / "lookers.py").write_text(THEORIES)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from runners.judging.alone import Alone; a = Alone();"
        "a._started(); print(a._process.pid, flush=True); a.predict('lookers:hangs', [({}, {})])"
    )
    run = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    process = int(run.stdout.readline())
    time.sleep(2)
    run.kill()
    run.communicate()
    end = time.monotonic() + 20
    while Path(f"/proc/{process}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{process}").exists()


def test_a_theory_that_does_not_return_is_given_up(tmp_path, monkeypatch):
    (tmp_path / "lookers.py").write_text(THEORIES)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(TheoryError, match="gave no prediction in 2 seconds"):
        Alone(limit=2).predict("lookers:hangs", [({}, {})])


def test_a_theory_that_fails_keeps_no_other_answer_back(alone):
    """Questions in one message: what came before has its answer, and who failed is named."""
    honest = "lookers:honest", Trials({"width": 4}, {"strength": np.array([2.0, 6.0])}, 2)
    answers, problem = alone.answers([honest, honest, ("lookers:clock", [({}, {})]), honest])
    assert [[float(it) for it in values] for values in answers] == [[0.5, 1.5], [0.5, 1.5]]
    assert str(problem).startswith("lookers:clock")
    assert alone.answers([honest]) == ([[0.5, 1.5]], None)


def test_theories_that_take_their_time_answer_in_parts(alone):
    """Each has its own time limit: the sum of all may be longer."""
    slow = "lookers:slow", [({}, {"number": number}) for number in (1.0, 2.0, 3.0)]
    answers, problem = alone.answers([slow, slow])
    assert ([[float(it) for it in values] for values in answers], problem) == ([[1.0, 2.0, 3.0]] * 2, None)


def test_a_claim_asks_all_its_theories_in_one_message(world, monkeypatch):
    """Main, rivals and controls: what is judged is what is judged when each is asked by itself, and fails as that."""
    names = ["law-holds", "exponent", world.claim("silent", predicted="toy_theory:silent_when_wide")]
    one_by_one = world.run(*names)
    judge, asked = world.stored_judge(), []
    judge.alone = Alone(limit=20)
    monkeypatch.setattr(judge.alone, "answers", lambda it, ask=judge.alone.answers: asked.append(len(it)) or ask(it))
    for name in names:
        asked.clear()
        found, expected = judge.judge(name), one_by_one[name]
        assert (found.outcome, found.bits) == (expected.outcome, expected.bits)
        for here, there in zip(found.cells, expected.cells, strict=True):
            assert here.values.tobytes() == there.values.tobytes()
        assert len(asked) == 1 or name == "silent"
    judge.alone.close()
