"""Files that cannot be read: damaged records and locks, reports that this version does not know."""

from __future__ import annotations


class Damaged(Exception):
    """A file of a store that is not what was written there."""


class DamagedRecord(Damaged):
    """A file that is no record: cut off or changed. Records are written whole, so it was damaged since."""

    def __init__(self, name: str, reason: str):
        super().__init__(
            f"{name} cannot be read ({reason}); `tollens verify` says what else is damaged. Delete the file, and its "
            "trials are measured again, to the same bits."
        )


class DamagedFile(Damaged):
    """A lock, a log or a note of a store that is not what was written: nobody needs to measure anything again."""

    def __init__(self, path: str, reason: str):
        super().__init__(
            f"{path} cannot be read ({reason}); `tollens verify` says what else is damaged. Take it from where the "
            "store was copied from, or delete it."
        )


class DamagedLock(Exception):
    """A lock file that is none, as after a merge in which two branches sealed the same claim."""

    def __init__(self, path: str, reason: str):
        super().__init__(
            f"{path} cannot be read ({reason}); take it as one of the branches has it (`git checkout --ours {path}`), "
            "then `tollens lock` seals what differs."
        )


class UnreadableReport(Exception):
    """A file that is no report of this version or an earlier one."""

    def __init__(self, name: object, problem: str):
        super().__init__(f"{name} {problem}; make it again from its records: tollens judge --json {name}")
