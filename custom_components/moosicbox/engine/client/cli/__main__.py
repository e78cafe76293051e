"""Runs `moosicbox` as `python -m moosicbox.client.cli`."""

from . import main

main()
