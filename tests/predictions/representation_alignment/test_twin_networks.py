"""Similarities against their definitions and on representations known to be alike or unrelated; pairs of networks."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.representation_alignment import similarity, twin_networks
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

CONDITION = {
    "data": "digits",
    "labels": "true",
    "pairing": "same",
    "width": 24,
    "rows": 80,
    "test_rows": 60,
    "batch_size": 16,
    "learning_rate": 0.02,
    "target_loss": 0.1,
    "most_steps": 2000,
    "neighbours": 5,
    "permutations": 20,
}
SEEDS = derive_seeds("test-twin-networks", "explore", range(2))


def run(condition, seeds=SEEDS):
    with profile("float32", frameworks=["jax"]):
        _, state = twin_networks.prepare(condition, seeds)
        return state, twin_networks.measure(condition, state)


def test_alignment_against_the_cross_covariance():
    generator = np.random.default_rng(0)
    first = generator.standard_normal((30, 4))
    second = first @ generator.standard_normal((4, 6)) + generator.standard_normal((30, 6))
    x, y = first - first.mean(axis=0), second - second.mean(axis=0)
    expected = np.linalg.norm(x.T @ y) ** 2 / np.linalg.norm(x.T @ x) / np.linalg.norm(y.T @ y)
    grams = similarity.centred_gram(first), similarity.centred_gram(second)
    assert similarity.alignment(*grams) == pytest.approx(expected)


def test_similarities_ignore_rotation_scale_and_what_they_should():
    generator = np.random.default_rng(0)
    features = generator.standard_normal((40, 5))
    turned = 3.0 * features @ np.linalg.qr(generator.standard_normal((5, 5)))[0]
    assert similarity.alignment(*map(similarity.centred_gram, (features, turned + 1.0))) == pytest.approx(1)
    tables = [similarity.neighbours(x, 4) for x in (features, turned)]
    assert similarity.shared_neighbours(*tables) == pytest.approx(1)


def test_neighbours_by_hand():
    angles = np.deg2rad([0.0, 10, 25, 180, 185])
    table = similarity.neighbours(np.stack([np.cos(angles), np.sin(angles)], axis=1) * [[1], [2], [3], [4], [5]], 1)
    assert table.argmax(axis=1).tolist() == [1, 0, 1, 4, 3]
    other = np.roll(np.eye(5), 1, axis=1)  # each row's neighbour is the next one
    assert similarity.shared_neighbours(table, other) == pytest.approx(2 / 5)


def test_calibrated_similarity_is_one_of_itself_and_near_nothing_of_unrelated_rows():
    generator = np.random.default_rng(0)
    first, second = (similarity.centred_gram(generator.standard_normal((60, 40))) for _ in range(2))
    effect, chance = similarity.calibrated(similarity.alignment, first, first, generator, permutations=50)
    assert effect == pytest.approx(1)
    assert chance > 0.2  # of 40 features on 60 rows
    effect, _ = similarity.calibrated(similarity.alignment, first, second, generator, permutations=200)
    assert effect == pytest.approx(0, abs=0.05)


def test_twins_share_neither_rows_nor_weights():
    ((layers, inputs, labels, _), (test_rows, _), _), _ = run(CONDITION, SEEDS[:1])
    assert labels.shape == (2, 80)
    first, second, others = ({row.tobytes() for row in rows} for rows in (*inputs, test_rows[0]))
    assert len(first & second) + len(first & others) <= 2  # a few digits are the same image
    assert not np.isclose(layers[0][0][0], layers[0][0][1]).any()


def test_untrained_representation_against_numpy():
    ((layers, *_), (test_rows, _), _), observed = run(CONDITION | {"labels": "none"}, SEEDS[:1])
    grams = []
    for twin in range(2):
        signal = test_rows[0]
        for matrix, bias in layers[:2]:
            signal = np.maximum(signal @ np.asarray(matrix)[twin] + np.asarray(bias)[twin], 0)
        centred = signal - signal.mean(axis=0)
        grams.append(centred @ centred.T)
    cosine = np.sum(grams[0] * grams[1]) / np.linalg.norm(grams[0]) / np.linalg.norm(grams[1])
    assert observed["raw_cka"][0] == pytest.approx(cosine, rel=1e-4)


def test_shuffled_twins_are_as_alike_as_chance():
    _, related = run(CONDITION)
    _, shuffled = run(CONDITION | {"pairing": "shuffled"})
    assert (related["test_error"] < 0.5).all()
    assert (related["calibrated_cka"] > 0.4).all()
    np.testing.assert_allclose(shuffled["calibrated_cka"], 0, atol=0.1)
    np.testing.assert_allclose(shuffled["calibrated_neighbours"], 0, atol=0.1)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_similarities_have_no_scale(scale, precision):
    features = np.random.default_rng(3).standard_normal((12, 4))
    features[3], features[5] = features[2], 2 * features[2]  # repeated and collinear rows, too
    scaled = (scale * features).astype(precision)
    np.testing.assert_allclose(similarity.centred_gram(scaled), similarity.centred_gram(features), atol=1e-6)
    np.testing.assert_array_equal(similarity.neighbours(scaled, 11), similarity.neighbours(features, 11))


def test_rows_that_are_all_alike_have_no_geometry():
    for alike in (np.zeros((4, 3)), np.full((4, 3), 1 / 3), np.full((4, 3), 0.1, np.float32), np.ones((1, 3))):
        assert np.isnan(similarity.centred_gram(alike)).all()


@pytest.mark.parametrize("count", [0, 5])
def test_more_neighbours_than_there_are_other_rows_are_refused(count):
    with pytest.raises(ValueError, match=f"count is {count}"):
        similarity.neighbours(np.eye(5), count)


def test_what_training_adds_is_what_the_same_twins_lacked_before_it():
    _, untrained = run(CONDITION | {"most_steps": 0})
    _, trained = run(CONDITION)
    for name in ("cka", "neighbours"):
        added = trained[f"calibrated_{name}"] - untrained[f"calibrated_{name}"]
        np.testing.assert_allclose(trained[f"learnt_{name}"], added, atol=1e-12)
        np.testing.assert_array_equal(untrained[f"learnt_{name}"], 0)
    assert np.max(np.abs(trained["learnt_neighbours"])) > 0.02
