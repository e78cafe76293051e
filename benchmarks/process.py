"""Measurements of processes by the kernel: CPU time, memory, and unsent bytes of sockets."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import resource
from typing import NamedTuple

SERVER_CORE = 0
LOAD_CORE = 1
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Run processes that are started inside on this core only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core} & before or before)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Cpu(NamedTuple):
    """Time on the CPU, in seconds; `user` is counted in ticks of 10 ms and needs long runs."""

    total: float
    user: float

    def since(self, before: Cpu) -> Cpu:
        """Return the time used since `before`."""
        return Cpu(self.total - before.total, self.user - before.user)


def cpu(pid: int) -> Cpu:
    """Return the CPU time of all threads of a process."""
    nanoseconds = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            nanoseconds += int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError, ProcessLookupError:  # the thread has just ended
            continue
    user_ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])
    return Cpu(nanoseconds / 1e9, user_ticks * TICK_SECONDS)


def children_cpu() -> float:
    """Return the CPU seconds of all ended child processes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def kept_waiting(thread: int) -> float:
    """Return the seconds that a thread of this process was ready while other threads had the core."""
    return int(Path(f"/proc/self/task/{thread}/schedstat").read_text().split()[1]) / 1e9


def memory(pid: int) -> float:
    """Return the proportional set size in KiB, which excludes the kernel's socket buffers."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return float(line.split()[1])
    raise ValueError("no Pss")


def memory_field(pid: int, field: str) -> int:
    """Return a field of a process's status in bytes, such as `VmRSS`, or `VmHWM`, the largest since `clear_refs`."""
    return int(Path(f"/proc/{pid}/status").read_text("utf-8").partition(f"{field}:")[2].split()[0]) * 1024


def forget_largest_memory(pid: int) -> None:
    """Let `VmHWM` of a process begin anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")


def unread_bytes(port: int) -> list[int]:
    """Return the unsent and unacknowledged bytes of each connection of a server on `port`."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [int(row[4].partition(":")[0], 16) for row in rows if int(row[1].partition(":")[2], 16) == port]
