"""How many random cases a test of two engines draws: those of the profile, five times over.

An ordinary run draws 500 for each test, `pytest --hypothesis-profile nightly tests/two_engines` 15,000.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

CASES = settings(
    max_examples=5 * settings().max_examples,
    deadline=None,
    derandomize=settings.get_current_profile_name() != "nightly",  # an ordinary run draws the same cases each time
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)
