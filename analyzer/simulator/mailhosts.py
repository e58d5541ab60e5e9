"""The same hops in the words of Postfix and of sendmail, should the company's servers be such."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.simulator.columns import Columns, join
from analyzer.simulator.hops import (
    CLIENT,
    FROM_OFFICE365,
    MAILBOX_SERVER,
    OFFICE365,
    OFFICE365_IP,
    Hops,
    hops,
)
from analyzer.simulator.servers import CLIENT_IP
from analyzer.simulator.traffic import Ints, Plan

_Part = tuple[Ints, int, pa.StringArray]


def postfix(columns: Columns, plan: Plan) -> pa.Table:  # noqa: ARG001  every log is asked alike
    """Write the five lines of each message, one of them for each recipient."""
    seen = hops(columns)
    message, every = pa.array(seen.message), np.arange(len(seen.message))
    key = pc.utf8_upper(pc.utf8_slice_codeunits(columns.network_id, 0, 11)).take(message)
    client = seen.either(f"{CLIENT}[{CLIENT_IP}]", f"{FROM_OFFICE365}[{OFFICE365_IP}]")
    sender = pc.replace_substring(columns.envelope_sender.take(message), "<>", "")
    size = pa.array(columns.batch.size).cast(pa.string()).take(message)
    parts: list[_Part] = [
        (every, 0, join("postfix/smtpd[11]: ", key, ": client=", client)),
        (every, 1, join("postfix/cleanup[12]: ", key, ": message-id=", columns.message_id.take(message))),
        (every, 2, join("postfix/qmgr[13]: ", key, ": from=<", sender, ">, size=", size, ", nrcpt=1 (queue active)")),
        (seen.hop, 3, _postfix_fates(columns, seen, key)),
        (every, 4, join("postfix/qmgr[13]: ", key, ": removed")),
    ]
    return _log(seen, parts, "relay1")


def _postfix_fates(columns: Columns, seen: Hops, key: pa.StringArray) -> pa.StringArray:
    hop = pa.array(seen.hop)
    answer = join(
        "250 2.6.0 ",
        columns.message_id.take(pa.array(seen.message)),
        f" [InternalId=311, Hostname={MAILBOX_SERVER}] Queued",
    )
    there = join(
        f", relay={OFFICE365}[{OFFICE365_IP}]:25, delay=1, delays=0/0/0/1, dsn=2.6.0, status=sent (", answer, ")"
    )
    here = ", relay=virtual, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (delivered to maildir)"
    program = seen.either("postfix/smtp[14]: ", "postfix/virtual[15]: ")
    return join(program.take(hop), key.take(hop), ": to=<", seen.recipient, ">", seen.either(there, here).take(hop))


def sendmail(columns: Columns, plan: Plan) -> pa.Table:  # noqa: ARG001
    """Write the arrival of each message, and what became of all its recipients."""
    seen = hops(columns)
    message, every = pa.array(seen.message), np.arange(len(seen.message))
    number = pa.array(100_000 + (columns.batch.first_message + seen.message) % 900_000).cast(pa.string())
    key = join(pc.utf8_slice_codeunits(columns.network_id, 0, 8).take(message), number)
    client = seen.either(f"{CLIENT} [{CLIENT_IP}]", f"{FROM_OFFICE365} [{OFFICE365_IP}]")
    sender = pc.replace_substring(columns.envelope_sender.take(message), "<>", "")
    size = pa.array(columns.batch.size).cast(pa.string()).take(message)
    ids = columns.message_id.take(message)
    came = join(
        "sm-mta[21]: ", key, ": from=<", sender, ">, size=", size, ", nrcpts=1, msgid=", ids, ", relay=", client
    )
    there = f"mailer=esmtp, relay={OFFICE365}. [{OFFICE365_IP}], dsn=2.0.0, stat=Sent (Queued mail for delivery)"
    fate = seen.either(there, "mailer=local, dsn=2.0.0, stat=Sent")
    to = join("<", pc.replace_substring(seen.recipients, ";", ">,<"), ">")
    went = join("sm-mta[22]: ", key, ": to=", to, ", delay=00:00:01, ", fate)
    return _log(seen, [(every, 0, came), (every, 1, went)], "relay2")


def _log(seen: Hops, parts: list[_Part], host: str) -> pa.Table:
    """Put the lines of each message behind one another, with stamp and host."""
    hop = np.concatenate([part[0] for part in parts])
    order = np.concatenate([np.full(len(part[0]), part[1]) for part in parts])
    at = np.lexsort((order, hop))
    text = pa.concat_arrays([part[2] for part in parts]).take(pa.array(at))
    return pa.table({"line": join(seen.at(0).take(pa.array(hop[at])), f" {host} ", text)})
