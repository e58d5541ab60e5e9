"""Which certificate the own servers presented to Office 365 at a time, and of which servers that is known.

The SMTP send logs of one server tell of that server. What they show is taken for all of them only while
the logs of every server are there that may have sent; of the others nobody knows (reference 8, certificate rule).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from analyzer.addresses import HYBRID_ROUTING, OFFICE365_HOSTS
from analyzer.tenant.model import OwnServers, Tenant
from analyzer.tenant.onpremises import SendConnector, SendLog, Sighting

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Presented:
    """What was presented from `since` up to, not including, `until` (UTC); `heard` are the servers whose logs tell."""

    names: tuple[str, ...]
    since: datetime
    until: datetime
    heard: frozenset[str] = frozenset()


def certain(sightings: Sequence[Sighting], grace: timedelta, logs: Sequence[SendLog] = ()) -> tuple[Presented, ...]:
    """Say when exactly one certificate was presented, and by the logs of which servers.

    That is from its first to its last message, less the time of any other, with `grace` before and after that: two
    servers may present two, and the clocks of server and service are not one.
    """
    spans = [(s.first - grace, s.last + grace + _INSTANT) for s in sightings]
    told = [(log.first - grace, log.last + grace + _INSTANT) for log in logs]
    edges = {t for s in sightings for t in (s.first, s.last + _INSTANT)}
    cuts = sorted(edges | {t for span in (*spans, *told) for t in span})
    found: list[Presented] = []
    for since, until in pairwise(cuts):
        near = [s for s, (begin, end) in zip(sightings, spans, strict=True) if begin <= since < end]
        if len(near) == 1 and near[0].first <= since <= near[0].last:
            heard = (log.server for log, (begin, end) in zip(logs, told, strict=True) if begin <= since < end)
            _add(found, Presented(near[0].names, since, until, frozenset(heard)))
    return tuple(found)


def _add(found: list[Presented], stretch: Presented) -> None:
    """Add a stretch of time, to the last one where it only goes on."""
    last = found[-1] if found else None
    if last and (last.names, last.until, last.heard) == (stretch.names, stretch.since, stretch.heard):
        stretch = Presented(stretch.names, found.pop().since, stretch.until, stretch.heard)
    found.append(stretch)


def unheard(own: OwnServers, logs: Sequence[SendLog], heard: frozenset[str]) -> tuple[str, ...]:
    """Name the own servers that may send to Office 365 and whose logs tell nothing of a time.

    Which servers there are the exports tell; without them, the logs of other times. Of a single server any log is.
    """
    known = _senders(own) or {log.server for log in logs if not log.by_folder}
    return tuple(sorted(known - heard)) if len(known) > 1 else ()


def _senders(own: OwnServers) -> set[str]:
    """Name the source servers of the Send connectors to Office 365, else of all, else every server."""
    enabled = [c for c in own.send or () if c.enabled]
    sending = [c for c in enabled if _to_office365(c)] or enabled
    servers = {server for c in sending for server in c.source_servers} or {c.server for c in own.receive or ()}
    return {server.partition(".")[0] for server in servers}


def _to_office365(connector: SendConnector) -> bool:
    # reference 6: the smart host or the address space of Office 365
    by_host = any(host.endswith(OFFICE365_HOSTS) for host in connector.smart_hosts)
    return by_host or any(space.domain.endswith(HYBRID_ROUTING) for space in connector.address_spaces)


def sighting_notes(tenant: Tenant) -> Iterator[str]:
    """Say what the send logs show, when it is used, whose are missing, and where mailflow.toml declares otherwise."""
    declared = tenant.settings.onpremises_certificates
    used = certain(tenant.sightings, tenant.settings.change_grace, tenant.send_logs)
    for seen in tenant.sightings:
        names, span = ", ".join(seen.names), _when(seen.first, seen.last)
        times = _joined([(p.since, p.until) for p in used if p.names == seen.names])
        count = f"{seen.messages:,} message" + "s" * (seen.messages != 1)
        told = f"certificate {names}: shown to Office 365 by {count} in the SMTP send logs, {span}"
        if not times:
            told += "; not used, as others were shown in that time"
        elif times != [(seen.first, seen.last + _INSTANT)]:
            told += f"; used {' and '.join(_when(*t) for t in times)}, as others were shown near the rest"
        yield told
        if times and declared and not set(declared) & set(seen.names):
            others = ", ".join(declared)
            yield f"certificate {others} is declared, the SMTP send logs show {names} {span}: the logs are believed"
    yield from _lacking(tenant, used)


def _joined(times: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Put together what follows without a gap."""
    found: list[tuple[datetime, datetime]] = []
    for since, until in times:
        begin = found.pop()[0] if found and found[-1][1] == since else since
        found.append((begin, until))
    return found


def _lacking(tenant: Tenant, used: Sequence[Presented]) -> Iterator[str]:
    """Name each own server whose logs do not tell, and of which time."""
    owns = [snapshot.own for snapshot in tenant.snapshots]
    silent = [(p, {name for own in owns for name in unheard(own, tenant.send_logs, p.heard)}) for p in used]
    for server in sorted({name for _, names in silent for name in names}):
        times = _joined([(p.since, p.until) for p, names in silent if server in names])
        yield (
            f"SMTP send logs: none of own server {server} {' and '.join(_when(*t) for t in times)}; "
            "mail of that time that another certificate would explain is undetermined"
        )


def _when(first: datetime, last: datetime) -> str:
    return f"from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
