"""Other people's log analysers on logs of their own: pflogsumm and lnav on a Postfix log, goaccess on an access log.

None of them reruns a routing decision or writes Parquet; they show the class of speed that an administrator
is used to. They come from the distribution; where one is missing and apt can install it, it is installed.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

PEERS = ("pflogsumm", "lnav", "goaccess")
_PATHS = "/", "/index.html", "/owa/", "/mail/inbox?page=2", "/EWS/Exchange.asmx", "/static/app.js"
_AGENTS = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "curl/8.5.0"


def available() -> tuple[str, ...]:
    """Install what is missing, if this is Debian and we are root; name what is there."""
    missing = [name for name in PEERS if _found(name) is None]
    if missing and shutil.which("apt-get") and os.geteuid() == 0:
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for name in (gone := [name for name in PEERS if _found(name) is None]):
        print(f"NOT MEASURED: {name} is not installed; `apt-get install {name}` as root", file=sys.stderr)
    return tuple(name for name in PEERS if name not in gone)


def _found(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def version(name: str) -> str:
    """Give the version of a peer, as Debian numbers it."""
    if shutil.which("dpkg-query") is None:
        return "unknown"
    command = ["dpkg-query", "-W", "-f", "${Version}", name]
    found = subprocess.run(command, check=False, capture_output=True, text=True)
    return found.stdout.rpartition(":")[2].partition("-")[0] or "unknown"


def command(name: str, log: Path, out: Path) -> list[str]:
    """Give the command that has a peer read the whole log and count."""
    program = _found(name) or name
    if name == "pflogsumm":
        return [program, str(log)]
    if name == "goaccess":
        return [program, str(log), "--log-format=COMBINED", "--no-progress", "-o", f"{out}.json"]
    query = ";SELECT log_procname, count(*) FROM syslog_log GROUP BY log_procname"
    return [program, "-n", "-c", query, "-c", ":write-csv-to -", str(log)]


def maillog(source: Path, target: Path, lines: int) -> Path:
    """Take the first lines of a generated Postfix log."""
    if not target.is_file():
        with source.open("rb") as whole, target.open("wb") as part:
            part.writelines(line for _, line in zip(range(lines), whole, strict=False))
    return target


def access_log(target: Path, lines: int) -> Path:
    """Write a seeded access log in combined form: a few thousand clients, some paths, two agents."""
    if target.is_file():
        return target
    draw, start = random.Random(1), datetime(2026, 10, 1, tzinfo=UTC)
    # Clients and requests are drawn once and combined line by line: drawing each word takes minutes.
    clients = [f"203.0.113.{n % 256}" if n % 3 else f"2001:db8::{n:x}" for n in range(5000)]
    requests = [
        f'"GET {draw.choice(_PATHS)} HTTP/1.1" {draw.choice((200, 200, 304, 404))} {draw.randrange(200, 90000)} '
        f'"https://www.example.com/" "{draw.choice(_AGENTS)}"\n'
        for _ in range(9973)
    ]
    step = 30 * 86400 / lines
    with target.open("w", encoding="ascii") as file:
        for second in range(0, lines, 1000):
            at = f"{start + timedelta(seconds=int(second * step)):%d/%b/%Y:%H:%M:%S +0000}"
            file.writelines(
                f"{clients[n * 7919 % 5000]} - - [{at}] {requests[n % 9973]}"
                for n in range(second, min(second + 1000, lines))
            )
    return target
