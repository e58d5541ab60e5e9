"""Logs of the organization's own servers are placed, and never judged against Office 365."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from analyzer.compare import Observation
from analyzer.compare.own_server import seen_from_own_server
from analyzer.evidence import LoggedFacts, as_logged, read_status
from analyzer.findings import find_all
from analyzer.pipeline import Options, run
from analyzer.selection.facts import Lens
from analyzer.tenant.model import Tenant
from analyzer.vantage import Vantage
from tests.builders import BOB, FOREIGN_HOST, JOHN, OUR_SERVER, SUN, tenant

HYBRID: Tenant = tenant()
LENS = Lens(HYBRID.snapshots[0], HYBRID.settings)
TRACKING = Path(__file__).parents[2] / "sample_logs/formats/message-tracking/exchange-2019.log"


@pytest.mark.parametrize(
    "event, ip, recipient, path",
    [
        ("RECEIVE", OUR_SERVER, BOB, "onpremises>cloud"),
        ("RECEIVE", FOREIGN_HOST, JOHN, "unknown>onpremises"),
        ("SENDEXTERNAL", "", SUN, "unknown>internet"),
        ("SENDEXTERNAL", "", BOB, "unknown>cloud"),
        ("DELIVER", "", BOB, "unknown>onpremises"),
    ],
)
def test_only_what_a_server_can_know_is_said(event: str, ip: str, recipient: str, path: str) -> None:
    """An address tells the origin; a mailbox of the server, the directory or the domain tells the destination."""
    row = Observation(
        recipient=LENS.recipient(recipient),
        sender=LENS.sender(JOHN),
        source=LENS.source(ip, ""),
        status=read_status(event, "250 2.1.5 OK"),
        vantage=Vantage.OWN_SERVER,
    )
    found = seen_from_own_server(row, LENS)

    assert (found.path, found.verdict, found.reason, found.evidence) == (path, "no_evidence", "own-server-log", "none")


def test_names_stay_as_they_were_logged() -> None:
    """A Send connector is not looked up among the tenant's connectors, whatever it is called."""
    assert as_logged(r"EX1\Default EX1", r"EX1\Default EX1", None) == LoggedFacts(inbound=(r"EX1\Default EX1",))
    assert as_logged("", None, None) == LoggedFacts(blank=True)
    assert as_logged("To Office 365", None, "To Office 365").unknown is None


def test_a_tracking_log_raises_no_alarm(tmp_path: Path) -> None:
    """Its rows keep the servers' connector names, have no verdict on either side, and lead to no finding of routing."""
    found = run([str(TRACKING)], HYBRID, tmp_path, Options())
    rows = pq.read_table(tmp_path / "messages").to_pandas()

    assert set(rows["verdict"]) == {"no_evidence"}
    assert set(rows["reason"]) == {"own-server-log"}
    assert rows[["inbound_verdict", "outbound_verdict", "outbound_outcome", "inbound_outcome"]].isna().all(axis=None)
    assert set(rows["logged_outbound_connector"].dropna()) == {
        "Outbound to Office 365 - 7b0e6f5a-2f3c-4f0d-9a51-6f2f0c1d8e44",
        "To archive",
    }
    assert set(rows["logged_inbound_connector"].dropna()) == {r"EX1\Default EX1"}
    assert found.inputs[0].balanced
    assert not {"MF401", "MF402"} & set(find_all(found.causes, HYBRID).column("code").to_pylist())


def test_a_folder_of_many_servers_is_read_whole(tmp_path: Path) -> None:
    """Hundreds of hourly files of several servers, one of them of an older version, are one log."""
    new = TRACKING.read_bytes()
    old = (TRACKING.parent / "exchange-2010.log").read_bytes()
    for server, hour in product(range(4), range(50)):
        folder = tmp_path / "logs" / f"EX{server}"
        folder.mkdir(parents=True, exist_ok=True)
        text = new.replace(b"EX1", b"EX%d" % server).replace(b"06:41", b"%02d:%02d" % divmod(hour, 60))
        (folder / f"MSGTRK2026100506-{hour}.LOG").write_bytes(old if hour == 0 and server == 0 else text)
    (tmp_path / "out").mkdir()
    found = run([str(tmp_path / "logs")], HYBRID, tmp_path / "out", Options())

    assert len(found.inputs) == 200
    assert all(book.balanced and not book.rejected for book in found.inputs)
    assert {book.format for book in found.inputs} == {"message-tracking"}
    assert sum(book.rows for book in found.inputs) == 2 + 199 * 10
