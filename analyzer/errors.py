"""Mistakes of the user, each one clear line: what was found, where, what would be accepted.

    MailflowError
    ├── UsageError          an option or argument makes no sense                      exit 2
    └── UnreadableInput     nothing can be read from what was given                   exit 3
        ├── LogError        a log file; AmbiguousDates where its dates can be read in two ways
        └── TenantError     a configuration export or mailflow.toml

A bad *row* is never an exception: it is a row of the rejects table. A disagreement is never an
exception either: it is a finding.
"""

from __future__ import annotations


class MailflowError(Exception):
    """Base of every mistake that is the user's to mend; its text is complete and printable."""

    exit_code = 2


class UsageError(MailflowError):
    """An option or argument makes no sense."""


class UnreadableInput(MailflowError):
    """Nothing can be read from what was given."""

    exit_code = 3

    def __init__(self, where: str, found: str, accepted: str = "") -> None:
        """Build the line from the place, what was found there and what would be accepted."""
        self.where, self.found, self.accepted = where, found, accepted
        super().__init__(f"{where}: {found}" + (f"; {accepted}" if accepted else ""))

    def __reduce__(self) -> tuple[type[UnreadableInput], tuple[str, str, str]]:
        """Let the error come from another process as it was raised there."""
        return type(self), (self.where, self.found, self.accepted)


class LogError(UnreadableInput):
    """A log file of which nothing can be read."""


class AmbiguousDates(LogError):
    """A log file whose dates can be read in two ways, and nothing tells which."""


class TenantError(UnreadableInput):
    """A configuration export or mailflow.toml that cannot be read."""
