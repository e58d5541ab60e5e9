"""The subjects of messages: commas, doubled quotes, line breaks, markup and letters beyond ASCII among them."""

from __future__ import annotations

from functools import cache

_SUBJECTS = (
    "Invoice {n} for October, please review",
    "RE: Meeting notes {n}",
    'FW: "Quarterly" results, draft {n}',
    "Your order #{n} has shipped",
    "Überweisung {n} bestätigt; Beleg anbei",
    "会議のお知らせ {n}",
    "Réunion n° {n} : compte rendu",
    "Re: Re: contract {n} - signature needed, urgent",
    "Newsletter {n}: what's new, what's next",
    "Pedido {n}: confirmación de envío",
    "Price list {n}\n(corrected)",
    "=SUM({n};1)",
    "<b>Offer</b> {n} & more",
    "Shift plan, week {n}",
    "C:\\scans\\{n}.pdf",
    "Out of office",
)


@cache
def subjects() -> tuple[str, ...]:
    """List the subjects: commas, doubled quotes, line breaks, markup and letters beyond ASCII among them."""
    return tuple(text.format(n=n * 31 % 9973) for n in range(1, 200) for text in _SUBJECTS)
