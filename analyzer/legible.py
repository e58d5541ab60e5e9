"""Text from logs and configurations, made fit to be shown: one line, harmless, of bounded length."""

from __future__ import annotations

THIN = "\u202f"  # the narrow space that does not break, between thousands


def legible(text: str | None, width: int = 400, *, cut: str = "…") -> str:
    r"""Write a text as one line of printable characters, shortened in the middle.

    Control characters, escape sequences for terminals, line breaks and marks that turn the direction
    of writing are spelled out (`\x1b`, `\n`, `\u202e`), so that they are seen and do nothing.
    """
    if text is None:
        return ""
    shown = "".join(mark if mark.isprintable() or mark == THIN else ascii(mark)[1:-1] for mark in text[: 4 * width])
    if len(shown) <= width:
        return shown
    tail = width // 3
    return f"{shown[: width - tail - len(cut)]}{cut}{shown[-tail:]}"


def grouped(number: float, *, mark: str = THIN) -> str:
    """Write a count with a mark between the thousands: a thin space that does not break."""
    return f"{number:,.0f}".replace(",", mark)


def counted(number: int, noun: str, *, mark: str = THIN) -> str:
    """Write a number with its noun: 1 log, 2 logs."""
    return f"{grouped(number, mark=mark)} {noun}{'' if number == 1 else 's'}"


def share(part: int, whole: int) -> str:
    """Write a share in per cent so that neither a few nor all but a few look like none or all."""
    if not whole or not part:
        return "0 %"
    percent = 100 * part / whole
    if percent < 0.01:
        return "< 0.01 %"
    if percent < 1:
        return f"{percent:.2f} %"
    return "> 99.9 %" if part < whole and percent > 99.9 else f"{percent:.1f} %".replace("100.0", "100")
