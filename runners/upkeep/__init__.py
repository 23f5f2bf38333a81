"""Care of a store: joining, verifying, pruning."""
