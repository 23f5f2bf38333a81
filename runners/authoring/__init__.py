"""For whoever writes a claim: drafts and skeletons, trials on exploring seeds, Python and notebooks."""
