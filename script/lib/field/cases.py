"""All cases."""

from typing import Final

from . import albums, containers, files, names, tags
from .case import Case

CASES: Final[tuple[Case, ...]] = (*tags.CASES, *containers.CASES, *names.CASES, *albums.CASES, *files.CASES)
