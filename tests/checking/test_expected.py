"""Route assertions as code: [[route]] against the configuration, [[traffic]] against a report."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from analyzer.checking import Check, Status, check_expected, junit
from analyzer.errors import UnreadableInput, UsageError
from analyzer.report.analysis import analyze
from analyzer.report.report import Report
from analyzer.simulator import generate
from analyzer.tenant import load_tenant
from analyzer.tenant.predicates import Predicate
from tests.builders import BOB, FOREIGN_HOST, JOHN, OUR_SERVER, SUN, outbound, rule, tenant

PASSED, FAILED, UNKNOWN = Status


def expected(tmp_path: Path, text: str, report: Report | None = None) -> tuple[Check, ...]:
    """Check a file of expectations against the plain hybrid tenant."""
    file = tmp_path / "routes.toml"
    file.write_text(text, encoding="utf-8")
    return check_expected(file, tenant(), report)


@pytest.mark.parametrize(
    "keys, status",
    [
        (f'to = "{JOHN}"\nleaves = "To on-premises"', PASSED),
        (f'to = "{JOHN}"\nleaves = "to On-Premises"', PASSED),  # names compare without case
        (f'to = "{JOHN}"\nleaves = "none"', FAILED),
        ('to = "example.org"\nleaves = "none"', PASSED),  # a domain
        (f'to = "{BOB}"\nleaves = "local"', PASSED),
        (f'to = "{BOB}"\nfrom = "{JOHN}"\nip = "{OUR_SERVER}"\narrives = "From on-premises"', PASSED),
        (f'to = "{BOB}"\nfrom = "{SUN}"\nip = "{FOREIGN_HOST}"\narrives = "none"\nleaves = "local"', PASSED),
        (f'to = "{BOB}"\nfrom = "{SUN}"\nip = "{FOREIGN_HOST}"\narrives = "From on-premises"', FAILED),
        ('to = "new@contoso.com"\nleaves = "To on-premises"', UNKNOWN),  # where the mailbox lives is not known
        ('to = "new@contoso.com"\ndestination = "onpremises"\nleaves = "To on-premises"', PASSED),
        (f'to = "{BOB}"\narrives = "none"', FAILED),  # mail from the cloud does not arrive
    ],
)
def test_routes(tmp_path: Path, keys: str, status: Status) -> None:
    """A route is decided like a made-up message and compared side by side."""
    (found,) = expected(tmp_path, f"[[route]]\n{keys}\n")

    assert found.status is status
    assert bool(found.why) == (status is not PASSED)


RULED = tenant(
    outbound=(outbound("Ruled", rule_scoped=True),),
    rules=(rule("Ruled", senders=(BOB,), conditions=(Predicate("MessageSizeOver", ("1000000",)),)),),
)
OFFERS = tenant(
    outbound=(outbound("Ruled", rule_scoped=True),),
    rules=(rule("Ruled", conditions=(Predicate("SubjectContainsWords", ("offer",)),)),),
)


@pytest.mark.parametrize(
    "keys, status",
    [
        (f'from = "{BOB}"\nsize = 9000000', PASSED),
        (f'from = "{BOB}"\nsize = 10', FAILED),
        (f'from = "{BOB}"', UNKNOWN),  # the size is open
        (f'from = "{BOB}"\nheader_from = "{JOHN}"\nsize = 9000000', FAILED),
    ],
)
def test_a_route_may_say_what_rules_look_at(tmp_path: Path, keys: str, status: Status) -> None:
    """Size and header sender of a route decide the rules that look at them."""
    file = tmp_path / "routes.toml"
    file.write_text(f'[[route]]\nto = "{SUN}"\norigin = "cloud"\nleaves = "Ruled"\n{keys}\n', encoding="utf-8")

    (found,) = check_expected(file, RULED, None)

    assert found.status is status


@pytest.mark.parametrize("key, status", [('subject = "An offer"', PASSED), ('subject = ""', FAILED), ("", UNKNOWN)])
def test_a_route_may_say_its_subject(tmp_path: Path, key: str, status: Status) -> None:
    """The subject of a route decides the rules that look at it; without one they are open."""
    file = tmp_path / "routes.toml"
    file.write_text(f'[[route]]\nto = "{SUN}"\norigin = "cloud"\nleaves = "Ruled"\n{key}\n', encoding="utf-8")

    (found,) = check_expected(file, OFFERS, None)

    assert found.status is status


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A judged month of a small generated company."""
    folder = tmp_path_factory.mktemp("company")
    made = generate(folder, rows=2_000, formats=["extended"])
    return analyze([str(made.logs["extended"])], load_tenant(made.tenant), out=folder / "report")


def test_traffic_is_counted_by_every_filter(tmp_path: Path, report: Report) -> None:
    """Each key of [[traffic]] narrows the count to the rows that a plain scan of the report gives."""
    rows = report.messages().to_table().to_pandas()
    rows["sender"] = rows["envelope_sender"].astype("object").fillna(rows["header_from"]).fillna("")
    domain = rows["sender"].str.rpartition("@")[2].str.lower()
    moment = rows["received_at"].sort_values().iloc[len(rows) // 2]
    outbound = rows["logged_outbound_connector"].dropna().iloc[0]
    cases = {
        f'path = "{rows["path"].iloc[0]}"': rows["path"] == rows["path"].iloc[0],
        f'outbound = "{outbound}"': rows["logged_outbound_connector"] == outbound,
        'outbound = "none"': rows["logged_outbound_connector"].isna() & rows["evidence"].isin(["outbound", "both"]),
        'from = "*.contoso.com"': (domain == "contoso.com") | domain.str.endswith(".contoso.com"),
        f'to = "{rows["recipient"].iloc[0]}"': rows["recipient"] == rows["recipient"].iloc[0],
        'source = "192.0.2.0/24"': rows["connecting_ip"].str.startswith("192.0.2.").fillna(value=False),
        'verdict = "match"': rows["verdict"] == "match",
        f'since = "{moment.isoformat()}"': rows["received_at"] >= moment,
        f'until = "{moment.isoformat()}"': rows["received_at"] < moment,
    }
    text = "\n".join(f"[[traffic]]\n{key}\nat_least = 1\n" for key in cases)
    found = [check.found for check in expected(tmp_path, text, report)]

    assert found == [f"{int(mask.sum()):,} messages" for mask in cases.values()]
    assert "0 messages" not in found


@pytest.mark.parametrize(
    "bounds, status",
    [
        ("at_most = 0", FAILED),
        ("at_least = 1", PASSED),
        ("at_least = 1\nat_most = 1", FAILED),
        ("at_least = 999999", FAILED),
    ],
)
def test_bounds(tmp_path: Path, report: Report, bounds: str, status: Status) -> None:
    """at_least and at_most bound the count; what was seen is told with its period and examples."""
    (found,) = expected(tmp_path, f'[[traffic]]\nname = "own"\nverdict = "match"\n{bounds}\n', report)

    assert (found.name, found.status) == ("own", status)
    assert found.why[0].startswith("seen from ")
    assert found.why[1].startswith("for example <")


def test_nothing_from_the_old_relay(tmp_path: Path, report: Report) -> None:
    """An address that nobody used passes `at_most = 0`."""
    (found,) = expected(tmp_path, '[[traffic]]\nsource = "198.51.100.250"\nat_most = 0\n', report)

    assert (found.status, found.name, found.why) == (PASSED, "source 198.51.100.250", ())


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "expects nothing"),
        ("[[route]]\n", "route table 1 to: field required"),
        ('[[route]]\nto = "x@y.example"\n', "leaves or arrives is missing"),
        ('[[route]]\nto = "x@y.example"\nleave = "none"\nleaves = "none"\n', "route table 1 leave: extra"),
        ('[[traffic]]\nverdict = "match"\n', "at_least or at_most is missing"),
        ('[[traffic]]\nverdict = "wrong"\nat_most = 0\n', "'wrong' is no verdict"),
        ("[[traffic]]\nat_most = -1\n", "table 1 at_most"),
        ("[[route", "broken TOML"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_clear_line(tmp_path: Path, text: str, words: str) -> None:
    """The first table that cannot be understood is named, with what would be accepted."""
    with pytest.raises(UnreadableInput, match=words):
        expected(tmp_path, text)


def test_what_an_expectation_needs_is_asked_for(tmp_path: Path) -> None:
    """Routes need a tenant, traffic a report."""
    file = tmp_path / "routes.toml"
    file.write_text('[[route]]\nto = "example.org"\nleaves = "none"\n', encoding="utf-8")
    with pytest.raises(UsageError, match="--tenant DIR"):
        check_expected(file, None, None)
    with pytest.raises(UsageError, match="--report DIR"):
        expected(tmp_path, "[[traffic]]\nat_most = 0\n")


def test_a_source_that_is_no_address_is_one_clear_line(tmp_path: Path, report: Report) -> None:
    """A range is refused with an example of one."""
    with pytest.raises(UsageError, match=r"192\.0\.2\.0/24 would be accepted"):
        expected(tmp_path, '[[traffic]]\nsource = "the old relay"\nat_most = 0\n', report)


def test_junit_tells_passed_failed_and_skipped(tmp_path: Path) -> None:
    """A CI server sees failures as such and what cannot be told as skipped; names are escaped."""
    text = """
        [[route]]
        name = "<Bob> & co"
        to = "bob@contoso.com"
        leaves = "local"
        [[route]]
        to = "bob@contoso.com"
        leaves = "none"
        [[route]]
        to = "new@contoso.com"
        leaves = "local"
    """
    suite = ET.fromstring(junit(expected(tmp_path, text), "routes"))

    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    assert suite[0].get("name") == "<Bob> & co"
    assert [[child.tag for child in case] for case in suite] == [[], ["failure"], ["skipped"]]
