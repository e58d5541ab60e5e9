"""What a row shows of the recipient's place, where a list of recipients is given (architecture, Evidence)."""

from __future__ import annotations

from analyzer.tenant.model import ConnectorType, OutboundConnector, Place


def destination(listed: Place, event: str, connectors: tuple[OutboundConnector, ...]) -> Place:
    """`Deliver` is the cloud; `Send` rules it out, unless centralized transport may have taken the copy round."""
    if event == "DELIVER":
        return Place.CLOUD
    round_about = any(
        c.enabled and c.route_all_via_onpremises and c.type is ConnectorType.ONPREMISES for c in connectors
    )
    return Place.ONPREMISES if listed is Place.CLOUD and not round_about else listed
