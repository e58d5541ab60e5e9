"""What a check comes to, and the JUnit form of many."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from analyzer.printable import printable


class Status(StrEnum):
    """How a check ended; `unknown`: an input is missing that would change the answer."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One statement, checked: what was stated, what was found, and why where they differ."""

    name: str
    status: Status
    stated: str
    found: str
    why: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Give the check as plain values."""
        return {**asdict(self), "status": self.status.value, "why": list(self.why)}

    def __str__(self) -> str:
        """Print one line, and below it why, where it did not pass."""
        head = f"{self.status.value:<8}{self.name}"
        if self.status is Status.PASSED:
            return printable(head)
        lines = (f"{head}: stated {self.stated}, found {self.found}", *(f"        {line}" for line in self.why))
        return "\n".join(printable(line) for line in lines)


def tally(checks: Sequence[Check]) -> str:
    """Say in a line how the checks ended."""
    counts = Counter(check.status for check in checks)
    return ", ".join(f"{counts[status]} {status.value}" for status in Status)


def junit(checks: Sequence[Check], suite: str) -> str:
    """Write checks as JUnit XML; what cannot be told is skipped, with the reason."""
    counts = Counter(check.status for check in checks)
    root = ET.Element(
        "testsuite",
        name=suite,
        tests=str(len(checks)),
        failures=str(counts[Status.FAILED]),
        skipped=str(counts[Status.UNKNOWN]),
    )
    for check in checks:
        case = ET.SubElement(root, "testcase", name=printable(check.name), classname=suite)
        if check.status is not Status.PASSED:
            kind = "failure" if check.status is Status.FAILED else "skipped"
            text = printable(f"stated {check.stated}, found {check.found}")
            ET.SubElement(case, kind, message=text).text = "\n".join(printable(line) for line in check.why)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
