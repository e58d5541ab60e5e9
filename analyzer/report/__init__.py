"""The finished report: make it, read it, look at it, write it."""
