"""The real command, run as a user runs it: what it prints, where, and with which exit code."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from shutil import copytree
from typing import Any

import pyarrow.parquet as pq
import pytest

from analyzer.schema import MESSAGES, REJECTS
from analyzer.simulator import Generated, generate

HEADER = (
    "origin_timestamp_utc,sender_address,recipient_status,message_subject,total_bytes,message_id,network_message_id,"
    "original_client_ip,directionality,connector_id,delivery_priority\r\n"
)
ROW = (
    '2026-10-0{day}T08:00:00Z,sun@wingtiptoys.com,"{to}@contoso.com##Receive, Deliver","Offer\r\n""{to}"", final",100,'
    "<{to}@wingtiptoys.com>,41f8b3d60e9c4a72a5d808dd6a11fa05,203.0.113.9,1,,Normal\r\n"
)
LOG = HEADER + "".join(ROW.format(day=i % 9 + 1, to=f"user{i}") for i in range(20))


def mailflow(*arguments: object, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line in a fresh process."""
    command = [sys.executable, "-m", "analyzer", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, **options)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """A generated company with a small month of traffic."""
    return generate(tmp_path_factory.mktemp("company"), rows=2_000)


@pytest.fixture
def tenant(company: Generated) -> Path:
    """The company's tenant folder."""
    return company.tenant


def test_analyze_leaves_the_whole_report(company: Generated, tmp_path: Path) -> None:
    """The main job ends with the sum of the rows and the path of the report, and every promised file is there."""
    done = mailflow(
        "analyze", company.logs["enhanced-summary"], "--tenant", company.tenant, "--out", "audit", cwd=tmp_path
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "rejected" in done.stdout
    assert done.stdout.rstrip().endswith("report.html")
    expected = {"run.json", "messages", "rejects.parquet", "causes.parquet", "findings.parquet", "findings.json"}
    assert expected | {"summaries", "charts", "report.html"} == {p.name for p in (tmp_path / "audit").iterdir()}
    assert pq.read_schema(next((tmp_path / "audit" / "messages").iterdir())).names == MESSAGES.arrow.names
    assert pq.read_schema(tmp_path / "audit" / "rejects.parquet").names == REJECTS.arrow.names


def test_the_books_stand_in_run_json(company: Generated, tmp_path: Path) -> None:
    """Rows are read, rejected or declared noise; the run record holds the sum and the digests."""
    mailflow("analyze", company.logs["extended"], "--tenant", company.tenant, "--out", "audit", cwd=tmp_path)
    run = json.loads((tmp_path / "audit" / "run.json").read_text("utf-8"))

    books = run["books"]
    assert books["rows"] == books["read"] + books["rejected"] + books["noise"]
    assert books["noise"] == sum(sum(i["noise"].values()) for i in run["inputs"]) > 0
    assert all(len(i["sha256"]) == 64 for i in run["inputs"])


ENCODINGS = [
    ("utf-8", b""),
    ("utf-8", b"\xef\xbb\xbf"),
    ("utf-16-le", b""),
    ("utf-16-le", b"\xff\xfe"),
    ("utf-16-be", b"\xfe\xff"),
]


@pytest.mark.parametrize("encoding, mark", ENCODINGS)
def test_encodings_are_told_from_the_bytes(tmp_path: Path, encoding: str, mark: bytes) -> None:
    """UTF-8 and UTF-16, with and without a mark, with line breaks inside quotes, are read whole."""
    (tmp_path / "log.csv").write_bytes(mark + LOG.encode(encoding))
    done = mailflow("validate", "log.csv", "--json", cwd=tmp_path)
    (check,) = json.loads(done.stdout)["logs"]

    assert done.returncode == 0
    assert (check["format"], check["rows"], check["read"], check["rejected"]) == ("enhanced-summary", 20, 20, 0)


def test_packed_and_piped_logs(tenant: Path, tmp_path: Path) -> None:
    """gz, zip, globs and standard input give the same rows, told by content and not by name."""
    (tmp_path / "a.log").write_bytes(gzip.compress(LOG.encode()))
    with zipfile.ZipFile(tmp_path / "b.dat", "w") as archive:
        archive.writestr("inner/b.csv", LOG)
    several = mailflow("analyze", "*.log", "b.dat", "--tenant", tenant, "--out", "several", "--json", cwd=tmp_path)
    piped = mailflow("analyze", "-", "--tenant", tenant, "--out", "piped", "--json", cwd=tmp_path, input=LOG)

    inputs = json.loads(several.stdout)["run"]["inputs"]
    assert [(i["name"], i["rows"]) for i in inputs] == [("a.log", 20), ("b.dat!inner/b.csv", 20)]
    assert json.loads(piped.stdout)["run"]["books"]["rows"] == 20


def test_a_cut_file_is_said_and_counted(tenant: Path, tmp_path: Path) -> None:
    """A file that ends inside a row is read as far as it goes; the rest is a reject, and --strict makes it exit 4."""
    (tmp_path / "cut.csv").write_bytes(LOG.encode()[:-40])
    done = mailflow("analyze", "cut.csv", "--tenant", tenant, "--out", "audit", cwd=tmp_path)
    strict = mailflow("analyze", "cut.csv", "--tenant", tenant, "--out", "other", "--strict", cwd=tmp_path)
    rejects = pq.read_table(tmp_path / "audit" / "rejects.parquet").to_pylist()

    assert (done.returncode, strict.returncode) == (0, 4)
    assert [(r["source_file"], r["source_row"]) for r in rejects] == [("cut.csv", 20)]
    assert "user19" in rejects[0]["raw"]
    assert "`mailflow validate LOG` shows the first" in done.stdout


UNREADABLE = {
    "foreign.csv": b"Name,Colour\nrose,red\n",
    "empty.csv": b"",
    "picture.png": bytes(range(256)) * 20,
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_log_gets_one_clear_line(tenant: Path, tmp_path: Path, name: str) -> None:
    """Another program's file, an empty one and garbage give one line that names the file, and exit code 3."""
    (tmp_path / name).write_bytes(UNREADABLE[name])
    done = mailflow("analyze", name, "--tenant", tenant, "--out", "audit", cwd=tmp_path)

    assert done.returncode == 3
    assert len(done.stderr.strip().splitlines()) == 1
    assert name in done.stderr
    assert not (tmp_path / "audit").exists()


def test_one_bad_file_among_good_ones_is_named(tenant: Path, tmp_path: Path) -> None:
    """One unreadable file does not spoil the run; it is named, and is exit 4 under --strict."""
    (tmp_path / "good.csv").write_text(LOG, "utf-8")
    (tmp_path / "bad.csv").write_bytes(UNREADABLE["foreign.csv"])
    given = ["analyze", "good.csv", "bad.csv", "--tenant", tenant]
    done = mailflow(*given, "--out", "audit", "--json", cwd=tmp_path)
    strict = mailflow(*given, "--out", "other", "--strict", cwd=tmp_path)

    assert (done.returncode, strict.returncode) == (0, 4)
    assert "bad.csv" in done.stderr
    assert any("bad.csv" in note for note in json.loads(done.stdout)["run"]["completeness"]["notes"])


def test_a_broken_export_gets_one_clear_line(company: Generated, tmp_path: Path) -> None:
    """A tenant folder with one broken export names the file and gives exit code 3."""
    folder = tmp_path / "tenant"
    copytree(company.tenant, folder)
    (folder / "OutboundConnectors.json").write_text('[{"Name": "Connector 1", ', "utf-8")
    done = mailflow("analyze", company.logs["extended"], "--tenant", folder, "--out", "audit", cwd=tmp_path)

    assert done.returncode == 3
    assert "OutboundConnectors.json" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


USAGE = [
    (["analyze", "log.csv", "--tenant", "T", "--out", "audit", "--policy", "precedence"], "NAME=VALUE"),
    (["analyze", "log.csv", "--tenant", "T", "--out", "audit", "--policy", "precedence=third"], "example, list"),
    (["analyze", "log.csv", "--tenant", "T", "--out", "audit", "--since", "someday"], "not a time"),
    (["analyze", "log.csv", "--tenant", "T", "--out", "audit", "--format", "syslog"], "enhanced-summary"),
    (["analyze", "log.csv", "--tenant", "T", "--out", "."], "exists already"),
    (["route", "--tenant", "T", "--to", "a@contoso.com", "--policy", "nothing=1"], "precedence"),
    (["validate"], "nothing to look at"),
    (["explain", "<nobody@contoso.com>"], "--report"),
    (["fly"], "No such command"),
]


@pytest.mark.parametrize("arguments, words", USAGE, ids=[" ".join(a[:1] + a[-1:]) for a, _ in USAGE])
def test_usage_mistakes(tenant: Path, tmp_path: Path, arguments: list[str], words: str) -> None:
    """A mistake of usage says what would be accepted and gives exit code 2."""
    (tmp_path / "log.csv").write_text(LOG, "utf-8")
    done = mailflow(*(str(tenant) if a == "T" else a for a in arguments), cwd=tmp_path)

    assert done.returncode == 2
    assert words in done.stderr


def test_an_earlier_report_is_replaced_only_by_force(company: Generated, tmp_path: Path) -> None:
    """An existing report is refused without --force and whole with it; a folder of others is never replaced."""
    given = ["analyze", company.logs["enhanced-summary"], "--tenant", company.tenant, "--out"]
    mailflow(*given, "audit", cwd=tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine", "utf-8")

    assert mailflow(*given, "audit", cwd=tmp_path).returncode == 2
    assert mailflow(*given, "audit", "--force", cwd=tmp_path).returncode == 0
    assert mailflow(*given, "mine", "--force", cwd=tmp_path).returncode == 2
    assert (tmp_path / "mine" / "letter.txt").read_text("utf-8") == "mine"


@pytest.mark.parametrize("severity, code", [("high", 1), ("info", 1)])
def test_fail_on(company: Generated, tmp_path: Path, severity: str, code: int) -> None:
    """Findings at or above --fail-on give exit code 1."""
    given = ["analyze", company.logs["enhanced-summary"], "--tenant", company.tenant, "--out", "audit"]

    assert mailflow(*given, "--fail-on", severity, cwd=tmp_path).returncode == code


def test_period(tenant: Path, tmp_path: Path) -> None:
    """--since is included, --until is not, and rows outside are counted as noise."""
    (tmp_path / "log.csv").write_text(LOG, "utf-8")
    period = ["--since", "2026-10-02", "--until", "2026-10-03T10:00+02:00"]
    done = mailflow("analyze", "log.csv", "--tenant", tenant, "--out", "audit", "--json", *period, cwd=tmp_path)
    (book,) = json.loads(done.stdout)["run"]["inputs"]

    assert book["noise"] == {"outside-period": 20 - book["read"]}
    assert book["read"] == sum(i % 9 + 1 == 2 for i in range(20))


def test_output_does_not_depend_on_the_workers(company: Generated, tmp_path: Path) -> None:
    """One worker or four, once or twice: every Parquet file has the same bytes."""
    for name, workers in (("one", 1), ("four", 4)):
        given = ["analyze", company.logs["extended"], company.logs["enhanced-summary"], "--tenant", company.tenant]
        mailflow(*given, "--out", name, "--workers", str(workers), cwd=tmp_path)
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.parquet"))

    assert files
    assert [f for f in files if (tmp_path / "one" / f).read_bytes() != (tmp_path / "four" / f).read_bytes()] == []


def test_interrupted_runs_leave_nothing(tmp_path: Path) -> None:
    """Ctrl-C ends with exit code 130, no half result and no leftovers."""
    big = generate(tmp_path / "big", rows=400_000, formats=("extended",))
    # What a shell starts in the background ignores Ctrl-C, and so would all that these tests start.
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import analyzer.__main__"
    command = [
        sys.executable,
        "-c",
        heeding,
        "analyze",
        big.logs["extended"],
        "--tenant",
        big.tenant,
        "--out",
        "audit",
    ]
    running = subprocess.Popen(list(map(str, command)), cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob(".audit.*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)

    assert running.returncode == 130
    assert "interrupted" in said
    assert sorted(p.name for p in tmp_path.iterdir()) == ["big"]


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    """A reader that leaves early, as `head` does, is no failure."""
    command = f"{sys.executable} -m analyzer list schema | head -1"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.stdout.strip() == "messages"
    assert done.stderr == ""


def test_explain_a_message_and_a_finding(company: Generated, tmp_path: Path) -> None:
    """A logged message is explained with its verdict and steps, a finding code with its page."""
    mailflow("analyze", company.logs["enhanced-summary"], "--tenant", company.tenant, "--out", "audit", cwd=tmp_path)
    rows = pq.read_table(tmp_path / "audit" / "messages").to_pylist()
    row = next(r for r in rows if r["verdict"] == "mismatch" and r["outbound_verdict"] == "mismatch")
    told = mailflow("explain", row["message_id"].strip("<>"), "--report", "audit", cwd=tmp_path)
    page = mailflow("explain", "mf101", cwd=tmp_path)

    assert "mismatch" in told.stdout
    assert "The log does not say MAIL FROM; the steps take the header sender for it." in told.stdout
    assert f"decides: {row['selected_outbound_connector']}" in told.stdout
    assert page.stdout.startswith("MF101 connector-mismatch")


def test_demo_works_from_anywhere(tmp_path: Path) -> None:
    """`mailflow demo` makes its own logs, judges them, and refuses to replace a folder that is not a demo."""
    done = mailflow("demo", "--rows", "1000", cwd=tmp_path)
    again = mailflow("demo", "--rows", "1000", cwd=tmp_path)
    forced = mailflow("demo", "--rows", "1000", "--force", cwd=tmp_path)

    assert (done.returncode, again.returncode, forced.returncode) == (0, 2, 0)
    assert (tmp_path / "mailflow-demo" / "report" / "report.html").is_file()


@pytest.mark.parametrize("what", ["formats", "findings", "schema", "policies", "charts"])
def test_list(tmp_path: Path, what: str) -> None:
    """Every list prints text and JSON."""
    text, data = (mailflow("list", what, *extra, cwd=tmp_path) for extra in ((), ("--json",)))

    assert text.stdout.strip()
    assert json.loads(data.stdout)
    if what == "schema":
        assert "policy" in json.loads(data.stdout)["mailflow.toml"]["properties"]


def test_no_colour_and_no_progress_where_nobody_watches(company: Generated, tmp_path: Path) -> None:
    """Output that is no terminal holds no escape sequence, and stderr stays quiet."""
    given = ["analyze", company.logs["enhanced-summary"], "--tenant", company.tenant, "--out", "audit"]
    done = mailflow(*given, cwd=tmp_path, env={**os.environ, "NO_COLOR": "1"})

    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr == ""


def test_convert_and_analyze_a_store(company: Generated, tmp_path: Path) -> None:
    """Logs go into a store, again without effect; the store is described, listed and analysed like a log."""
    log = company.logs["enhanced-summary"]
    first = mailflow("convert", log, "--append", "store", cwd=tmp_path)
    again = mailflow("convert", log, "--append", "store", "--json", cwd=tmp_path)
    refused = mailflow("convert", log, "--out", "store", cwd=tmp_path)
    looked = mailflow("validate", "store", cwd=tmp_path)
    done = mailflow("analyze", "store", "--tenant", company.tenant, "--out", "audit", "--json", cwd=tmp_path)

    assert (first.returncode, first.stderr) == (0, "")
    assert "new rows on" in first.stdout.splitlines()[-1]
    assert json.loads(again.stdout)["added"] == 0
    assert (refused.returncode, "exists already" in refused.stderr) == (2, True)
    assert looked.stdout.startswith("store\n  format    normalised\n")
    books = json.loads(done.stdout)["run"]["books"]
    assert books["rows"] == books["read"] == json.loads(again.stdout)["inputs"][0]["noise"]["duplicate-file"]


def test_convert_needs_one_target(tmp_path: Path) -> None:
    """Without --out and --append, and with both, convert says what would be accepted."""
    (tmp_path / "log.csv").write_text(LOG, "utf-8")
    neither = mailflow("convert", "log.csv", cwd=tmp_path)
    both = mailflow("convert", "log.csv", "--out", "a", "--append", "b", cwd=tmp_path)

    assert [(run.returncode, "either --out DIR" in run.stderr) for run in (neither, both)] == [(2, True)] * 2
