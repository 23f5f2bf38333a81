"""Online learning of one soft committee machine by another, each example seen once.

Model      sigma = sum_i g(J_i . xi / N^{1/2}), g(u) = erf(u/sqrt(2)), `student_units` vectors J_i = sum_n c_in B_n + a
           vector of N(0, 1/4)^N, c_in uniform in [0, `specialisation`]: no symmetry between the units is left to
           chance.
Data       xi ~ N(0, 1)^N, N = `dimension`; zeta = sum_n g(B_n . xi / N^{1/2}) + noise, `teacher_units` vectors B_n ~
           N(0, 1)^N; the label noise has the standard deviation `label_noise`.
Loss       (sigma - zeta)^2 / 2 of each example.
Training   one step an example, J_i <- J_i + (eta / N^{1/2}) g'(x_i) (zeta - sigma) xi, x_i the fields of the student,
           eta = `learning_rate`; `examples_per_input` N examples.
Observed   generalisation error, without label noise, at forty times.
Trial      teacher and first student; `runs` streams of examples, over which the error is averaged.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.networks import parameter_counts
from predictions.instruments.trials import over_trials
from predictions.online_learning.gaussian_averages import generalisation_error

RECORDS = 40


def prepare(setting, seeds):
    """Given: first overlaps `students` J J^T/N, `cross` J B^T/N and `teachers` B B^T/N; `times`, examples over N."""
    students, teachers, keys = zip(*(_draw(setting, np.random.default_rng(int(seed))) for seed in seeds))
    students, teachers, dimension = np.stack(students), np.stack(teachers), setting["dimension"]
    times = (1 + np.arange(RECORDS)) * steps_between_records(setting) / dimension
    given = {
        "students": students @ students.swapaxes(1, 2) / dimension,
        "cross": students @ teachers.swapaxes(1, 2) / dimension,
        "teachers": teachers @ teachers.swapaxes(1, 2) / dimension,
        "times": np.tile(times, (len(keys), 1)),
        "parameters": parameter_counts(students),
    }
    return given, (students, teachers, np.array(keys, dtype=np.uint32), given["teachers"])


def measure(setting, state):
    """Generalisation error, without label noise, at each of the times: the mean over runs, (trials, times)."""
    students, teachers, keys, teacher_overlaps = state
    own, cross = _train(
        *(jnp.asarray(array) for array in (students, teachers, keys)),
        jnp.asarray(float(setting["learning_rate"])),
        jnp.asarray(float(setting["label_noise"])),
        steps_between_records(setting),
        runs=setting["runs"],
    )
    own, cross = (np.asarray(array, dtype=np.float64) for array in (own, cross))  # (trials, times, runs, ...)
    with np.errstate(all="ignore"):  # a diverged run yields nan
        errors = [generalisation_error(*overlaps) for overlaps in zip(own, cross, teacher_overlaps)]
    return {"generalisation_error": np.mean(errors, axis=-1)}


def steps_between_records(setting) -> int:
    """Examples from one look at the overlaps to the next."""
    return round(setting["examples_per_input"] * setting["dimension"] / RECORDS)


def _draw(setting, rng: np.random.Generator):
    """First student (K, N), teacher (M, N), and the seed of the examples."""
    dimension, units, teacher_units = (setting[key] for key in ("dimension", "student_units", "teacher_units"))
    teacher = rng.standard_normal((teacher_units, dimension))
    shares = rng.uniform(0, setting["specialisation"], size=(units, teacher_units))
    student = shares @ teacher + 0.5 * rng.standard_normal((units, dimension))
    return student, teacher, rng.integers(2**32, dtype=np.uint32)


@partial(jax.jit, static_argnames="runs")
def _train(students, teachers, keys, learning_rate, label_noise, stride, *, runs):
    """Overlaps of the students with themselves and with the teacher, (trials, times, runs, K, K) and (..., K, M)."""

    def one_trial(student, teacher, key):
        root = jnp.sqrt(teacher.shape[1])
        stream = jax.random.key(key)

        def step(number, students):
            example, noise = jax.random.split(jax.random.fold_in(stream, number))
            inputs = jax.random.normal(example, (runs, teacher.shape[1]))
            labels = jnp.sum(unit(inputs @ teacher.T / root), axis=1) + label_noise * jax.random.normal(noise, (runs,))
            fields = jnp.einsum("rkn,rn->rk", students, inputs) / root
            errors = labels - jnp.sum(unit(fields), axis=1)
            signals = jnp.sqrt(2 / jnp.pi) * jnp.exp(-(fields**2) / 2) * errors[:, None]
            return students + learning_rate / root * signals[:, :, None] * inputs[:, None, :]

        def record(students, number):
            students = jax.lax.fori_loop(number * stride, (number + 1) * stride, step, students)
            own = jnp.einsum("rkn,rln->rkl", students, students) / root**2
            return students, (own, jnp.einsum("rkn,mn->rkm", students, teacher) / root**2)

        _, overlaps = jax.lax.scan(record, jnp.tile(student, (runs, 1, 1)), jnp.arange(RECORDS))
        return overlaps

    return over_trials(one_trial, students, teachers, keys)


def unit(fields):
    """g(u) = erf(u / sqrt(2))."""
    return jax.lax.erf(fields / jnp.sqrt(2.0))
