"""The tenant's configuration: model, policies, and the reader of the tenant folder."""

from __future__ import annotations

from analyzer.tenant.history import describe, load_state, load_tenant

__all__ = ["describe", "load_state", "load_tenant"]
