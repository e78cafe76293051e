"""Music that is scanned once: a scan takes as long as most tests, and few of them are about it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import shutil

from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.library.library import Library
from tests.conftest import SharedFolder

MUSIC, INDEX = "music", "library.db"


def scanned_music(shared_folder: SharedFolder, name: str, write: Callable[[Path], object], config: Path) -> Path:
    """Return a folder of music, and put its index into a Home Assistant's folder `config`.

    The first test that asks for it calls `write` with the folder, and scans it. No test may change the folder.
    """

    def fill(folder: Path) -> None:
        (folder / MUSIC).mkdir(exist_ok=True)
        write(folder / MUSIC)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: asyncio.run(_scan(folder))).result()

    shared = shared_folder(name, fill)
    index = config / DOMAIN / INDEX
    index.parent.mkdir(parents=True)
    shutil.copy(shared / INDEX, index)
    return shared / MUSIC


async def _scan(folder: Path) -> None:
    library = Library(folder / INDEX, [folder / MUSIC], 0)
    await library.start()
    try:
        await library.scan()
    finally:
        await library.stop()
