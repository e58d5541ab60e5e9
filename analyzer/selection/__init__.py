"""Connector selection, pure: the rules of docs/connector-selection.md as functions over frozen values."""
