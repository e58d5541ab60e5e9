"""The only package that opens what the user gives: paths, globs, stdin, compression, encodings."""

from analyzer.inputs.encoding import Encoding, Utf8Stream, named_encoding, repair, sniff_encoding
from analyzer.inputs.ranges import ByteRanges, Range, byte_ranges
from analyzer.inputs.sources import STORE_MANIFEST, Source, find, is_store
from analyzer.inputs.streams import GROWN, Stream

__all__ = [
    "GROWN",
    "STORE_MANIFEST",
    "ByteRanges",
    "Encoding",
    "Range",
    "Source",
    "Stream",
    "Utf8Stream",
    "byte_ranges",
    "find",
    "is_store",
    "named_encoding",
    "repair",
    "sniff_encoding",
]
