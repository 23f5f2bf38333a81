"""The rule, pure: numbers in, verdict out. It imports nothing of the rest; everything else looks down on it.

* `comparison`   measured beside predicted, trial by trial: the numbers that are held against the region
* `folds`        how a quantity looks along an axis of the grid
* `intervals`    the sources of evidence: two p-values and an interval from the trials of one condition
* `means`        the source for expectations
* `percentiles`  the source for statistics of resampled data
* `looks`        how many trials a verdict needs
* `verdicts`     from trials to the status of a condition, from conditions and controls to a verdict
* `contests`     which of several predictions came closest
* `scores`       what a verdict is worth: bits, closeness, severity
* `power`        what trials can see, before any of them is run

Reach, over a domain from which settings are drawn:

* `draws`           setting and seeds of a draw, hashed from an epoch's salt
* `draw_outcomes`   what one draw says: holds, fails, split, set aside
* `betting`         the bets that may be looked at after every draw or trial
* `reach`           wide, narrow or open, in one epoch and pooled over several
* `reach_limits`    confidence limits that allow for the stopping
* `fragility`       whether a law comes out otherwise in one epoch than in another
* `where_it_fails`  the sentence about where a law failed, or none
* `challenge`       how far outside T a setting lies, what confirms it, what a vain search bounds
* `rivals`          rivals and null models, over all conditions of a trial at once
* `headline`        stood, local, fell or open

Whatever decides works on many worlds at once: arrays have leading axes for worlds and the trials last. A judge has one
world, `runners.calibration` thousands.
"""
