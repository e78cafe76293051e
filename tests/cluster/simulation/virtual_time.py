"""An event loop in virtual time, and processes on it that can be paused and killed."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
import selectors
from typing import Any, override

MAX_TURNS = 100_000
"""The limit of turns without progress of time."""
_PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


class _Jump(selectors.BaseSelector):
    """A selector that doesn't wait: time jumps to the next timer."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self._turns = 0
        self._keys: dict[Any, selectors.SelectorKey] = {}

    @override
    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = self._keys[fileobj] = selectors.SelectorKey(fileobj, 0, events, data)
        return key

    @override
    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj)

    @override
    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("Nothing will ever happen again")
        self._turns = 0 if timeout > 0 else self._turns + 1
        if self._turns > MAX_TURNS:
            raise RuntimeError("Time stands still")
        self.now += max(0.0, timeout)
        return []

    @override
    def get_map(self) -> Any:
        return self._keys


class _Guarded:
    """A callback of a process: it is deferred while that is paused, and dropped once it is dead."""

    __slots__ = ("args", "callback", "handle", "process")

    def __init__(self, process: Process, callback: Callable[..., object], args: tuple[Any, ...]) -> None:
        self.process = process
        self.callback = callback
        self.args = args
        self.handle: asyncio.Handle

    def __call__(self) -> None:
        process = self.process
        if self.handle.cancelled() or process.dead:
            return
        if process.paused:
            process.held.append(self)
        else:
            self.callback(*self.args)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs callbacks in the context of the process that they belong to."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)
        self.faults: list[dict[str, Any]] = []
        """Exceptions that weren't caught."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self.set_exception_handler(self._fault)

    @override
    def time(self) -> float:
        return self._jump.now

    @override
    def call_soon[*Ts](
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        if (process := _process_of(context)) is None:
            return super().call_soon(callback, *args, context=context)
        guarded = _Guarded(process, callback, args)
        guarded.handle = super().call_soon(guarded, context=context)
        return guarded.handle

    @override
    def call_at[*Ts](
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        if (process := _process_of(context)) is None:
            return super().call_at(when, callback, *args, context=context)
        guarded = _Guarded(process, callback, args)
        guarded.handle = handle = super().call_at(when, guarded, context=context)
        return handle

    @override
    def create_task(self, coro: Any, **settings: Any) -> asyncio.Task[Any]:
        # Tasks of a killed process must not be collected, which would run their cleanup, at a random moment.
        task: asyncio.Task[Any] = super().create_task(coro, **settings)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def dispose(self) -> None:
        """End remaining tasks as far as possible."""
        while self._tasks:
            task = self._tasks.pop()
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            if (coroutine := task.get_coro()) is not None and not task.done():
                with suppress(RuntimeError):
                    coroutine.close()

    def again(self, guarded: _Guarded) -> None:
        """Run deferred callbacks."""
        super().call_soon(guarded, context=guarded.handle.get_context())

    def _fault(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # The tasks of a killed process aren't cancelled.
        if "destroyed but it is pending" not in context["message"]:
            self.faults.append(context)


def _process_of(context: Context | None) -> Process | None:
    return _PROCESS.get() if context is None else context.get(_PROCESS)


class Process:
    """A group of callbacks and tasks that are paused and killed together."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.paused = False
        self.dead = False
        self.held: list[_Guarded] = []
        self._loop = loop
        self._context = copy_context()
        self._context.run(_PROCESS.set, self)

    def soon(self, callback: Callable[..., object], *args: Any) -> None:
        """Call a function inside the process, in the order of calls."""
        self._loop.call_soon(callback, *args, context=self._context)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task inside the process."""
        return self._loop.create_task(work, context=self._context.copy())

    def pause(self) -> None:
        """Pause it, as SIGSTOP does."""
        self.paused = True

    def resume(self) -> None:
        """Continue it, as SIGCONT does."""
        self.paused = False
        held, self.held = self.held, []
        for guarded in held:
            self._loop.again(guarded)

    def kill(self) -> None:
        """Kill it, as SIGKILL does."""
        self.dead = True
        self.held.clear()


OUTSIDE = copy_context()
"""The context of networks, Redis and clients, which are in no process that can fail."""
