"""Which source of evidence a claim uses, as the registry declares it."""

from __future__ import annotations

import numpy as np

from runners.registry.schema import Agreement, Experiment
from runners.rule.intervals import Deterministic, Share, Source, TypicalTrial
from runners.rule.looks import ENOUGH_CLUSTERS
from runners.rule.means import Mean
from runners.rule.percentiles import Resamples


def source_of(agreement: Agreement, experiment: Experiment) -> Source:
    """The source that decides an agreement on the trials of an experiment."""
    region = agreement.within
    if experiment.replication == "none":
        return Deterministic(region, agreement.numerical_error or 0.0)
    if experiment.replication == "resamples":
        clusters = experiment.clusters or ENOUGH_CLUSTERS  # the registry's checks ask for it
        return Resamples(region, clusters, least=0.0 if agreement.by == "distance" else -np.inf)
    if agreement.share is not None:
        return Share(region, agreement.share)
    return Mean(region) if agreement.target == "mean" else TypicalTrial(region)
