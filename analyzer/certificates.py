"""The certificates that the lines of one SMTP session show, in logs of Exchange Server (log-formats section 6b)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NAMES = re.compile(r"\bCN=([^,\s]+)|^\s*([\w*-]+(?:\.[\w-]+)+(?:;[^\s;]+)*)\s*$")
_ALTERNATE = re.compile(r"\d{4}-\d\d-\d\dT\S+ \d{4}-\d\d-\d\dT\S+ (\S+)\s*$")
_SHOWN = re.compile(r"(Sending|Received|Remote) certificate")
_NOT_SHOWN = re.compile("EmptyCertificate|NoRemoteCertificate")


@dataclass(slots=True)
class ShownCertificates:
    """Subject and alternate names, by whether the server that wrote the log sent the certificate."""

    _shown: dict[bool, list[str]] = field(default_factory=dict)
    _sending: bool = False

    def line(self, data: str, context: str) -> None:
        """Take in a line of information; older servers write subject and alternate names on lines of their own."""
        if _NOT_SHOWN.search(context):
            self._shown.setdefault(False, [])
        elif shown := _SHOWN.search(context):
            self._sending = shown[1] == "Sending"
            self._shown[self._sending] = []
            self._names(data)
        elif re.match(r"Certificate (?:subject|alternate names)", context):
            self._names(data)

    def names(self, *, sent: bool) -> tuple[str, ...] | None:
        """Give the names of our certificate or the peer's; none where none was shown, None where nothing is said."""
        shown = self._shown.get(sent)
        return None if shown is None else tuple(dict.fromkeys(shown))

    def _names(self, data: str) -> None:
        """Add the subject's and the alternate names; the first of two subjects is not the issuer's."""
        names = self._shown.setdefault(self._sending, [])
        if found := _NAMES.search(data):
            names += (found[1] or found[2]).split(";")
        if found := _ALTERNATE.search(data):
            names += found[1].split(";")
