"""`python -m fixgw` is `fixgw`."""

from fixgw.cli.main import main

main()
