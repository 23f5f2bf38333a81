"""The pure core: numbers in, verdict out. No files, no clock, no Ray.

* `draws`           setting and seeds of a draw, hashed from an epoch's salt
* `draw_outcomes`   what one draw says: holds, fails, split, set aside
* `betting`         the bets that may be looked at after every draw or trial
* `reach`           wide, narrow or open, in one epoch and pooled over several; fragile over epochs
* `reach_limits`    confidence limits that allow for the stopping
* `where_it_fails`  the sentence about where a law failed, or none
* `challenge`       how far outside T a setting lies, what confirms it, what a vain search bounds
* `rivals`          rivals and null models, over all conditions of a trial at once
* `headline`        stood, local, fell or open
"""
