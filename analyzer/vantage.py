"""From where a log is written: what it calls inbound, and whose connectors it names, depends on it."""

from __future__ import annotations

from enum import StrEnum


class Vantage(StrEnum):
    """Whose log it is."""

    OFFICE365 = "office365"  # the service's own: its inbound and outbound connectors
    OWN_SERVER = "own-server"  # the organization's own servers: their Receive and Send connectors
