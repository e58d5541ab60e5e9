"""The script that an administrator writes on the evening of the migration: pandas, `read_csv`, `apply`.

    python -m benchmarks.by_hand LOG.csv TENANT OUT.csv

It explodes the recipients, looks up where each mailbox lives, finds the connector of each row by exact domain,
longest wildcard, accepted domain or `*`, on arrival by address and sender domain, compares it with the logged
one, and writes rows and counts. Plain and correct where it looks, and written for clarity, as such scripts are:
no evidence, policies, snapshots, duplicates, rejects or report. All rows are in memory at once.
"""

from __future__ import annotations

import ipaddress
import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

Connector = dict[str, Any]


def load(path: Path) -> list[Connector]:
    """Read the enabled connectors of an export."""
    return [c for c in json.loads(path.read_text(encoding="utf-8")) if c.get("Enabled", True)]


def outbound(row: Any, connectors: list[Connector], accepted: set[str], places: dict[str, str]) -> str:  # noqa: ANN401
    """Find the outbound connector of a recipient; "" where none applies."""
    if places.get(row["recipient"], "").endswith("Mailbox"):
        return ""
    domain, found = row["domain"], []
    for connector in connectors:
        for pattern in connector["RecipientDomains"] or []:
            if pattern.lower() == domain:
                found.append((1000, connector["Name"]))
            elif pattern.startswith("*.") and domain.endswith(pattern[1:].lower()):
                found.append((len(pattern), connector["Name"]))
            elif pattern == "*":
                found.append((0, connector["Name"]))
        if connector["AllAcceptedDomains"] and domain in accepted:
            found.append((1, connector["Name"]))
    return str(max(found)[1]) if found else ""


def inbound(row: Any, connectors: list[Connector]) -> str:  # noqa: ANN401
    """Find the inbound connector of a message; "" where none applies."""
    sender = row["sender_address"].rpartition("@")[2].lower()
    for connector in connectors:
        for network in connector["SenderIPAddresses"] or []:
            if row["original_client_ip"] and ipaddress.ip_address(row["original_client_ip"]) in ipaddress.ip_network(
                network
            ):
                return str(connector["Name"])
        for entry in connector["SenderDomains"] or []:
            pattern = entry.removeprefix("smtp:").partition(";")[0]
            if pattern == sender or (pattern.startswith("*.") and sender.endswith(pattern[1:])):
                return str(connector["Name"])
    return ""


def main(log: str, tenant: str, out: str) -> None:
    """Judge the log, write the rows, print the counts a day."""
    folder = Path(tenant)
    leaving, arriving = (load(folder / f"{side}Connectors.json") for side in ("Outbound", "Inbound"))
    accepted = set(pd.read_csv(folder / "AcceptedDomains.csv")["DomainName"].str.lower())
    listed = pd.read_csv(folder / "Recipients.csv", dtype=str)
    places = dict(zip(listed["PrimarySmtpAddress"].str.lower(), listed["RecipientTypeDetails"], strict=True))

    rows = pd.read_csv(log, dtype=str, keep_default_na=False)
    rows["recipient_status"] = rows["recipient_status"].str.split(";")
    rows = rows.explode("recipient_status", ignore_index=True)
    rows[["recipient", "status"]] = rows["recipient_status"].str.lower().str.split("##", n=1, expand=True)
    rows["domain"] = rows["recipient"].str.rpartition("@")[2]
    rows["day"] = pd.to_datetime(rows["origin_timestamp_utc"]).dt.date

    def verdict(row: Any) -> str:  # noqa: ANN401
        """Compare the logged connector with the one that applies."""
        arrives = row["directionality"] == "1"
        selected = inbound(row, arriving) if arrives else outbound(row, leaving, accepted, places)
        return "match" if selected == row["connector_id"] else "mismatch"

    rows["verdict"] = rows.apply(verdict, axis=1)
    rows.to_csv(out, index=False)
    print(rows.groupby(["day", "verdict"]).size())


if __name__ == "__main__":
    main(*sys.argv[1:4])
