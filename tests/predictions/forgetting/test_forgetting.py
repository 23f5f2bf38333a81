"""Two tasks in turn: lines by hand, networks against their linearisation where it is exact, and the fold."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.forgetting import peaks, theory, two_lines, two_tasks
from predictions.forgetting.tasks import rotated_tasks

SEEDS = np.arange(2, dtype=np.uint64)
LINES = {"samples": 6, "labels": "own", "angle": 90, "draws": 3}
TASKS = {
    "data": "digits",
    "labels": "own",
    "samples": 8,
    "width": 16,
    "angle": 30,
    "steps": 30,
    "learning_rate": 0.5,
}


def lines(**changes):
    setting = LINES | changes
    return two_lines.measure(setting, two_lines.prepare(setting, SEEDS)[1])["forgetting"]


def test_orthogonal_tasks_and_the_same_task_twice_forget_nothing():
    assert lines() == pytest.approx(np.zeros(2), abs=1e-9)
    assert lines(labels="teacher", angle=0) == pytest.approx(np.zeros(2), abs=1e-9)


def test_other_labels_for_the_same_rows_replace_the_first_ones():
    """The error is then y_2 - y_1, of twice the mean square of independent labels."""
    assert np.mean(lines(angle=0, draws=400)) == pytest.approx(2, rel=0.1)
    assert theory.forgetting_of_lines({"angle": 0, "labels": "own"}, {}) == 2


def test_forgetting_of_one_row_by_hand():
    """Rows (1, 0) and (cos, sin): the second step moves along the second row by its residual."""
    angle, errors, scale = np.deg2rad(35), [], []
    generator = np.random.default_rng(0)
    for _ in range(20_000):
        teacher = generator.standard_normal(2)
        second = np.array([np.cos(angle), np.sin(angle)])
        weights = np.array([teacher[0], 0.0])
        weights = weights + second * (second @ (teacher - weights))
        errors.append((weights[0] - teacher[0]) ** 2)
        scale.append(teacher[0] ** 2)
    expected = theory.forgetting_of_lines({"angle": 35, "labels": "teacher"}, {})
    assert np.mean(errors) / np.mean(scale) == pytest.approx(expected, rel=0.05)


def test_the_maximum_is_half_way():
    angles = np.arange(0, 91)
    curve = [theory.forgetting_of_lines({"angle": angle, "labels": "teacher"}, {}) for angle in angles]
    assert angles[np.argmax(curve)] == theory.half_way({}, {})
    assert theory.forgetting_in_proportion({"angle": 60}, {}) == pytest.approx(0.25)


def test_spaces_of_the_two_tasks_meet_at_the_angle():
    rows, labels = rotated_tasks("digits", 20, np.deg2rad(40), np.random.default_rng(1))
    first, second = rows[:20], rows[20:]
    assert set(labels) <= {-1.0, 1.0}
    turned = np.linalg.norm(second[:, :64], axis=1) / np.linalg.norm(second, axis=1)
    assert turned == pytest.approx(np.full(20, np.cos(np.deg2rad(40))))
    assert np.all(first[:, 64:] == 0)


def test_with_a_first_step_alone_the_kernel_tells_exactly_what_happens():
    """The kernel is the network's Gram matrix of gradients: after steps of vanishing size it is still the same one."""
    setting = TASKS | {"learning_rate": 1e-3, "steps": 20}
    given, state = two_tasks.prepare(setting, SEEDS)
    measured = two_tasks.measure(setting, state)["forgetting"]
    predicted = [theory.forgetting_from_kernel(setting, {k: v[i] for k, v in given.items()}) for i in range(2)]
    assert measured == pytest.approx(np.array(predicted), rel=0.02)


def test_descent_in_the_kernel_is_that_of_its_recursion():
    """Residuals of both tasks, step by step, in place of powers of eigenvalues."""
    given, _ = two_tasks.prepare(TASKS, SEEDS[:1])
    kernel, residual, n = given["kernel"][0], given["labels"][0].copy(), TASKS["samples"]
    errors = []
    for rate, task in zip(given["rates"][0], (slice(0, n), slice(n, 2 * n))):
        for _ in range(TASKS["steps"]):
            residual -= rate / n * kernel[:, task] @ residual[task]
        errors.append(np.mean(residual[:n] ** 2))
    predicted = theory.forgetting_from_kernel(TASKS, {k: v[0] for k, v in given.items()})
    assert predicted == pytest.approx(errors[1] - errors[0])


def test_a_teacher_labels_both_tasks_and_own_labels_are_classes():
    own, _ = two_tasks.prepare(TASKS, SEEDS)
    taught, _ = two_tasks.prepare(TASKS | {"labels": "teacher"}, SEEDS)
    assert set(own["labels"].ravel()) == {-1.0, 1.0}
    assert len(np.unique(taught["labels"])) > 20
    assert np.array_equal(own["kernel"], taught["kernel"])


def test_the_peak_of_a_parabola_and_of_what_falls_all_the_way():
    angles = np.array([0, 30, 60, 90])
    curves = np.stack([-((angles - 50.0) ** 2), -angles.astype(float), np.array([0, 1, np.nan, 0])], axis=1)
    found = peaks.peak(angles[::-1], curves[::-1])
    assert found[:2] == pytest.approx([50, 0])
    assert np.isnan(found[2])
