"""A library: first scan, second scan, search and browsing, beside beets on the same real files.

The first 5,000 tracks are real tagged files (MP3, FLAC, Opus of 15 s). The other 95,000 are files of one byte, whose tags
are given to the index as the scanner would report them. The second scan and all queries cover all 100,000; beets has the
real ones only. Lateness of the loop excludes the time in which other programs had the core; answers are in CPU time of
all threads.
"""

import asyncio
import json
from pathlib import Path
import sys
import tempfile
from typing import Any

from .collection import tracks, write_files
from .needs import BEETS_PYTHON
from .options import Options
from .report import Row

OURS, PEER = "MoosicBox", "beets"


async def measure(options: Options) -> list[Row]:
    """Measure scans and queries."""
    real, named = options.real_tracks, options.named_tracks
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "music"
        size = await asyncio.to_thread(write_files, folder, list(tracks(real + named))[:real])
        peer = await _run(BEETS_PYTHON, "beets_library", folder, Path(name) / "beets.db", real)
        ours = await _run(sys.executable, "moosicbox_library", folder, Path(name) / "library.db", real, named)
    number = f"{(real + named) // 1000} k"
    return [
        Row(f"{OURS}: first scan of {real} real files ({size / 2**20:.0f} MiB)", ours["files_a_second"], "/s", "≥ 400"),
        Row(f"{PEER}: the same", peer["files_a_second"], "/s"),
        Row(f"{OURS}: CPU a file, in all processes of the scan", ours["cpu_ms_a_file"], "ms"),
        Row(f"{PEER}: the same", peer["cpu_ms_a_file"], "ms"),
        Row(f"{OURS}: the loop was late by, at most, while it scanned", ours["stall_longest_ms"], "ms", "≤ 10"),
        Row("the same, 99.9 % of the time", ours["stall_p999_ms"], "ms"),
        Row("the same in a process that does nothing, at most", ours["idle_longest_ms"], "ms"),
        Row(f"{OURS}: parsed tags written", ours["named_files_a_second"], "/s"),
        Row(f"{OURS}: scan of {number} files without changes", ours["rescan_seconds"], "s", "≤ 15"),
        Row("the loop was late by, at most, meanwhile", ours["rescan_stall_longest_ms"], "ms", "≤ 10"),
        Row(f"{PEER}: scan of its {real} files without changes", peer["rescan_seconds"], "s"),
        Row(f"{OURS}: search in {number} tracks, p50", ours["search_p50_ms"], "ms"),
        Row(f"{OURS}: search in {number} tracks, p95", ours["search_p95_ms"], "ms", "≤ 20"),
        Row(f"{PEER}: query of its {real} tracks, p95", peer["search_p95_ms"], "ms"),
        Row(f"{OURS}: page of 50 of {number} tracks, p50", ours["page_p50_ms"], "ms"),
        Row(f"{OURS}: page of 50 of {number} tracks, p95", ours["page_p95_ms"], "ms", "≤ 20"),
        Row(f"{OURS}: a thousand tracks by their ids", ours["thousand_tracks_ms"], "ms"),
        Row(f"{OURS}: memory of the process, more than before", ours["memory_mib"], "MiB", "≤ 60"),
        Row(f"{OURS}: index", ours["index_mib"], "MiB"),
    ]


async def _run(python: str | Path, program: str, *arguments: Any) -> dict[str, float]:
    command = (str(python), "-m", f"benchmarks.servers.{program}", *map(str, arguments))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{program} ended with {process.returncode}")
    found: dict[str, float] = json.loads(out.splitlines()[-1])
    return found
