"""The library benchmark with beets: imports like its command, without lookups, and prints the measurements as JSON."""

import json
from pathlib import Path
import subprocess
import sys
import time

from beets.library import Library

from benchmarks.collection import queries, tracks
from benchmarks.process import children_cpu

CONFIG = """\
directory: {folder}
library: {index}
import:
  copy: no
  write: no
  autotag: no
  quiet: yes
  timid: no
plugins: []
threaded: yes
"""


def main(folder: Path, index: Path, real: int) -> None:
    """Measure, and print the results."""
    config = index.with_suffix(".yaml")
    config.write_text(CONFIG.format(folder=folder, index=index))
    beet = [str(Path(sys.executable).with_name("beet")), "-c", str(config), "import", "-A", "-C", "-q", str(folder)]
    started = time.perf_counter()
    subprocess.run(beet, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen = {"files_a_second": real / (time.perf_counter() - started)}
    seen["cpu_ms_a_file"] = children_cpu() * 1000 / real
    library = Library(str(index), str(folder))
    assert len(library.items()) == real
    started = time.perf_counter()
    subprocess.run([*beet[:-1], "-i", str(folder)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen["rescan_seconds"] = time.perf_counter() - started
    found = []
    for text in queries(list(tracks(real))):
        started = time.process_time()
        list(library.items(text))[:20]
        found.append((time.process_time() - started) * 1000)
    found.sort()
    seen |= {"search_p50_ms": found[len(found) // 2], "search_p95_ms": found[int(len(found) * 0.95)]}
    print(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
