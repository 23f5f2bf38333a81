"""A record that cannot be read."""

from __future__ import annotations


class DamagedRecord(Exception):
    """A file that is no record: cut off or changed. Records are written whole, so it was damaged since."""

    def __init__(self, name: str, reason: str):
        super().__init__(
            f"{name} cannot be read ({reason}); `tollens verify` says what else is damaged. Delete the file, and its "
            "trials are measured again, to the same bits."
        )
