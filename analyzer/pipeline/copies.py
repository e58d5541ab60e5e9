"""Files that hold what another file holds, under whatever name and compression, told before they are read."""

from __future__ import annotations

import hashlib

from analyzer.inputs import Source

_BLOCK = 1 << 20


class Copies:
    """The sources so far, by how they begin; only those that begin alike are compared as a whole."""

    def __init__(self) -> None:
        """Start without sources."""
        self._beginning: dict[bytes, list[Source]] = {}
        self._whole: dict[str, bytes] = {}

    def original(self, source: Source, begins: bytes) -> str:
        """Give the name of the earlier source with the same content; empty where there is none."""
        alike = self._beginning.setdefault(begins, [])
        found = next((earlier.name for earlier in alike if self._same(earlier, source)), "")
        if not found:
            alike.append(source)
        return found

    def _same(self, one: Source, other: Source) -> bool:
        content = self._content(one)
        return bool(content) and content == self._content(other)

    def _content(self, source: Source) -> bytes:
        """Hash the decompressed content, once a source; a damaged one has none that could be compared."""
        if source.name not in self._whole:
            whole = hashlib.sha256()
            with source.open() as stream:
                while block := stream.read(_BLOCK):
                    whole.update(block)
                self._whole[source.name] = b"" if stream.damage else whole.digest()
        return self._whole[source.name]
