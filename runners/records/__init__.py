"""What was measured, and under which seal: blocks and their seeds, the store, trials as judging reads them."""
