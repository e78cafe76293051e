"""The parent's side of a reader process. Blocking: for threads and the scanner's process."""

from collections import deque
from collections.abc import Iterable, Iterator
import contextlib
import select
import signal
import subprocess
from typing import IO, Final

import msgspec

from ..child_process import command
from .messages import MAX_REPLY, MAX_SECONDS, Envelope, Failure, ReadingFailed, Reply, Request

PIPELINED: Final = 4
"""Requests that are sent ahead, so that the process needn't wait for the next one. They fit into a pipe's buffer."""
GRACE_SECONDS: Final = 5.0
"""Seconds after the process's own time limit after which its parent gives it up."""
KILL_SECONDS: Final = 1.0
"""Longest wait for the end of a killed process, which may itself wait for a disk."""
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

        A file that ends the process is tried again alone; if it ends the new process, too, it is `ReadingFailed`.
        """
        coming, waiting = iter(requests), deque[Request]()
        while True:
            while len(waiting) < PIPELINED and (request := next(coming, None)) is not None:
                waiting.append(request)
                self._send(request)
            if not waiting:
                return
            envelope = self._receive()
            if not isinstance(envelope, Envelope):
                envelope = self._try_again(waiting[0], envelope)
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

    def _try_again(self, request: Request, failure: Failure) -> Envelope:
        self._end()
        if self._closed:
            # The process was killed because nothing is to be read any more: the file isn't to blame.
            return Envelope(ReadingFailed(None), last=True)
        if failure != "timeout":
            self._send(request)
            found = self._receive()
            if isinstance(found, Envelope):
                return Envelope(found.reply, last=True)
            failure = found
        return Envelope(ReadingFailed(failure), last=True)

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
            # The process has ended: `_receive` finds out for which request.
            return

    def _receive(self) -> Envelope | Failure:
        """Return the next reply, or the reason why there is none."""
        if self._process is None:
            return "crash"
        out = _pipe(self._process.stdout)
        head = _read(out, 4)
        if head is None:
            return "timeout"
        if len(head) < 4:
            code = self._process.wait()
            return "memory" if code == -signal.SIGKILL else _FAILURES.get(code, "crash")
        length = int.from_bytes(head)
        data = _read(out, length) if length <= MAX_REPLY else None
        try:
            return "crash" if data is None else self._decoder.decode(data)
        except msgspec.MsgspecError:
            return "crash"

    def _end(self) -> None:
        """End the process, without waiting for one that waits for its disk."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for pipe in process.stdin, process.stdout:
                _pipe(pipe).close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(KILL_SECONDS)


def _read(out: IO[bytes], size: int) -> bytes | None:
    """Read `size` bytes; fewer if the process ends; None if it sends nothing for too long."""
    found = bytearray()
    while len(found) < size:
        if not _is_ready(out, MAX_SECONDS + GRACE_SECONDS):
            return None
        if not (part := out.read(size - len(found))):
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
