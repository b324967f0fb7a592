"""The subcommands of `errata`, one module each, in the order in which the help lists them.

A module has `NAME`, `HELP`, `arguments(parser)` and `run(options)`, which returns an Outcome or
raises ErrataError; `errata.cli` adds `--json` and prints. What takes long to load is imported in
`run`, so that every command starts at once.
"""

from errata.commands import diff, identify, info, list_, lock, pull, report, score, verify

COMMANDS = (list_, info, pull, verify, lock, identify, diff, score, report)
