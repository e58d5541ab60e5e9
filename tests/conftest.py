"""What every test may use: golden files, rewritten by one option and reviewed as a diff."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase, settings

settings.register_profile("default", deadline=None)  # no test is timed: the first call of a library loads it
settings.load_profile("default")
settings.register_profile("nightly", max_examples=3000)  # pytest --hypothesis-profile nightly
# For `make mutants`, which runs the tests some thousands of times: few cases, the same each time, and none is made
# smaller, for that a test failed is all that is asked.
settings.register_profile(
    "mutants", max_examples=20, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
)

Golden = Callable[[Path, object], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --update-golden, which `make golden` gives."""
    parser.addoption("--update-golden", action="store_true", help="Write expected results anew instead of comparing.")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare plain values with a golden JSON file, or write the file under --update-golden."""

    def compare(path: Path, found: object) -> None:
        text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
        assert json.loads(path.read_text(encoding="utf-8")) == json.loads(text), f"{path.name}: see `make golden`"

    return compare
