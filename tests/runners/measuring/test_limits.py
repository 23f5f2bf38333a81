"""Time limits: an exception in Python, the end of the process in C, and nobody else's alarm lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from runners.measuring import limits
from runners.measuring.limits import TimeLimit, TimeLimitReached


def test_what_takes_too_long_is_interrupted():
    began = time.monotonic()
    limit = TimeLimit(0.2, fatal=False)
    with pytest.raises(TimeLimitReached, match=r"0\.2 seconds"), limit:
        time.sleep(30)
    assert limit.reached
    assert 0.2 <= time.monotonic() - began < 5


def test_what_ends_in_time_is_left_alone():
    limit = TimeLimit(0.2, fatal=True)
    with limit:
        pass
    time.sleep(0.3)
    assert not limit.reached


def test_an_experiment_cannot_swallow_it_by_accident():
    def experiment():
        try:
            time.sleep(30)
        except Exception:
            return "went on"

    with pytest.raises(TimeLimitReached), TimeLimit(0.1, fatal=False):
        experiment()


def test_a_limit_that_was_turned_into_another_exception_is_still_known():
    def experiment():
        try:
            time.sleep(30)
        except BaseException as error:
            raise RuntimeError("callback failed") from error

    limit = TimeLimit(0.1, fatal=False)
    with pytest.raises(RuntimeError), limit:
        experiment()
    assert limit.reached


def test_somebody_elses_alarm_goes_on_where_it_was():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(time.monotonic()))
    timer = signal.setitimer(signal.ITIMER_REAL, 0.6)
    began = time.monotonic()
    try:
        with TimeLimit(30, fatal=False):
            time.sleep(0.1)
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        assert 0.3 < left <= 0.5
        while not rung and time.monotonic() - began < 5:
            time.sleep(0.01)
        assert 0.5 < rung[0] - began < 2
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *timer)


@pytest.mark.parametrize("hang", ["sum(itertools.repeat(0))", "ignore()"])
def test_the_watchdog_ends_a_process_that_hears_no_exception(hang):
    """In C with the interpreter's lock held, or catching everything: the process ends, and its stack is on stderr."""
    code = f"""
import itertools, time
from runners.measuring import limits
limits.GRACE = 0.5
def ignore():
    while True:
        try:
            time.sleep(30)
        except BaseException:
            pass
with limits.TimeLimit(0.5, fatal=True):
    {hang}
"""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "Timeout (0:00:01)!" in done.stderr
    assert 'File "<string>"' in done.stderr
    assert time.monotonic() - began < 20


def test_the_end_of_a_log_is_read_from_where_a_block_began(tmp_path):
    log = tmp_path / "worker.err"
    log.write_text("an earlier block\n")
    start = log.stat().st_size
    log.write_text("an earlier block\nthis block\n")
    assert limits.read_log(str(log), start) == "this block\n"
    log.write_text("x" * 300_000 + "end")
    assert limits.read_log(str(log), 0) == "x" * 99_997 + "end"
    assert limits.read_log(str(tmp_path / "none"), 0) == ""


def test_a_process_finds_its_log(tmp_path):
    with open(tmp_path / "err", "w") as file:
        file.write("12345\n")
        file.flush()
        code = "from runners.measuring.limits import log_of_this_process as log; print(*log())"
        done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=file, text=True, check=True)
    if sys.platform == "linux":
        assert done.stdout.split() == [str(tmp_path / "err"), "6"]
    else:
        assert done.stdout.split() == ["0"]
