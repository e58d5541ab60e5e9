"""A second engine, slow and plain, written from the reference text alone (its sections are cited at each branch).

It imports of the program nothing but the frozen values of a tenant, and knows no missing input:
`tests/two_engines` tries every value that an input could have and holds the first engine against the outcome.
"""

from tests.reference.answers import Answer
from tests.reference.arriving import Arriving, arrive, originating
from tests.reference.judging import Configuration, judge_arriving, judge_leaving
from tests.reference.leaving import Leaving, leave
from tests.reference.own_servers import Sending, egress, receive, send
from tests.reference.ruling import Seen, ruled
from tests.reference.showing import destination

__all__ = [
    "Answer",
    "Arriving",
    "Configuration",
    "Leaving",
    "Seen",
    "Sending",
    "arrive",
    "destination",
    "egress",
    "judge_arriving",
    "judge_leaving",
    "leave",
    "originating",
    "receive",
    "ruled",
    "send",
]
