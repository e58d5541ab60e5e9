"""`python -m analyzer` is `mailflow`."""

from analyzer.cli import main

main()
