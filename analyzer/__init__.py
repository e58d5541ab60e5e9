"""mailflow-analyzer: did the mail go the way the configuration says?

Logs and a tenant's exported configuration go in; for every message the connector selection is rerun
and compared with the connector that the log names.

    import analyzer

    tenant = analyzer.load_tenant("tenant/")
    report = analyzer.analyze(["logs/*.csv.gz"], tenant, out="audit/")
    report.findings
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from analyzer.changes import diff
    from analyzer.errors import LogError, MailflowError, TenantError, UnreadableInput, UsageError
    from analyzer.findings import FINDINGS
    from analyzer.formats import FORMATS
    from analyzer.pipeline import convert
    from analyzer.report.analysis import analyze
    from analyzer.report.report import Report
    from analyzer.routing import Decision, route
    from analyzer.simulator import generate
    from analyzer.tenant import load_tenant
    from analyzer.tenant.model import Tenant
    from analyzer.tenant.policy import POLICIES, Policy

_HOMES = {
    "FINDINGS": "analyzer.findings",
    "FORMATS": "analyzer.formats",
    "POLICIES": "analyzer.tenant.policy",
    "Decision": "analyzer.routing",
    "LogError": "analyzer.errors",
    "MailflowError": "analyzer.errors",
    "Policy": "analyzer.tenant.policy",
    "Report": "analyzer.report.report",
    "Tenant": "analyzer.tenant.model",
    "TenantError": "analyzer.errors",
    "UnreadableInput": "analyzer.errors",
    "UsageError": "analyzer.errors",
    "analyze": "analyzer.report.analysis",
    "convert": "analyzer.pipeline",
    "diff": "analyzer.changes",
    "generate": "analyzer.simulator",
    "load_tenant": "analyzer.tenant",
    "route": "analyzer.routing",
}

__all__ = [
    "FINDINGS",
    "FORMATS",
    "POLICIES",
    "Decision",
    "LogError",
    "MailflowError",
    "Policy",
    "Report",
    "Tenant",
    "TenantError",
    "UnreadableInput",
    "UsageError",
    "__version__",
    "analyze",
    "convert",
    "diff",
    "generate",
    "load_tenant",
    "route",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's own door
    """Load a public name when it is first used, so that `mailflow --version` starts at once."""
    if name not in _HOMES:
        raise AttributeError(f"module 'analyzer' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Name what the package offers."""
    return sorted(__all__)
