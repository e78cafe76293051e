"""Scanner and reader processes as forks of a process that has imported them: their imports take longer than most tests.

The hub and the scanner start a small program instead of the real one. It hands its standard streams over to a fork, and
ends in the same way as the fork; the fork ends with it.
"""

from collections.abc import Callable
import contextlib
import gc
from importlib import import_module
import os
from pathlib import Path
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from typing import Any, Final

from .processes import WATCH

ROOT: Final = Path(__file__).parents[1]
PROGRAMS: Final = ("reader.process", "scan.worker")
_SERVER: Final = """
import sys
sys.path[:] = sys.argv[3:]
from tests.forks import serve
serve(sys.argv[1], int(sys.argv[2]))
"""
# Without the modules `socket` and `os`, whose imports would take as long as the rest.
_PROGRAM: Final = """
import _socket, posix, sys
server = _socket.socket(_socket.AF_UNIX)
server.connect(sys.argv[1])
streams = b"".join(stream.to_bytes(4, sys.byteorder) for stream in range(3))
server.sendmsg([sys.argv[2].encode()], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
posix.closerange(0, 3)
code = int(server.recv(8))
if code < 0:
    posix.kill(posix.getpid(), -code)
posix._exit(code)
"""


class ForkServer:
    """Starts the server with the first fork.

    Args:
        folder: A folder for its socket.
    """

    def __init__(self, folder: Path) -> None:
        self._address = str(folder / "forks")
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()

    def command(self, module: str) -> list[str]:
        """Return the command that runs one of `PROGRAMS` in a fork, as `child_process.command` does in a new process."""
        with self._starting:
            if self._process is None:
                self._process = self._start()
        return _command(self._address, module)

    def close(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.communicate()

    def _start(self) -> subprocess.Popen[bytes]:
        paths = [*sys.path, str(ROOT), str(ROOT / "custom_components/moosicbox")]
        with socket.socket(socket.AF_UNIX) as listener, WATCH.shared():
            listener.bind(self._address)
            listener.listen()
            return subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-I", "-S", "-c", _SERVER, self._address, str(listener.fileno()), *paths],
                stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
            )


def serve(address: str, descriptor: int) -> None:
    """Fork for each connection to the socket with this descriptor, until standard input ends."""
    programs = {name: import_module(f"engine.library.{name}") for name in PROGRAMS}
    client = import_module("engine.library.reader.client")
    client.command = lambda module: _command(address, module)  # type: ignore[attr-defined]
    gc.freeze()
    # The system takes ended forks away.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as listener:
        while 0 not in select.select([0, descriptor], [], [])[0]:
            connection, _ = listener.accept()
            if not os.fork():
                listener.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _exit_after(_supervise, connection, programs)
            connection.close()


def _command(address: str, module: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", _PROGRAM, address, module]


def _supervise(connection: socket.socket, programs: dict[str, Any]) -> None:
    """Run what the connection asks for in a fork. Send its exit code, or kill it when the connection ends."""
    name, streams, _, _ = socket.recv_fds(connection, 100, 3)
    if not streams:
        # The process was killed before it had sent them.
        return
    pid = os.fork()
    if not pid:
        connection.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        _exit_after(programs[name.decode()].main)
    os.closerange(0, 3)
    for stream in streams:
        os.close(stream)
    end = os.pidfd_open(pid)
    ready, _, _ = select.select([connection.fileno(), end], [], [])
    if end not in ready:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(BrokenPipeError):
        connection.send(str(os.waitstatus_to_exitcode(status)).encode())


def _exit_after[**P](main: Callable[P, None], *args: P.args, **options: P.kwargs) -> None:
    """End this process as the interpreter would after `main`, but at once."""
    code = 1
    try:
        main(*args, **options)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001 - the interpreter would print it, too
        traceback.print_exc()
    finally:
        os._exit(code)
