"""Readers of benchmark files: a file becomes a stream of records, never a list in memory."""
