"""The committee machine online: repeatable, and step by step what the update says."""

from __future__ import annotations

import jax
import numpy as np
from scipy.special import erf

from predictions.online_learning import soft_committee
from predictions.online_learning.gaussian_averages import generalisation_error
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

CONDITION = {
    "student_units": 3,
    "teacher_units": 2,
    "learning_rate": 0.7,
    "label_noise": 0.2,
    "dimension": 10,
    "examples_per_input": 8,
    "runs": 4,
    "specialisation": 0.4,
}
SEEDS = derive_seeds("test-soft-committee", "explore", range(3))


def run(condition, seeds=SEEDS, *, precision="float64"):
    with profile(precision):
        given, state = soft_committee.prepare(condition, seeds)
        return given, state, soft_committee.measure(condition, state)


def test_training_against_a_plain_loop():
    given, (students, teachers, keys, _), observed = run(CONDITION, SEEDS[:1])
    teacher, runs = teachers[0], np.stack([students[0]] * 4)
    with profile("float64"):
        stream, curve = jax.random.key(keys[0]), []
        for number in range(80):
            example, noise = jax.random.split(jax.random.fold_in(stream, number))
            inputs, noise = np.asarray(jax.random.normal(example, (4, 10))), np.asarray(jax.random.normal(noise, (4,)))
            for student, xi, extra in zip(runs, inputs, noise):
                label = np.sum(erf(teacher @ xi / np.sqrt(20))) + 0.2 * extra
                fields = student @ xi / np.sqrt(10)
                gap = label - np.sum(erf(fields / np.sqrt(2)))
                slope = np.sqrt(2 / np.pi) * np.exp(-(fields**2) / 2)
                student += 0.7 / np.sqrt(10) * np.outer(slope * gap, xi)
            if number % 2:
                overlaps = runs @ runs.swapaxes(1, 2) / 10, runs @ teacher.T / 10, teacher @ teacher.T / 10
                curve.append(np.mean(generalisation_error(*overlaps)))
    np.testing.assert_allclose(observed["generalisation_error"][0], curve, rtol=1e-10)
    np.testing.assert_allclose(given["times"][0], np.arange(2, 81, 2) / 10)


def test_learning_rates_and_noise_share_students_and_teachers():
    _, first, _ = run(CONDITION)
    _, second, _ = run(CONDITION | {"learning_rate": 0.1, "label_noise": 0.0})
    for one, other in zip(first, second):
        np.testing.assert_array_equal(one, other)
