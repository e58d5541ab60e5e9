"""What a row shows: origin, destination, which sides it speaks of, the connector logged on each.

These are the rules of docs/connector-selection.md, "Evidence". Two of them guard all others: an
input is never inferred from the answer it is compared with, and what a row does not show stays open.
"""

from analyzer.evidence.hop import Hop, hop_of
from analyzer.evidence.names import Carries, ConnectorNames, LoggedFacts, OwnNames, full_name
from analyzer.evidence.places import Places, destination_of, origin_of, recipient_refused
from analyzer.evidence.status import Direction, Side, StatusFacts, direction_of, read_server_status, read_status
from analyzer.evidence.witness import Witness

__all__ = [
    "Carries",
    "ConnectorNames",
    "Direction",
    "Hop",
    "LoggedFacts",
    "OwnNames",
    "Places",
    "Side",
    "StatusFacts",
    "Witness",
    "destination_of",
    "direction_of",
    "full_name",
    "hop_of",
    "origin_of",
    "read_server_status",
    "read_status",
    "recipient_refused",
]
