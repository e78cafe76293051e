"""Refusals of polling clients: status, error, and no other effect."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
import gzip
import json

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.transport.polling_endpoint import MAX_MESSAGES
from tests.fixtures import Advance, Connect, CreateToken
from tests.http import HttpClient

from .client import PATIENCE, Message, player
from .poller import CONTROLLER, SESSIONS, Poller, authenticate, bearer, refusal

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def poller(http: HttpClient, token: str) -> Poller:
    """A polling session."""
    return await Poller.open(http, token)


async def test_opening_needs_a_valid_bearer_token(http: HttpClient, hub: Hub, subtests: pytest.Subtests) -> None:
    for value in (None, "Bearer", "Bearer wrong", "Bearer " + "x" * 4097, "Bearer caf\u00e9", "Basic YTpi"):
        with subtests.test(value=value):
            response = await http.post(
                SESSIONS, headers={} if value is None else {"Authorization": value}, json=authenticate()
            )
            assert await refusal(response) == (401, "authentication_failed")
            assert response.headers["WWW-Authenticate"] == "Bearer"
            assert len(hub.sessions) == 0


async def test_tokens_in_cookies_urls_and_bodies_are_ignored(http: HttpClient, token: str) -> None:
    response = await http.post(
        SESSIONS,
        headers={"Cookie": f"token={token}; access_token={token}"},
        params={"token": token, "access_token": token},
        json=authenticate(token=token),
    )
    assert await refusal(response) == (401, "authentication_failed")


async def test_a_wrong_token_in_the_body_is_refused(http: HttpClient, token: str) -> None:
    response = await http.post(SESSIONS, headers=bearer(token), json=authenticate(token="wrong"))
    assert await refusal(response) == (401, "authentication_failed")


async def test_only_a_forged_token_counts_as_a_failed_login(
    http: HttpClient, create_token: CreateToken, advance: Advance, caplog: pytest.LogCaptureFixture
) -> None:
    poller = await Poller.open(http, await create_token())
    await http.get(poller.messages, headers=bearer("wrong"))
    await http.post(SESSIONS, json=authenticate())
    assert "Login attempt" not in caplog.text
    await http.post(SESSIONS, headers=bearer("forged"), json=authenticate())
    assert caplog.text.count("Login attempt or request with invalid authentication") == 1


async def test_foreign_pages_are_refused(
    http: HttpClient, token: str, poller: Poller, subtests: pytest.Subtests
) -> None:
    for origin in ("null", "https://evil.example", f"http://{http.host}:{http.port}.evil.example"):
        foreign = {"Origin": origin}
        for response in (
            await http.post(SESSIONS, headers=bearer(token) | foreign, json=authenticate()),
            await http.get(poller.messages, headers=poller.headers | foreign),
            await http.post(poller.messages, headers=poller.headers | foreign, json=[]),
            await http.delete(poller.address, headers=poller.headers | foreign),
        ):
            with subtests.test(origin=origin, method=response.method):
                assert await refusal(response) == (403, "permission_denied")
                assert "Access-Control-Allow-Origin" not in response.headers
    assert await poller.fetch()


async def test_own_pages_may_poll(http: HttpClient, token: str) -> None:
    own = {"Origin": f"http://{http.host}:{http.port}"}
    response = await http.post(SESSIONS, headers=bearer(token) | own, json=authenticate())
    assert response.status == 200


BAD_OPENINGS: list[tuple[bytes, str, list[str] | None]] = [
    (b"", "serialization_error", None),
    (b"no JSON", "serialization_error", None),
    (b"\xff\xfe", "serialization_error", None),
    (b"[]", "serialization_error", None),
    (b"[" * 30_000, "serialization_error", None),
    (b'{"a":' * 5_000, "serialization_error", None),
    (b"{}", "invalid_message", ["type"]),
    (b'{"type": "ping"}', "invalid_message", ["type"]),
    (b'{"type": "juggle"}', "unknown_type", None),
    (b'{"type": "authenticate"}', "invalid_message", ["client"]),
    (json.dumps(authenticate(client={**CONTROLLER, "kind": "dog"})).encode(), "invalid_message", ["client", "kind"]),
    (json.dumps(authenticate(client=player("Kitchen"))).encode(), "invalid_message", ["client", "player_id"]),
    (
        json.dumps(authenticate(client={"name": "Box", "kind": "player"})).encode(),
        "invalid_message",
        ["client", "player_id"],
    ),
    (json.dumps(authenticate(resume={"session_id": "x"})).encode(), "invalid_message", ["resume", "secret"]),
    (b'{"type": "authenticate", "client": "\\ud800"}', "invalid_message", ["client"]),
]


async def test_an_invalid_opening_body_names_its_fault(
    http: HttpClient, token: str, hub: Hub, subtests: pytest.Subtests
) -> None:
    for body, error_type, path in BAD_OPENINGS:
        with subtests.test(body=body[:60]):
            response = await http.post(SESSIONS, headers=bearer(token) | JSON, data=body)
            assert await refusal(response) == (400, error_type)
            assert (await response.json()).get("path") == path
    assert len(hub.sessions) == 0


async def test_the_size_of_the_opening_body_is_bounded(http: HttpClient, token: str) -> None:
    """32 KiB, however it is sent."""
    body = json.dumps(authenticate(padding="")).encode()
    body = body.replace(b'"padding": ""', b'"padding": "%b"' % (b"x" * (32_768 - len(body))))
    assert (await http.post(SESSIONS, headers=bearer(token) | JSON, data=body)).status == 200

    async def chunks() -> AsyncGenerator[bytes]:
        yield body
        yield b" "

    for data in (body + b" ", chunks()):
        response = await http.post(SESSIONS, headers=bearer(token) | JSON, data=data)
        assert await refusal(response) == (413, "message_too_large")
        error = await response.json()
        assert (error["size"], error["max_size"]) == (32_769, 32_768)


async def test_a_wrong_secret_resumes_nothing(http: HttpClient, token: str, poller: Poller) -> None:
    """With a token a new session is opened."""
    for secret in ("wrong", "caf\u00e9"):
        resume = {**poller.resume(), "secret": secret}
        response = await http.post(SESSIONS, headers=bearer(secret), json=authenticate(resume=resume))
        assert await refusal(response) == (401, "authentication_failed")
        again = await Poller.open(http, token, resume=resume)
        assert (again.welcome["resumed"], again.welcome["resume_failure"]) == (False, "session_unknown")
    assert await poller.fetch()


async def test_a_player_needs_its_permission_and_its_own_id(
    http: HttpClient, token: str, create_token: CreateToken
) -> None:
    await Poller.open(http, token, client=player("kitchen"))
    for permissions in (["listen"], ["listen", "play"]):
        other = await create_token("other", permissions=permissions)
        response = await http.post(SESSIONS, headers=bearer(other), json=authenticate(client=player("kitchen")))
        assert await refusal(response) == (403, "permission_denied")


async def test_connections_and_players_of_a_user_are_bounded(
    http: HttpClient, token: str, hub: Hub, create_token: CreateToken
) -> None:
    hub.configure(replace(hub.limits, max_connections_per_user=2, max_players_per_user=1))
    await Poller.open(http, token, client=player("kitchen"))
    response = await http.post(SESSIONS, headers=bearer(token), json=authenticate(client=player("bath")))
    assert await refusal(response) == (429, "unavailable")
    await Poller.open(http, token)
    response = await http.post(SESSIONS, headers=bearer(token), json=authenticate())
    assert await refusal(response) == (429, "unavailable")
    await Poller.open(http, await create_token("other"))


async def test_unauthenticated_connections_are_counted_over_both_transports(
    http: HttpClient, token: str, connect: Connect, hub: Hub
) -> None:
    hub.configure(replace(hub.limits, max_unauthenticated_per_address=1))
    socket = await connect()
    response = await http.post(SESSIONS, headers=bearer(token), json=authenticate())
    assert await refusal(response) == (429, "rate_limit_exceeded")
    assert int(response.headers["Retry-After"]) > 0
    await socket.authenticate(token)
    await Poller.open(http, token)
    await Poller.open(http, token)


async def test_a_body_that_does_not_arrive_is_given_up(http: HttpClient, token: str, hub: Hub) -> None:
    """Meanwhile its sender counts as unauthenticated."""
    hub.configure(replace(hub.limits, max_unauthenticated_per_address=1, authentication_timeout=0.2))
    begun, over = asyncio.Event(), asyncio.Event()

    async def trickle() -> AsyncGenerator[bytes]:
        yield b"{"
        begun.set()
        await over.wait()

    slow = asyncio.create_task(http.post(SESSIONS, headers=bearer(token), data=trickle()))
    await begun.wait()
    async with asyncio.timeout(PATIENCE):
        while (response := await http.post(SESSIONS, headers=bearer(token), json=authenticate())).status == 200:
            pass
    assert await refusal(response) == (429, "rate_limit_exceeded")
    assert await refusal(await slow) == (401, "authentication_failed")
    over.set()
    await Poller.open(http, token)


async def test_both_transports_share_the_limit_of_connections(
    http: HttpClient, token: str, connect: Connect, hub: Hub
) -> None:
    hub.configure(replace(hub.limits, max_connections=2))
    poller = await Poller.open(http, token)
    await (await connect()).authenticate(token)
    response = await http.post(SESSIONS, headers=bearer(token), json=authenticate())
    assert await refusal(response) == (503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0
    await poller.end()
    await Poller.open(http, token)


async def test_without_a_loaded_entry_polling_is_unavailable(
    hass: HomeAssistant, entry: MockConfigEntry, http: HttpClient, token: str
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    for response in (
        await http.post(SESSIONS, headers=bearer(token), json=authenticate()),
        await http.get(f"{SESSIONS}/x/messages"),
        await http.post(f"{SESSIONS}/x/messages", json=[]),
        await http.delete(f"{SESSIONS}/x"),
    ):
        assert response.status == 503
        assert int(response.headers["Retry-After"]) > 0


async def test_each_request_needs_the_secret_of_the_session(http: HttpClient, token: str, poller: Poller) -> None:
    for headers in ({}, bearer("wrong"), bearer(token), {"Cookie": f"secret={poller.welcome['secret']}"}):
        for response in (
            await http.get(poller.messages, headers=headers),
            await http.post(poller.messages, headers=headers, json=[]),
            await http.delete(poller.address, headers=headers),
        ):
            assert await refusal(response) == (401, "authentication_failed")
    assert await poller.fetch()
    await poller.end()
    assert await refusal(await http.get(poller.messages, headers=bearer("wrong"))) == (401, "authentication_failed")


async def test_a_session_that_does_not_poll_is_not_found(
    http: HttpClient, poller: Poller, connect: Connect, token: str
) -> None:
    """Neither an invented one nor one of a WebSocket."""
    welcome = await (await connect()).authenticate(token)
    for session_id, secret in (("never-seen", "x"), (welcome["session_id"], welcome["secret"])):
        address, headers = f"{SESSIONS}/{session_id}", bearer(secret)
        assert await refusal(await http.get(f"{address}/messages", headers=headers)) == (404, "client_not_found")
        response = await http.post(f"{address}/messages", headers=headers, json=[])
        assert await refusal(response) == (404, "client_not_found")
        assert await refusal(await http.delete(address, headers=headers)) == (404, "client_not_found")


async def test_invalid_cursors_and_waits_are_refused(poller: Poller, subtests: pytest.Subtests) -> None:
    cursors = ("", "x", "0", "-1", "00000000-" + "9" * 50, "0000000g-1", "00000000-\u0663")
    queries = [*({"cursor": cursor} for cursor in cursors), *({"wait": wait} for wait in ("", "soon", "nan"))]
    for query in queries:
        with subtests.test(query=query):
            response = await poller.get(**{"wait": 0, **query})
            assert await refusal(response) == (400, "invalid_message")
            assert (await response.json())["path"] == [*query]
    assert await poller.fetch()


async def test_a_cursor_that_was_not_returned_is_refused(poller: Poller) -> None:
    await poller.fetch()
    assert poller.cursor is not None
    name, _, number = poller.cursor.partition("-")
    response = await poller.get(wait=0, cursor=f"{name}-{int(number) + 1}")
    assert await refusal(response) == (400, "invalid_message")


async def test_wait_is_bounded(poller: Poller) -> None:
    for wait in ("-5", "-inf", "1e400", "3600"):
        assert (await poller.get(wait=wait)).status == 200


BAD_BODIES = [
    (b"", "serialization_error"),
    (b"no JSON", "serialization_error"),
    (b"[1,", "serialization_error"),
    (b"[" * 200_000, "serialization_error"),
    (b"\xff", "serialization_error"),
    (b'{"type": "ping"}', "invalid_message"),
    (b'"ping"', "invalid_message"),
    (b"null", "invalid_message"),
    (b"[" + b",".join([b'{"type":"ping"}'] * (MAX_MESSAGES + 1)) + b"]", "invalid_message"),
]


async def test_a_body_that_is_not_an_array_of_messages_is_refused(
    poller: Poller, http: HttpClient, subtests: pytest.Subtests
) -> None:
    for body, error_type in BAD_BODIES:
        with subtests.test(body=body[:60]):
            response = await http.post(poller.messages, headers=poller.headers | JSON, data=body)
            assert await refusal(response) == (400, error_type)
    assert await poller.fetch()


async def test_each_message_of_an_array_is_judged_on_its_own(poller: Poller, http: HttpClient) -> None:
    parts = [b"1", b"[]", b'{"type":"\xff"}', b"{}", b'{"type":"authenticate","client":{}}']
    good = b'{"type":"ping","request_id":"last"}'
    body = b"[" + b",".join([*parts, good]) + b"]"
    response = await http.post(poller.messages, headers=poller.headers | JSON, data=body)
    answers = await response.json()
    errors = ["serialization_error"] * 3 + ["invalid_message"] * 2
    assert [answer.get("error_type") for answer in answers] == [*errors, None]
    assert (answers[-1]["type"], answers[-1]["request_id"]) == ("pong", "last")


async def test_the_size_of_a_body_is_bounded(poller: Poller, http: HttpClient, hub: Hub) -> None:
    """Compressed or not; the session continues."""
    size = hub.limits.max_message_size
    fits = b"[" + b" " * (size - 2) + b"]"
    assert (await http.post(poller.messages, headers=poller.headers | JSON, data=fits)).status == 200
    response = await http.post(poller.messages, headers=poller.headers | JSON, data=fits + b" ")
    assert await refusal(response) == (413, "message_too_large")

    packed = JSON | {"Content-Encoding": "gzip"}
    response = await http.post(poller.messages, headers=poller.headers | packed, data=gzip.compress(b"[]"))
    assert (response.status, await response.json()) == (200, [])
    bomb = gzip.compress(b"[" + b" " * 50_000_000)
    assert len(bomb) < size
    response = await http.post(poller.messages, headers=poller.headers | packed, data=bomb)
    assert await refusal(response) == (413, "message_too_large")
    assert (await poller.request("ping"))["type"] == "pong"


async def test_invalid_compressed_data_is_refused(poller: Poller, http: HttpClient) -> None:
    """The HTTP connection is closed; the session continues."""
    headers = poller.headers | JSON | {"Content-Encoding": "gzip", "Connection": "close"}
    response = await http.post(poller.messages, headers=headers, data=b"not packed at all")
    assert response.status == 400
    assert (await poller.request("ping"))["type"] == "pong"


async def test_twenty_protocol_errors_end_the_session_with_4513(poller: Poller) -> None:
    """Later messages of the request are not executed."""
    messages: list[Message] = [{"type": "seek_command", "request_id": f"r{number}"} for number in range(25)]
    answers = await poller.send(*messages)
    assert [answer["error_type"] for answer in answers] == ["invalid_message"] * 20 + ["unavailable"] * 5
    assert [answer["request_id"] for answer in answers] == [message["request_id"] for message in messages]
    response = await poller.get(wait=0)
    assert (response.status, (await response.json())["close_code"]) == (410, 4513)


async def test_too_many_messages_are_refused_and_then_close(poller: Poller) -> None:
    closed = None
    for _ in range(10):
        response = await poller.post([{"type": "ping", "request_id": f"r{number}"} for number in range(20)])
        if response.status == 410:
            closed = (await response.json())["close_code"]
            break
        refused = [answer for answer in await response.json() if answer.get("error_type") == "rate_limit_exceeded"]
        assert all(answer["retryable"] and answer["retry_after"] > 0 for answer in refused)
    assert closed == 4029
