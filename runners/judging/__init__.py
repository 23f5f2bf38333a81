"""From trials to verdicts: theories in isolation, evidence, the rule, contests, scores. Pure functions of records."""
