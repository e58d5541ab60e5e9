"""The grammar of custom data: items, apostrophes, names."""

from __future__ import annotations

import pyarrow as pa
import pytest

from analyzer.formats import custom_data
from analyzer.formats.columns import coded

_IN, _OUT = "S:InboundConnectorData=Name=", "S:Microsoft.Exchange.Hygiene.TenantOutboundConnectorCustomData=Name="


@pytest.mark.parametrize(
    "text, inbound, outbound",
    [
        (f"'{_IN}From plant;ConnectorType=OnPremises'", "From plant", None),
        (f"{_IN}From plant;ConnectorType=OnPremises", "From plant", None),
        (f"S:a=1;'{_IN}From plant';S:b=2", "From plant", None),
        (f"'{_IN}From Pat's plant;ConnectorType=OnPremises'", "From Pat's plant", None),
        (f"'{_IN}a=b;ConnectorType=Partner'", "a=b", None),
        (f"'{_IN}split; in two;ConnectorType=Partner'", "split", None),
        (f"'{_IN} ;ConnectorType=Partner'", None, None),
        (f"{_OUT}To plant", None, "To plant"),
        (f"{_OUT}To plant| Name=To lab;S:a=b", None, "To plant| To lab"),
        (f"{_OUT}To plant|name=To lab |  Name=C;S:a=b", None, "To plant| To lab| C"),
        (f"'{_IN}A;ConnectorType=Partner';{_OUT}B", "A", "B"),
        ("S:tlsversion=TLS1_3", None, None),
        ("", None, None),
    ],
)
def test_connectors_are_named_by_side(text: str, inbound: str | None, outbound: str | None) -> None:
    """A name ends with its item; apostrophes within it are a part of it, and several names are told apart."""
    column = coded(pa.array([text]))

    assert custom_data.inbound_connector(column).to_pylist() == [inbound]
    assert custom_data.outbound_connectors(column).to_pylist() == [outbound]


def test_tls_the_client_and_a_rule_are_told() -> None:
    """Version and cipher, the spam filter's client and a rule's redirect are each found among other items."""
    column = coded(
        pa.array(
            [
                "S:tlsversion=SP_PROT_TLS1_2_SERVER;S:tlscipher=CALG_AES_256;S:Oorg=contoso.com",
                "S:SFA=SUM|SFV=NSPM|H=mail.contoso.com|CIP=198.51.100.10|LANG=en;",
                "S:TRA=ETR|ruleId=19a25eb2|action=RouteMessageUsingConnector|sev=1",
            ]
        )
    )

    assert custom_data.tls_version(column).to_pylist() == ["SP_PROT_TLS1_2_SERVER", None, None]
    assert custom_data.tls_cipher(column).to_pylist() == ["CALG_AES_256", None, None]
    assert custom_data.client_seen(column).to_pylist() == [None, "198.51.100.10", None]
    assert custom_data.routed_by_rule(column).to_pylist() == [False, False, True]
