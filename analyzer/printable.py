"""Text from logs and configurations, made safe to print on a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Spell out what a terminal would obey or hide: control characters, line breaks, direction marks.

    >>> printable(chr(27) + "[31m") == chr(92) + "x1b[31m"
    True
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
