"""Pairs with a speaker by a code that a person reads from it, or by a token that came with it."""

import asyncio
from typing import Final, Literal

from aiosendspin.models.types import PairAbortReason, PairingCodeFormat, PairMethod
from aiosendspin.noise.driver import HandshakeAbortedError
from aiosendspin.noise.pairing import (
    InvalidPairingCodeError,
    PairingAbortError,
    PairingAttempt,
    PairingDialError,
    PairingError,
    PairingTimeoutError,
)
from aiosendspin.noise.pairing_token import decode_psk_token
from aiosendspin.server import SendspinServer
from aiosendspin.server.client import SendspinClient

TIMEOUT: Final = 180.0
"""Seconds that an attempt may take in total, reading and entering included."""
MAX_CODE_LENGTH: Final = 200
MAX_ROUNDS: Final = 5
"""Wrong codes after which an attempt ends."""

type PairingMethod = Literal["dynamic_code", "static_code", "token"]
type PairingFault = Literal["wrong_code", "malformed_code", "timeout", "refused", "not_reachable"]


class PairingFailed(Exception):
    """Pairing didn't succeed.

    Attributes:
        fault: Why.
        again: True if another code can be entered in the same attempt.
    """

    def __init__(self, fault: PairingFault, *, again: bool = False) -> None:
        super().__init__(fault)
        self.fault: PairingFault = fault
        self.again = again


def methods_of(client: SendspinClient) -> tuple[PairingMethod, ...]:
    """Return how a speaker can be paired, the most convenient first."""
    offered = client.info.supported_pair_methods
    if offered is None:
        return ()
    dynamic = offered.dynamic_pairing_code
    found: list[PairingMethod] = []
    if dynamic is not None and PairingCodeFormat.DIGITS.value in dynamic.formats:
        found.append("dynamic_code")
    if offered.static_pairing_code is not None:
        found.append("static_code")
    if offered.pairing_psk is not None:
        found.append("token")
    return tuple(found)


class SendspinPairing:
    """One attempt. With a dynamic code the speaker shows it once the attempt has begun; see `begin`."""

    def __init__(self, server: SendspinServer, client_id: str, method: PairingMethod) -> None:
        """Create an attempt that hasn't begun."""
        self._server = server
        self._client_id = client_id
        self._method = method
        self._codes: asyncio.Queue[str] = asyncio.Queue()
        self._code_requested = asyncio.Event()
        self._pending = asyncio.Event()
        self._attempt: asyncio.Task[None] | None = None
        self._rounds = 0

    async def begin(self) -> bool:
        """Have the speaker show its code, where it does.

        Returns:
            `True` if a code can be entered; `False` if something must be done on the speaker first, see `wait`.

        Raises:
            PairingFailed: The speaker can't be paired this way now.
        """
        if self._method == "token":
            return True
        dynamic = self._method == "dynamic_code"
        attempt = PairingAttempt(
            method=PairMethod.DYNAMIC_PAIRING_CODE if dynamic else PairMethod.STATIC_PAIRING_CODE,
            pairing_code_provider=self._next_code,
            pairing_format=PairingCodeFormat.DIGITS if dynamic else None,
            on_pair_pending=lambda _message: self._pending.set(),
        )
        self._attempt = asyncio.create_task(self._server.initiate_pairing(self._client_id, attempt))
        pending = asyncio.create_task(self._pending.wait())
        waiting = asyncio.create_task(self.wait())
        try:
            await asyncio.wait((pending, waiting), return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                waiting.result()
            return waiting.done()
        finally:
            pending.cancel()
            waiting.cancel()

    async def wait(self) -> None:
        """Wait until a code can be entered, as after a button of the speaker was pressed. Raise PairingFailed."""
        await self._wait()

    async def enter(self, code: str) -> None:
        """Enter a code or token; return when the speaker is paired. Raise PairingFailed."""
        code = code.strip()[:MAX_CODE_LENGTH]
        if self._method == "token":
            self._attempt = asyncio.create_task(
                self._server.initiate_pairing(self._client_id, _token_attempt(code, self._client_id))
            )
        elif self._attempt is None:
            await self.begin()
        self._code_requested.clear()
        self._codes.put_nowait(code)
        if await self._wait():
            return
        self._rounds += 1
        if self._rounds >= MAX_ROUNDS:
            await self.cancel()
            raise PairingFailed("wrong_code")
        raise PairingFailed("wrong_code", again=True)

    async def cancel(self) -> None:
        """End the attempt, if it hasn't ended."""
        attempt, self._attempt = self._attempt, None
        if attempt is not None and not attempt.done():
            attempt.cancel()
            await asyncio.gather(attempt, return_exceptions=True)

    async def _next_code(self) -> str:
        self._code_requested.set()
        return await self._codes.get()

    async def _wait(self) -> bool:
        """Wait until the speaker requests a code; return true if it is paired instead."""
        attempt = self._attempt
        if attempt is None:
            raise PairingFailed("refused")
        requested = asyncio.create_task(self._code_requested.wait())
        try:
            done, _ = await asyncio.wait((attempt, requested), timeout=TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        finally:
            requested.cancel()
        if attempt not in done:
            if requested in done:
                return False
            await self.cancel()
            raise PairingFailed("timeout")
        self._attempt = None
        try:
            attempt.result()
        except (PairingError, HandshakeAbortedError, ValueError) as error:
            raise PairingFailed(_fault_of(error)) from error
        except asyncio.CancelledError as error:
            raise PairingFailed("timeout") from error
        return True


def _token_attempt(token: str, client_id: str) -> PairingAttempt:
    try:
        decoded = decode_psk_token(token)
    except ValueError as error:
        raise PairingFailed("malformed_code") from error
    if decoded.client_id != client_id:
        raise PairingFailed("wrong_code")
    return PairingAttempt(method=PairMethod.PAIRING_PSK, pairing_psk=decoded.pairing_psk, client_id=client_id)


def _fault_of(error: Exception) -> PairingFault:
    match error:
        case InvalidPairingCodeError():
            return "malformed_code"
        case PairingAbortError(reason=PairAbortReason.PAIRING_CODE_MISMATCH) | HandshakeAbortedError():
            return "wrong_code"
        case PairingTimeoutError() | PairingAbortError(reason=PairAbortReason.ATTEMPT_TIMEOUT):
            return "timeout"
        case PairingDialError() | ValueError():
            return "not_reachable"
    return "refused"
