"""Logs on other file systems: by URI, on a cluster only, with the rows that local files give."""

from __future__ import annotations

import gzip
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyarrow import fs

from analyzer.errors import LogError, UsageError
from analyzer.inputs import find
from analyzer.pipeline import Options, run
from analyzer.report.machines import machines
from tests.builders import tenant
from tests.pipeline.traces import noise, rows, trace, write

pytest.importorskip("distributed")


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Traces as they are, packed and in an archive; a hidden file; and one in a folder below."""
    folder = tmp_path / "logs"
    (folder / "below").mkdir(parents=True)
    write(folder / "1.csv", [trace(n) for n in range(200)])
    plain = write(tmp_path / "plain.csv", [trace(n) for n in range(190, 220)]).read_bytes()
    (folder / "2.csv.gz").write_bytes(gzip.compress(plain))
    (folder / ".hidden.csv").write_bytes(plain)
    with zipfile.ZipFile(folder / "below" / "3.zip", "w") as archive:
        archive.write(write(tmp_path / "inner.csv", [trace(300)]), "inner.csv")
    return folder


FOUND = [("", ["1.csv", "2.csv.gz", "below/3.zip!inner.csv"]), ("/1.csv", ["1.csv"]), ("/*.gz", ["2.csv.gz"])]


@pytest.mark.parametrize("asked, names", FOUND)
def test_a_uri_names_files_as_a_path_does(logs: Path, asked: str, names: list[str]) -> None:
    """A folder, a file or a pattern: sorted, without hidden files, archives opened, each under its URI."""
    found = find([f"file://{logs}{asked}", f"file://{logs}{asked}"], remote=True)

    assert [source.name for source in found] == [f"file://{logs}/{name}" for name in names]
    assert [source.digest() for source in found] == [
        source.digest() for name in names for source in find([str(logs / name.partition("!")[0])])
    ]
    assert all(source.modified for source in found)


WRONG = [
    ("pigeon://post/box", UsageError, r"pigeon://post/box: no file system .*s3://BUCKET/FOLDER\?region=NAME"),
    ("file:///no/such/folder?x=1", LogError, "file:///no/such/folder: no such file; a file, a folder or a name with"),
]


@pytest.mark.parametrize("uri, error, told", WRONG)
def test_a_uri_that_leads_nowhere_is_told(uri: str, error: type[Exception], told: str) -> None:
    """One line names what was asked for, without what it says of the file system, and what would be accepted."""
    with pytest.raises(error, match=told):
        find([uri], remote=True)


def test_without_a_cluster_no_other_file_system_is_asked(tmp_path: Path) -> None:
    """The name alone makes nobody speak to a network."""
    with pytest.raises(UsageError, match="s3://logs/june: other file systems are read with --dask"):
        run(["s3://logs/june"], tenant(), tmp_path, Options())


@pytest.fixture
def bucket(logs: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The logs in a bucket of moto's S3, where that is installed (`make test-buckets`)."""
    server = shutil.which("moto_server") or shutil.which("moto_server", path=str(Path(sys.executable).parent))
    if server is None:
        pytest.skip("moto_server is not installed")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    command = [server, "-H", "127.0.0.1", "-p", host.rpartition(":")[2]]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            store = fs.S3FileSystem(endpoint_override=host, scheme="http", region="eu-1", allow_bucket_creation=True)
            _filled(store, logs)
            yield f"s3://mail/june?endpoint_override={host}&scheme=http&region=eu-1"
        finally:
            process.kill()


def _filled(store: fs.S3FileSystem, logs: Path) -> None:
    """Copy the logs into the store as soon as it answers."""
    for left in range(60, -1, -1):
        try:
            store.create_dir("mail")
            break
        except OSError:
            if not left:
                raise
            time.sleep(0.25)
    fs.copy_files(str(logs), "mail/june", destination_filesystem=store)


@pytest.mark.slow
def test_a_cluster_reads_from_s3(bucket: str, logs: Path, tmp_path: Path) -> None:
    """Rows, books and repetitions are those of the same files on a disk, but for the names of the files."""
    found = {}
    for name, arguments in (("disk", [str(logs)]), ("s3", [bucket])):
        (tmp_path / name).mkdir()
        with machines("dask", None, 1) as cluster:
            found[name] = run(arguments, tenant(), tmp_path / name, Options(), cluster=cluster)
    disk, s3 = rows(tmp_path / "disk"), rows(tmp_path / "s3")

    assert [book.name for book in found["s3"].inputs] == [
        f"s3://mail/june/{name}" for name in ("1.csv", "2.csv.gz", "below/3.zip!inner.csv")
    ]
    assert noise(found["s3"].inputs) == noise(found["disk"].inputs) == [{}, {"duplicate-row": 10}, {}]
    assert [row | {"source_file": ""} for row in s3] == [row | {"source_file": ""} for row in disk]
    assert found["s3"].causes.equals(found["disk"].causes)
