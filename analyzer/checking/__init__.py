"""Checks of the configuration and of judged traffic against what somebody states: ground truth, expectations."""

from analyzer.checking.expected import check_expected
from analyzer.checking.observed import check_observed
from analyzer.checking.result import Check, Status, junit

__all__ = ["Check", "Status", "check_expected", "check_observed", "junit"]
