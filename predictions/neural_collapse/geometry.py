"""Distances of last-layer features (rows, m) and classifier (m, K) from neural collapse. Papyan, Han & Donoho 2020."""

from __future__ import annotations

import numpy as np


def collapse_statistics(features, labels, classifier) -> dict[str, float]:
    """The four properties, each 0 where neural collapse is perfect; m_k are class means less the mean over classes.

    `largest_cosine_deviation`  max over pairs of |cos(m_k, m_l) + 1/(K - 1)| (NC2, angles); a mean would say nothing,
                                as centred vectors of equal length have the mean -1/(K - 1), whatever they are
    `norm_variation`            standard deviation of |m_k| over their mean (NC2, lengths)
    `within_class_variation`    tr(S_W S_B^+) / K with covariances within and between classes (NC1)
    `duality_gap`               |W/|W| - M/|M||_F of classifier and class means, centred over classes (NC3)

    Two classes or more, each with rows of its own; the first is NaN where a class mean lies at the mean over classes.
    """
    classes = classifier.shape[1]
    rows = np.bincount(labels, minlength=classes)
    if classes < 2 or len(rows) > classes or not np.all(rows):
        raise ValueError(
            f"rows of each class are {rows.tolist()} for {classes} columns of the classifier: each needs some"
        )
    means = np.stack([features[labels == k].mean(axis=0) for k in range(classes)])
    within = features - means[labels]
    centred = means - means.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosines = (centred @ centred.T / np.outer(lengths, lengths))[np.triu_indices(classes, 1)]
    readout = (classifier - classifier.mean(axis=1, keepdims=True)).T
    return {
        "largest_cosine_deviation": np.abs(cosines + 1 / (classes - 1)).max(),
        "norm_variation": lengths.std() / lengths.mean(),
        "within_class_variation": _trace_of_quotient(within, centred) / classes,
        "duality_gap": np.linalg.norm(readout / np.linalg.norm(readout) - centred / np.linalg.norm(centred)),
    }


def nearest_mean_agreement(features, labels, classifier, bias, fresh) -> float:
    """Share of `fresh` features (rows, m) that the classifier gives to the class of the nearest mean feature (NC4)."""
    means = np.stack([features[labels == k].mean(axis=0) for k in range(classifier.shape[1])])
    nearest = np.argmax(fresh @ means.T - np.sum(means**2, axis=1) / 2, axis=1)
    return float(np.mean(np.argmax(fresh @ classifier + bias, axis=1) == nearest))


def _trace_of_quotient(within: np.ndarray, between: np.ndarray) -> float:
    """tr(S_W S_B^+), S_W = within^T within / rows and S_B = between^T between / K, of K - 1 directions at most."""
    _, lengths, directions = np.linalg.svd(between, full_matrices=False)
    kept = lengths > 1e-6 * lengths[0]  # the centre takes one away; fewer remain if means lie on a line, or a plane
    variances = np.mean((within @ directions[kept].T) ** 2, axis=0)
    return float(np.sum(variances / (lengths[kept] ** 2 / len(between))))
