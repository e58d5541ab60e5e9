"""SMTP send protocol logs of a few sessions, written as Exchange Server writes them (log-formats section 6b)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

OFFICE365, FABRIKAM = "AB1EUR01FT001.mail.protection.outlook.com", "mail.fabrikam.com"
_HEADER = (
    "#Software: Microsoft Exchange Server\r\n#Version: 15.0.0.0\r\n#Log-type: SMTP Send Protocol Log\r\n"
    "#Date: 2025-03-24T00:00:00.000Z\r\n"
    "#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context\r\n"
)
_VALID = "2024-05-01T00:00:00.000Z 2027-05-01T00:00:00.000Z"


def send_log(lines: Iterable[str]) -> bytes:
    """Write a log of these lines."""
    return (_HEADER + "".join(f"{line}\r\n" for line in lines)).encode()


def session(
    moment: datetime,
    key: str = "08DD6A11C0DE0102",
    *,
    host: str = OFFICE365,
    certificate: str = "mail.contoso.com",
    context: str = "Sending certificate Subject",
    helo: str = "ex1.contoso.com",
    mail: bool = True,
) -> list[str]:
    """Write a session that sends one message; a certificate as `SUBJECT|NAMES` takes lines of its own."""
    subject, _, names = certificate.partition("|")
    shown = [
        ("*", f" CN={subject} CN=Contoso CA 12AB 0A1B {_VALID} {subject}", f"{context} Issuer name"),
    ]
    if names:
        shown = [("*", "", context), ("*", subject, "Certificate subject"), ("*", names, "Certificate alternate names")]
    said = [
        ("+", "", ""),
        ("<", f"220 {host} Microsoft ESMTP MAIL Service ready", ""),
        (">", f"EHLO {helo}", ""),
        ("<", f"250 {host} Hello [192.0.2.10] SIZE 157286400", ""),
        (">", "STARTTLS", ""),
        *(shown if certificate else []),
        ("*", "", "TLS protocol SP_PROT_TLS1_2_CLIENT negotiation succeeded"),
        *([(">", "MAIL FROM:<john@contoso.com> SIZE=1000", "")] if mail else []),
        ("<", f"250 2.6.0 <1@contoso.com> [InternalId=1, Hostname={host}] Queued", ""),
        ("-", "", "Local"),
    ]
    start = f"{moment:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z,Outbound to Office 365,{key}"
    ends = "192.0.2.10:24518,203.0.113.70:25"
    return [
        f'{start},{n},{ends},{event},"{data}",{told}' if data else f"{start},{n},{ends},{event},,{told}"
        for n, (event, data, told) in enumerate(said)
    ]
