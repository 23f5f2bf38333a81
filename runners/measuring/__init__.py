"""From a plan to records: which blocks, where they run, and what can become of them."""
