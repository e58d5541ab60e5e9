"""The only package that opens what the user gives: paths, globs, stdin, compression, encodings."""

from analyzer.inputs.encoding import Encoding, Utf8Stream, named_encoding, repair, sniff_encoding
from analyzer.inputs.sources import STORE_MANIFEST, Source, find, is_store
from analyzer.inputs.streams import GROWN, Stream

__all__ = [
    "GROWN",
    "STORE_MANIFEST",
    "Encoding",
    "Source",
    "Stream",
    "Utf8Stream",
    "find",
    "is_store",
    "named_encoding",
    "repair",
    "sniff_encoding",
]
