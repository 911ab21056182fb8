"""The command line, one file a command: `reasoning --help`.

from reasoning.cli.main import main
main()                  # what the command `reasoning` calls; `python -m reasoning.cli.main` is the same
"""

__all__ = ["main"]
