"""The finished report: make it, read it, look at it, write it."""

from __future__ import annotations

from analyzer.report.analysis import analyze
from analyzer.report.report import Report, write_report

__all__ = ["Report", "analyze", "write_report"]
