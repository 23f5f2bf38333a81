"""What an experiment raises when something that it needs is not on this machine."""


class Unavailable(Exception):
    """Data or hardware is missing; the message says what, and how to get it."""
