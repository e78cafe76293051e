"""Polling over HTTP: requests, responses, and the open polling connections."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import wraps
from hmac import compare_digest
import math
from typing import Final, NamedTuple

from aiohttp import web
import msgspec

from ..access.authentication import Peer
from ..protocol.client import Authenticate
from ..protocol.codec import Decoded
from ..protocol.codes import CloseCode
from ..protocol.errors import (
    AuthenticationFailed,
    ClientNotFound,
    HubError,
    InvalidMessage,
    SerializationFailed,
    Unavailable,
)
from ..sessions.session import Refused
from .admission import Admission
from .bodies import read_body
from .gateway import Gateway, SessionHandle
from .polling import PollingConnection, closed_error
from .responses import error_response, json_response

MAX_MESSAGES: Final = 100
"""Most messages of one request."""
DEFAULT_WAIT: Final = 25.0
"""Seconds that a fetch waits for messages by default."""
MAX_WAIT: Final = 55.0
"""Longest wait, in seconds; many proxies time out after a minute."""
REMEMBERED: Final = 1_000
"""Ended connections whose close code is remembered, each for as long as its session can be resumed."""

type Method[**P] = Callable[P, Awaitable[web.Response]]


class _Ended(NamedTuple):
    secret: str
    code: CloseCode
    until_us: int


def _answer_errors[**P](method: Method[P]) -> Method[P]:
    @wraps(method)
    async def answered(*args: P.args, **kwargs: P.kwargs) -> web.Response:
        try:
            return await method(*args, **kwargs)
        except HubError as error:
            return error_response(error)

    return answered


class PollingEndpoint:
    """Handles polling requests; holds the polling connections by session id."""

    def __init__(self, gateway: Gateway, admission: Admission) -> None:
        """`admission` is shared with the WebSocket transport."""
        self._gateway = gateway
        self._admission = admission
        self._open: dict[str, PollingConnection] = {}
        self._ended: OrderedDict[str, _Ended] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of connections."""
        return len(self._open)

    @_answer_errors
    async def open(self, request: web.Request) -> web.Response:
        """Handle POST of `authenticate`: open or resume a session."""
        gateway, admission = self._gateway, self._admission
        try:
            admission.check_capacity(request)
            admission.check_origin(request)
            with admission.count_unauthenticated(request):
                connection = PollingConnection(gateway, Peer(request.remote or "", request), self._connection_closed)
                session = await self._authenticate(request, connection)
        except Refused as refused:
            gateway.metrics.rejected[refused.error.error_type] += 1
            # The user's own limit isn't a fault of the hub: 429 instead of 503.
            return error_response(
                refused.error,
                429 if isinstance(refused.error, Unavailable) and refused.code is not CloseCode.RESTART else None,
            )
        except HubError as error:
            gateway.metrics.rejected[error.error_type] += 1
            raise
        welcome = connection.start(session)
        self._open[session.session_id] = connection
        self._ended.pop(session.session_id, None)
        return json_response(welcome.payload)

    @_answer_errors
    async def fetch(self, request: web.Request, session_id: str) -> web.Response:
        """Handle GET: return messages for the client."""
        connection = self._connection(request, session_id)
        frames, cursor = await connection.fetch(request.query.get("cursor"), _wait(request))
        messages = b",".join([frame.payload for frame in frames])
        return json_response(b'{"messages":[%b],"cursor":"%b"}' % (messages, cursor.encode()))

    @_answer_errors
    async def send(self, request: web.Request, session_id: str) -> web.Response:
        """Handle POST: execute messages of the client and return their answers."""
        connection = self._connection(request, session_id)
        body = await read_body(request, self._gateway.limits.max_message_size)
        answers = await connection.receive(self._decode(body))
        return json_response(b"[%b]" % b",".join([frame.payload for frame in answers]))

    @_answer_errors
    async def end(self, request: web.Request, session_id: str) -> web.Response:
        """Handle DELETE: end the session."""
        connection = self._connection(request, session_id)
        connection.session.connection_lost(connection, ended=True)
        return web.Response(status=204)

    # ------------------------------------------------------------ sessions

    async def _authenticate(self, request: web.Request, connection: PollingConnection) -> SessionHandle:
        gateway = self._gateway
        bearer = self._admission.bearer_token(request)
        try:
            async with asyncio.timeout(gateway.limits.authentication_timeout):
                decoded = gateway.decode(await read_body(request, gateway.limits.max_first_message_size))
                if decoded.error is not None:
                    raise decoded.error
                if not isinstance(message := decoded.message, Authenticate):
                    raise InvalidMessage("The body must be `authenticate`", ["type"])
                if bearer is None and message.invite is None:
                    raise AuthenticationFailed("A bearer token is needed")
                principal = None
                # A session may be resumed by its secret alone, which is checked on resume.
                resume = message.resume
                if bearer and (resume is None or not compare_digest(bearer.encode(), resume.secret.encode())):
                    principal = await gateway.authenticate_token(bearer, connection.peer)
                return await gateway.open(connection, message, principal, gateway.hello(authenticated=True))
        except TimeoutError as error:
            raise AuthenticationFailed("The client didn't authenticate in time") from error

    def _connection(self, request: web.Request, session_id: str) -> PollingConnection:
        self._admission.check_origin(request)
        if (secret := self._admission.bearer_token(request)) is None:
            raise AuthenticationFailed("The session's secret is needed as a bearer token")
        self._drop_old()
        if (connection := self._open.get(session_id)) is not None:
            if connection.session.knows_secret(secret):
                return connection
        elif (ended := self._ended.get(session_id)) is None:
            raise ClientNotFound("There is no polling connection of this session")
        elif compare_digest(secret, ended.secret):
            raise closed_error(ended.code)
        raise AuthenticationFailed("This is not the session's secret")

    def _connection_closed(self, connection: PollingConnection, code: CloseCode) -> None:
        session = connection.session
        if self._open.get(session.session_id) is connection:
            del self._open[session.session_id]
        until_us = self._gateway.clock.now_us() + int(self._gateway.limits.resume_seconds * 1e6)
        self._ended[session.session_id] = _Ended(session.secret, code, until_us)
        self._ended.move_to_end(session.session_id)
        self._drop_old()

    def _drop_old(self) -> None:
        ended, now_us = self._ended, self._gateway.clock.now_us()
        while ended and (len(ended) > REMEMBERED or next(iter(ended.values())).until_us < now_us):
            ended.popitem(last=False)

    # ------------------------------------------------------------ messages

    def _decode(self, body: bytes) -> list[Decoded]:
        try:
            messages = msgspec.json.decode(body, type=list[msgspec.Raw])
        except msgspec.ValidationError as error:
            raise InvalidMessage("The body must be an array of messages", []) from error
        except (msgspec.DecodeError, RecursionError) as error:
            raise SerializationFailed(f"This is not JSON: {error}") from error
        if len(messages) > MAX_MESSAGES:
            raise InvalidMessage(f"A request may hold at most {MAX_MESSAGES} messages", [MAX_MESSAGES])
        return [self._gateway.decode(bytes(message)) for message in messages]


def _wait(request: web.Request) -> float:
    try:
        wait = float(request.query.get("wait", DEFAULT_WAIT))
    except ValueError:
        wait = math.nan
    if math.isnan(wait):
        raise InvalidMessage("wait must be a number of seconds", ["wait"])
    return min(max(wait, 0.0), MAX_WAIT)
