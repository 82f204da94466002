"""`python -m heliograph.cli`: the same command, for starting roles with this very interpreter."""

from heliograph.cli import main

main()
