"""The only package that opens what the user gives: paths, globs, stdin, compression, encodings."""

from analyzer.inputs.encoding import Encoding, Utf8Stream, repair, sniff_encoding
from analyzer.inputs.sources import Source, find
from analyzer.inputs.streams import Stream

__all__ = ["Encoding", "Source", "Stream", "Utf8Stream", "find", "repair", "sniff_encoding"]
