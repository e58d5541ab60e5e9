"""The custom data of an event: connector names, TLS, the client the spam filter saw, a rule's redirect.

Items are `S:key=value`, split by `;`; an item that itself holds `;` stands in apostrophes:
`S:tlsversion=TLS1_3;'S:InboundConnectorData=Name=From plant;ConnectorType=OnPremises'` (log-formats
section 2). Every function takes a column of distinct texts, as `columns.coded` gives it.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats.columns import extracted, holds

# A name ends at the next `;`, or at an apostrophe that closes its item: `Pat's connector` is one name.
# One that itself holds `;` cannot be told; the part before it is then a name that no snapshot knows.
_NAME = r"Name=(?P<found>[^;]*?)'?(?:;|$)"
_INBOUND = r"(?i)InboundConnectorData=" + _NAME
_OUTBOUND = r"(?i)TenantOutboundConnectorCustomData=" + _NAME
_TLS_VERSION = r"(?i)S:tlsversion=(?P<found>[^;'|]*)"
_TLS_CIPHER = r"(?i)S:tlscipher=(?P<found>[^;'|]*)"
_CLIENT = r"[|;=]CIP=(?P<found>[^|;']*)"
_BY_RULE = r"(?i)RouteMessageUsingConnector"
_NEXT_NAME = r"(?i)\s*\|\s*Name=\s*"


def inbound_connector(custom: pa.DictionaryArray) -> pa.DictionaryArray:
    """Give the inbound connector's name; null where none is named."""
    return extracted(custom, _INBOUND)


def outbound_connectors(custom: pa.DictionaryArray) -> pa.DictionaryArray:
    """Give the outbound connectors' names, joined by `| `; in the log, several stand as `A| Name=B`."""
    names = extracted(custom, _OUTBOUND)
    dictionary = pc.replace_substring_regex(names.dictionary, _NEXT_NAME, "| ")
    return pa.DictionaryArray.from_arrays(names.indices, dictionary)


def tls_version(custom: pa.DictionaryArray) -> pa.DictionaryArray:
    """Give the TLS version as logged, such as `SP_PROT_TLS1_2_SERVER` or `TLS1_3`."""
    return extracted(custom, _TLS_VERSION)


def tls_cipher(custom: pa.DictionaryArray) -> pa.DictionaryArray:
    """Give the TLS cipher as logged."""
    return extracted(custom, _TLS_CIPHER)


def client_seen(custom: pa.DictionaryArray) -> pa.DictionaryArray:
    """Give the connecting address that the spam filter noted (`CIP`)."""
    return extracted(custom, _CLIENT)


def routed_by_rule(text: pa.DictionaryArray) -> pa.BooleanArray:
    """Whether a mail flow rule chose the connector (reader rule 7)."""
    return holds(text, _BY_RULE)
