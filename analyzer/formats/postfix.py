"""Postfix: one row a recipient and attempt, put together by queue id (log-formats section 7)."""

from __future__ import annotations

from analyzer.formats.base import Evidence, Format, Identity
from analyzer.formats.server_rows import draft, noise_kinds
from analyzer.formats.syslog import Dialect
from analyzer.vantage import Vantage

_REJECT = r"^(?:milter-)?reject: "
_DIALECT = Dialect(
    name="postfix",
    program=r"^postfix[\w-]*/(?:[\w-]+/)*(?P<found>[\w-]+)$",
    # Short ids are hexadecimal; long ones leave out the vowels and have a z within (postconf: enable_long_queue_ids).
    key=r"NOQUEUE|[0-9A-F]{5,24}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]{9,}z[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]+",
    words={
        "message_id": r"^message-id=(?P<found>(?:<[^>]+>|=\?).*)$",
        "sender": r"^from=(?P<found><[^>]*>)",
        "size": r"^from=<[^>]*>+, size=(?P<found>\d+)",
        "client_host": r"^client=(?P<found>[^\[]*)\[",
        "client_ip": r"^client=[^\[]*\[(?P<found>[^\]]*)\]",
    },
    begins=r"^(?:client=|uid=|reject: )",
    ends=r"^(?:removed|reject: )",
    row=rf"\bstatus=[\w-]+ \(|{_REJECT}.*\bfrom=<.*\bto=<",
    cells={
        "recipient": r"(?:^|[ ,])to=(?P<found><[^>]*>|[^ ,]*)",
        "status": r"(?P<found>dsn=.*|\bstatus=.*|(?:milter-)?reject: .*?)(?:; from=<[^>]*>,? to=<.*)?$",
        "sender": rf"{_REJECT}.*\bfrom=(?P<found><[^>]*>)",
        "client_host": rf"{_REJECT}\S+ from (?P<found>[^\[ ]*)\[",
        "client_ip": rf"{_REJECT}\S+ from [^\[ ]*\[(?P<found>[^\]]*)\]",
        "hop_host": r"\brelay=(?P<found>[^\[, ]*)",
        "hop_ip": r"\brelay=[^\[, ]*\[(?P<found>[0-9A-Fa-f.:]*)\]",
    },
    kinds={
        "address-probe": r"\bstatus=(?:un)?deliverable\S* \(",
        "internal-hop": r"^to=.*\brelay=[^\[, ]*\[(?:127\.0\.0\.1|::1)\]:\d+, .*\bstatus=sent \(",
        "queue-expired": r"^from=<[^>]*>+, status=expired",
        "rejected-connection": rf"{_REJECT}(?:CONNECT|HELO|EHLO|VRFY|ETRN)",
    },
)

POSTFIX = Format(
    name="postfix",
    title="Postfix log (syslog)",
    row="a recipient at one attempt to deliver",
    evidence=Evidence.NONE,
    has_directionality=False,
    carries="Who handed the message over, its envelope, the host it went to and what that answered: of Exchange "
    "Online the Message-ID, and refusals such as 5.7.64.",
    lacks="It knows no connectors and no header sender, and BSD stamps have neither year nor zone.",
    export="Copy /var/log/maillog or /var/log/mail.log*, or journalctl -u 'postfix*' -o short-iso, of every host.",
    columns={
        name: (name,)
        for name in ("postfix", "time", "daemon", "kind", *dict.fromkeys((*_DIALECT.words, *_DIALECT.cells)))
    },
    marks=frozenset({"postfix"}),
    time="time",
    sender="sender",
    needed=("postfix",),
    draft=draft,
    noise=noise_kinds,
    vantage=Vantage.OWN_SERVER,
    dialect=_DIALECT,
    local_times=True,
    identity=Identity(repeats=True),
    caps=(),
)
