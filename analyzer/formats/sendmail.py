"""Sendmail: one row a recipient and attempt, put together by queue id (log-formats section 7)."""

from __future__ import annotations

from analyzer.formats.base import Evidence, Format, Identity
from analyzer.formats.server_rows import draft, noise_kinds
from analyzer.formats.syslog import Dialect
from analyzer.vantage import Vantage

_REJECT = r"^ruleset=check_(?:rcpt|relay|mail), "
_DIALECT = Dialect(
    name="sendmail",
    program=r"^(?P<found>sendmail|sm-[\w-]+)$",
    key=r"[0-9A-Za-z]{8,9}\d{5,8}",
    words={
        "message_id": r"\bmsgid=(?P<found><[^>]+>)",
        "sender": r"^from=(?P<found><[^>]*>|[^,]+),",
        "size": r"^from=.*?, size=(?P<found>\d+)",
        "client_host": r"^from=.*\brelay=(?P<found>[^\[, ]*)",
        "client_ip": r"^from=.*\brelay=[^\[]*\[(?P<found>[0-9A-Fa-f.:]*)\]",
    },
    begins=r"^from=",
    ends=r"^done;",
    row=rf"^to=.*\bstat=|{_REJECT}.*\breject=",
    cells={
        "recipient": r"(?:^to=|check_rcpt, arg1=)(?P<found>.*?), (?:ctladdr|delay|relay)=",
        "status": r"(?P<found>(?:dsn=[0-9.]+, )?stat=.*|reject=.*)$",
        "client_host": rf"{_REJECT}.*\brelay=(?P<found>[^\[, ]*)",
        "client_ip": rf"{_REJECT}.*\brelay=[^\[]*\[(?P<found>[0-9A-Fa-f.:]*)\]",
        "hop_host": r"^to=.*?\brelay=(?P<found>[^\[, ]*)",
        "hop_ip": r"^to=.*?\brelay=[^\[]*?\[(?P<found>[0-9A-Fa-f.:]*)\]",
    },
    kinds={
        "internal-hop": r"^to=.*\brelay=[^\[, ]*\s*\[(?:127\.0\.0\.1|IPv6:::1)\].*\bstat=Sent",
        "rejected-connection": r"^ruleset=check_(?:relay|mail), ",
    },
)

SENDMAIL = Format(
    name="sendmail",
    title="Sendmail log (syslog)",
    row="a recipient at one attempt to deliver",
    evidence=Evidence.NONE,
    has_directionality=False,
    carries="Who handed the message over, its envelope and Message-ID, the host it went to and what that answered.",
    lacks="It knows no connectors and no header sender, and BSD stamps have neither year nor zone.",
    export="Copy /var/log/maillog* of every host.",
    columns={
        name: (name,)
        for name in ("sendmail", "time", "daemon", "kind", *dict.fromkeys((*_DIALECT.words, *_DIALECT.cells)))
    },
    marks=frozenset({"sendmail"}),
    time="time",
    sender="sender",
    needed=("sendmail",),
    draft=draft,
    noise=noise_kinds,
    vantage=Vantage.OWN_SERVER,
    dialect=_DIALECT,
    local_times=True,
    identity=Identity(repeats=True),
    caps=(),
)
