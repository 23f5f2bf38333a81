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
        if agreement.by == "distance" and region[0] <= 0:  # no edge: a distance cannot lie below 0
            region = (-np.inf, region[1])
        return Resamples(region, experiment.clusters or ENOUGH_CLUSTERS)  # the registry's checks ask for it
    if agreement.share is not None:
        return Share(region, agreement.share)
    return Mean(region) if agreement.target == "mean" else TypicalTrial(region)
