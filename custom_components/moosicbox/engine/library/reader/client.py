"""The parent's side of a reader process. Blocking: for threads and the scanner's process."""

from collections import deque
from collections.abc import Iterable, Iterator
import select
import signal
import subprocess
from typing import IO, Final

import msgspec

from ..child_process import command
from .messages import MAX_REPLY, Envelope, Failed, Failure, Reply, Request
from .process import MAX_SECONDS

PIPELINED: Final = 4
"""Requests on their way, so that the process needn't wait for the next one. They fit into a pipe's buffer."""
GRACE_SECONDS: Final = 5.0
"""How much later than the process itself its parent ends it."""
_FAILURES: Final[dict[int, Failure]] = {-signal.SIGPROF: "timeout", -signal.SIGALRM: "timeout"}


class ReaderProcess:
    """A reader process, started when it is needed and replaced when a file ends it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Envelope)
        self._closed = False

    def ask(self, request: Request) -> Reply:
        """Return the reply to one request."""
        (reply,) = self.ask_all((request,))
        return reply

    def ask_all(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """Yield the reply to each request, in this order.

        A file that ends the process is tried again alone; if it ends that one, too, `Failed` says how.
        """
        coming, waiting = iter(requests), deque[Request]()
        while True:
            while len(waiting) < PIPELINED and (request := next(coming, None)) is not None:
                waiting.append(request)
                self._send(request)
            if not waiting:
                return
            envelope = self._receive() or self._try_again(waiting[0])
            waiting.popleft()
            if envelope.last:
                self._end()
                for request in waiting:
                    self._send(request)
            yield envelope.reply

    def close(self) -> None:
        """End the process for good, also while another thread waits for its reply."""
        self._closed = True
        if (process := self._process) is not None:
            process.kill()

    def wait(self) -> None:
        """Wait for the end of the process that was closed."""
        self._end()

    def _try_again(self, request: Request) -> Envelope:
        failure = self._end()
        if failure != "timeout":
            self._send(request)
            if (envelope := self._receive()) is not None:
                return Envelope(envelope.reply, last=True)
            failure = self._end()
        return Envelope(Failed(failure), last=True)

    def _send(self, request: Request) -> None:
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command("reader.process"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
            if self._closed:
                self._process.kill()
        data = self._encoder.encode(request)
        try:
            _pipe(self._process.stdin).write(len(data).to_bytes(4) + data)
        except BrokenPipeError:
            # It ended: `_receive` finds out for which request.
            return

    def _receive(self) -> Envelope | None:
        """Return the next reply; None if the process ended, or is hung, without one."""
        if self._process is None:
            return None
        out = _pipe(self._process.stdout)
        head = _read(out, 4)
        length = int.from_bytes(head)
        if len(head) < 4 or length > MAX_REPLY or len(data := _read(out, length)) < length:
            return None
        try:
            return self._decoder.decode(data)
        except msgspec.MsgspecError:
            return None

    def _end(self) -> Failure:
        """End the process; return why it ended, if it did by itself."""
        process, self._process = self._process, None
        if process is None:
            return "crash"
        # A hung process ends when its disk answers: nobody waits for that.
        hung = process.poll() is None and not _is_ready(_pipe(process.stdout), 0)
        process.kill()
        for pipe in process.stdin, process.stdout:
            _pipe(pipe).close()
        if hung:
            return "timeout"
        code = process.wait()
        return "memory" if code == -signal.SIGKILL else _FAILURES.get(code, "crash")


def _read(out: IO[bytes], size: int) -> bytes:
    """Read `size` bytes; fewer if the process ends or sends none for too long."""
    found = bytearray()
    while len(found) < size:
        part = out.read(size - len(found)) if _is_ready(out, MAX_SECONDS + GRACE_SECONDS) else b""
        if not part:
            break
        found += part
    return bytes(found)


def _is_ready(out: IO[bytes], seconds: float) -> bool:
    """Wait until there is something to read, or the end."""
    poll = select.poll()
    poll.register(out, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("The process has no such pipe")
    return pipe
