"""Verdicts as data and as text: reports, histories and what changed, terminals, continuous integration."""
