"""`python -m …client.cli`: the same as `moosicbox`."""

from . import main

main()
