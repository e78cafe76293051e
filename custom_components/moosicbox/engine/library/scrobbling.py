"""Reports plays to ListenBrainz, for the users who want that.

Plays wait in the index until the service has them, so that neither a restart nor a time without internet loses any.
"""

from collections.abc import Callable
from datetime import timedelta
import logging
from typing import Final, NamedTuple

from aiohttp import hdrs
import msgspec

from ..background import Spawn
from ..clock import Clock
from ..fetching import FetchFailed, SessionFactory, request
from ..protocol.errors import HubError, InvalidMessage, Sentence, Unavailable
from ..timers import Timer, Timers
from .index.scrobbles import ScrobbleBatch
from .models import Scrobbling
from .people import People

LISTENBRAINZ: Final = "https://api.listenbrainz.org"
TIMEOUT: Final = 20.0
"""Seconds."""
MAX_ANSWER: Final = 64 * 1024
"""Bytes of a response."""
BATCH: Final = 100
"""Plays of one request."""
FIRST_RETRY: Final = timedelta(minutes=1)
MAX_RETRY: Final = timedelta(hours=1)
_OK, _BAD_REQUEST, _UNAUTHORIZED = 200, 400, 401

_LOGGER = logging.getLogger(__name__)


class _Refused(NamedTuple):
    """The service won't accept these plays, now or later."""

    token_is_invalid: bool


class _Validation(msgspec.Struct):
    valid: bool = False
    user_name: str = ""


class Scrobbler:
    """Sends waiting plays to ListenBrainz, when there are any.

    Args:
        people: Has the users' tokens and the waiting plays.
        session: Returns the HTTP session.
        timers: The hub's timers.
        clock: The hub's clock.
        spawn: Runs a coroutine in the background.
        url: The address of the service.
    """

    def __init__(
        self,
        people: People,
        session: SessionFactory,
        timers: Timers,
        clock: Clock,
        spawn: Spawn,
        url: str = LISTENBRAINZ,
    ) -> None:
        self._people = people
        self._session = session
        self._timers = timers
        self._clock = clock
        self._spawn = spawn
        self._url = url
        self._sending = False
        self._again = False
        """True if plays may have been added since the index was last queried."""
        self._retry: Timer | None = None
        self._delay = FIRST_RETRY
        self._unsubscribe: Callable[[], None] | None = None

    def start(self) -> None:
        """Send the waiting plays, and each play that is added."""
        self.stop()
        self._unsubscribe = self._people.scrobble_added.subscribe(self._wake)
        self._wake()

    def stop(self) -> None:
        """Send nothing more; plays are kept."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    async def connect(self, user_id: str, token: str) -> Scrobbling:
        """Report a user's plays from now on, with their user token of ListenBrainz.

        Raises:
            InvalidMessage: The service doesn't accept the token.
            Unavailable: The service can't be reached.
        """
        try:
            answer = await request(
                self._session(),
                hdrs.METH_GET,
                f"{self._url}/1/validate-token",
                headers=_authorization(token),
                max_bytes=MAX_ANSWER,
                timeout=TIMEOUT,
            )
            found = msgspec.json.decode(answer.body, type=_Validation) if answer.status == _OK else _Validation()
        except (FetchFailed, msgspec.MsgspecError) as error:
            raise Unavailable(Sentence("listenbrainz_away", "ListenBrainz can't be reached now")) from error
        if answer.status >= 500:
            raise Unavailable(Sentence("listenbrainz_away", "ListenBrainz can't be reached now"))
        if not found.valid:
            raise InvalidMessage(Sentence("listenbrainz_token", "ListenBrainz doesn't accept this token"), ["token"])
        await self._people.set_scrobbling_token(user_id, token)
        return await self._people.scrobbling(user_id)

    def _wake(self) -> None:
        self._again = True
        if self._unsubscribe is not None and not self._sending and self._retry is None:
            self._sending = True
            self._spawn(self._send_waiting())

    async def _send_waiting(self) -> None:
        try:
            while self._again:
                self._again = False
                while (batch := await self._next_batch()) is not None:
                    await self._send_batch(batch)
                    self._delay = FIRST_RETRY
        except (FetchFailed, HubError) as error:
            _LOGGER.debug("Plays wait to be reported: %s", error)
            due_us = self._clock.now_us() + int(self._delay.total_seconds() * 1e6)
            self._delay = min(self._delay * 2, MAX_RETRY)
            if self._unsubscribe is not None:
                self._retry = self._timers.at(due_us, self._try_again)
        finally:
            self._sending = False

    async def _send_batch(self, batch: ScrobbleBatch) -> None:
        refused = await self._send(batch.token, batch.listens)
        if refused is None or not refused.token_is_invalid:
            await self._people.drop_scrobbles(batch.ids)
        elif await self._people.drop_scrobbling_token(batch.user_id, batch.token):
            _LOGGER.warning("ListenBrainz refuses the token of a user: plays aren't reported any more")

    async def _next_batch(self) -> ScrobbleBatch | None:
        """Return plays that wait; None if none do, or if nothing may be sent any more."""
        batch = await self._people.waiting_scrobbles(BATCH)
        return batch if self._unsubscribe is not None else None

    async def _send(self, token: str, listens: list[msgspec.Raw]) -> _Refused | None:
        """Send plays; raise FetchFailed if that may succeed later."""
        payload = [msgspec.json.decode(listen) for listen in listens]
        answer = await request(
            self._session(),
            hdrs.METH_POST,
            f"{self._url}/1/submit-listens",
            json={"listen_type": "single" if len(payload) == 1 else "import", "payload": payload},
            headers=_authorization(token),
            max_bytes=MAX_ANSWER,
            timeout=TIMEOUT,
        )
        if answer.status == _OK:
            return None
        if answer.status in (_BAD_REQUEST, _UNAUTHORIZED):
            return _Refused(answer.status == _UNAUTHORIZED)
        raise FetchFailed(f"The response's status is {answer.status}")

    def _try_again(self) -> None:
        self._retry = None
        self._wake()


def _authorization(token: str) -> dict[str, str]:
    return {hdrs.AUTHORIZATION: f"Token {token}"}
