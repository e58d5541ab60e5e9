"""The script that an administrator writes on the evening of the migration: pandas, `read_csv`, `apply`.

    python -m benchmarks.by_hand LOG.csv TENANT

It looks up each recipient's connector by exact domain, then by the longest wildcard, then `*`, and compares
it with the one that the row names. No evidence, no policies, no snapshots, no report: a lower bound of the
work, written as such scripts are. It reads all rows at once, so its memory grows with the log.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

Connector = dict[str, Any]


def connector_of(domain: str, connectors: list[Connector]) -> str | None:
    """Find the connector of a domain."""
    for connector in connectors:
        if domain in connector["RecipientDomains"]:
            return str(connector["Name"])
    best: tuple[int, str | None] = (0, None)
    for connector in connectors:
        for pattern in connector["RecipientDomains"]:
            if pattern.startswith("*.") and domain.endswith(pattern[1:]) and len(pattern) > best[0]:
                best = len(pattern), str(connector["Name"])
    if best[1] is None:
        return next((str(c["Name"]) for c in connectors if "*" in c["RecipientDomains"]), None)
    return best[1]


def verdict_by(connectors: list[Connector]) -> Callable[[Any], str]:
    """Give the function that is applied to each row."""

    def verdict(row: Any) -> str:  # noqa: ANN401 - a row of pandas
        found = []
        for packed in row["recipient_status"].split(";"):
            address, _, status = packed.partition("##")
            if "Send" not in status:
                found.append("not sent")
                continue
            selected = connector_of(address.rpartition("@")[2].lower(), connectors)
            found.append("match" if (selected or "") == row["connector_id"] else "mismatch")
        return "mismatch" if "mismatch" in found else found[0]

    return verdict


def main(log: str, tenant: str) -> None:
    """Judge the log and print the counts a day."""
    exported = json.loads((Path(tenant) / "OutboundConnectors.json").read_text(encoding="utf-8"))
    connectors = [c for c in exported if c.get("Enabled", True)]
    for connector in connectors:
        domains = connector.get("RecipientDomains") or []
        connector["RecipientDomains"] = [d.lower() for d in ([domains] if isinstance(domains, str) else domains)]
    rows = pd.read_csv(log, dtype=str, keep_default_na=False)
    rows["day"] = pd.to_datetime(rows["origin_timestamp_utc"]).dt.date
    rows["verdict"] = rows.apply(verdict_by(connectors), axis=1)
    print(rows.groupby(["day", "verdict"]).size())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
