"""The subjects of messages: commas, doubled quotes, line breaks, markup and letters beyond ASCII among them."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

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


_ABOUT_A_CONTRACT = next(number for number, text in enumerate(_SUBJECTS) if "contract" in text)


def on_topic(drawn: Ints, contracts: Ints) -> Ints:
    """Let drawn subjects be about a contract where `contracts` is 1, about something else where it is -1."""
    topic = drawn % len(_SUBJECTS)
    settled = np.where(contracts == 1, drawn - topic + _ABOUT_A_CONTRACT, drawn)
    return np.where((contracts == -1) & (topic == _ABOUT_A_CONTRACT), drawn + 1, settled)


@cache
def subjects() -> tuple[str, ...]:
    """List the subjects: commas, doubled quotes, line breaks, markup and letters beyond ASCII among them."""
    return tuple(text.format(n=n * 31 % 9973) for n in range(1, 200) for text in _SUBJECTS)
