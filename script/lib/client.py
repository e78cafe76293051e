"""A client of Home Assistant's own web API, for the demo and the tests."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
import math
import time
from typing import Any, Self

from aiohttp import ClientResponse, ClientSession, ClientTimeout, ClientWebSocketResponse

from custom_components.moosicbox.engine.settings import SECTIONS

USERNAME = "demo"
PASSWORD = "demo"
REQUEST_TIMEOUT = 60.0
REFRESH_SECONDS = 120.0
"""An access token is renewed when its remaining lifetime is shorter."""

type Json = dict[str, Any]


class ApiError(Exception):
    """Home Assistant refused a request."""


class HomeAssistantClient:
    """A user's client. It keeps no connection that a restart of Home Assistant would break."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = ClientSession(url, timeout=ClientTimeout(total=REQUEST_TIMEOUT))
        self.tokens: Json = {}
        self.expires_at = math.inf
        """When the access token expires, in seconds since 1970."""
        self._refreshing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the idle connections."""
        await self._session.close()

    @property
    def client_id(self) -> str:
        """The id that Home Assistant gives a web application: its address."""
        return f"{self.url}/"

    async def log_in(self, username: str = USERNAME, password: str = PASSWORD) -> None:
        """Log in; create the first user if this Home Assistant is new."""
        code = await self._make_user() or await self._log_in_by_password(username, password)
        await self._get_tokens(grant_type="authorization_code", code=code)

    async def access_token(self) -> str:
        """Return an access token that is valid for at least two more minutes."""
        async with self._refreshing:
            if time.time() > self.expires_at - REFRESH_SECONDS:
                await self._get_tokens(grant_type="refresh_token", refresh_token=self.tokens["refresh_token"])
        token: str = self.tokens["access_token"]
        return token

    async def create_long_lived_token(self, name: str) -> str:
        """Return an access token that is valid for a day and isn't refreshed."""
        async with self.websocket() as websocket:
            token: str = await websocket.command("auth/long_lived_access_token", client_name=name, lifespan=1)
        return token

    async def get(self, path: str) -> Any:
        """Read from the REST API."""
        async with self._session.get(path, headers=await self._headers()) as response:
            return await _json(response)

    async def post(self, path: str, data: Json | None = None) -> Any:
        """Write to the REST API."""
        async with self._session.post(path, json=data or {}, headers=await self._headers()) as response:
            return await _json(response)

    async def call(self, action: str, **data: Any) -> None:
        """Call an action (`domain.name`) and wait until it is done."""
        await self.post(f"/api/services/{action.replace('.', '/')}", data)

    async def ask(self, action: str, **data: Any) -> Json:
        """Call an action that answers, and return its answer."""
        result = await self.post(f"/api/services/{action.replace('.', '/')}?return_response", data)
        answer: Json = result["service_response"]
        return answer

    async def state(self, entity_id: str) -> Json | None:
        """Return an entity's state object, or None."""
        states = await self.get("/api/states")
        return next((state for state in states if state["entity_id"] == entity_id), None)

    async def wait_for_state(
        self, entity_id: str, predicate: Callable[[Json], bool], *, timeout: float = 120.0
    ) -> Json:
        """Return the entity's state object as soon as it satisfies the predicate, now or later."""
        last: Json | None = None
        try:
            async with asyncio.timeout(timeout), self.websocket() as websocket:
                await websocket.command("subscribe_events", event_type="state_changed")
                last = await self.state(entity_id)
                while last is None or not predicate(last):
                    event = (await websocket.event())["data"]
                    if event["entity_id"] == entity_id:
                        last = event["new_state"]
        except TimeoutError:
            raise TimeoutError(f"{entity_id} did not get there within {timeout} s; it is {last}") from None
        return last

    async def wait_until_running(self) -> None:
        """Return when Home Assistant has started everything."""
        async with asyncio.timeout(REQUEST_TIMEOUT), self.websocket() as websocket:
            await websocket.command("subscribe_events", event_type="homeassistant_started")
            if (await websocket.command("get_config"))["state"] != "RUNNING":
                await websocket.event()

    async def set_up_integration(self, domain: str = "moosicbox") -> Json:
        """Go through the integration's config flow, unless it is set up; return its config entry."""
        entries = f"/api/config/config_entries/entry?domain={domain}"
        if not await self.get(entries):
            flows = "/api/config/config_entries/flow"
            flow = await self.post(flows, {"handler": domain})
            if flow["type"] == "form":
                flow = await self.post(f"{flows}/{flow['flow_id']}")
            if flow["type"] != "create_entry":
                raise ApiError(f"the config flow of {domain} ended with {flow['type']}: {flow.get('reason')}")
        entry: Json = (await self.get(entries))[0]
        return entry

    async def set_options(self, **sections: Json) -> None:
        """Set the integration up, unless it is, and set its options; all that are not given get their defaults."""
        entry = await self.set_up_integration()
        flows = "/api/config/config_entries/options/flow"
        flow = await self.post(flows, {"handler": entry["entry_id"]})
        await self.post(f"{flows}/{flow['flow_id']}", {section: {} for section in SECTIONS} | sections)

    async def set_language(self, language: str = "en-GB") -> None:
        """Choose the language of the user. Without a choice, Home Assistant's page may decide for one by itself."""
        value = {"language": language, "number_format": "language", "time_format": "language"}
        async with self.websocket() as websocket:
            await websocket.command("frontend/set_user_data", key="language", value=value)

    @asynccontextmanager
    async def websocket(self) -> AsyncGenerator[HomeAssistantWebSocket]:
        """Connect to Home Assistant's WebSocket API, logged in."""
        async with self._session.ws_connect("/api/websocket") as connection:
            await connection.receive_json()
            await connection.send_json({"type": "auth", "access_token": await self.access_token()})
            answer = await connection.receive_json()
            if answer["type"] != "auth_ok":
                raise ApiError(answer["message"])
            yield HomeAssistantWebSocket(connection)

    async def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {await self.access_token()}"} if self.tokens else {}

    async def _get_tokens(self, **form: str) -> None:
        async with self._session.post("/auth/token", data={**form, "client_id": self.client_id}) as response:
            # A refresh doesn't return the refresh token again.
            self.tokens = {**self.tokens, **await _json(response)}
        self.expires_at = time.time() + self.tokens["expires_in"]

    async def _make_user(self) -> str | None:
        user = {
            "name": "Demo",
            "username": USERNAME,
            "password": PASSWORD,
            "language": "en",
            "client_id": self.client_id,
        }
        async with self._session.post("/api/onboarding/users", json=user) as response:
            if response.status in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
                return None
            code: str = (await _json(response))["auth_code"]
            return code

    async def _log_in_by_password(self, username: str, password: str) -> str:
        start = {"client_id": self.client_id, "handler": ["homeassistant", None], "redirect_uri": self.client_id}
        flow = await self.post("/auth/login_flow", start)
        login = {"client_id": self.client_id, "username": username, "password": password}
        code: str = (await self.post(f"/auth/login_flow/{flow['flow_id']}", login))["result"]
        return code


class HomeAssistantWebSocket:
    """Commands and events of one connection, in turn."""

    def __init__(self, connection: ClientWebSocketResponse) -> None:
        self._connection = connection
        self._last_id = 0
        self._events: list[Json] = []

    async def command(self, type_: str, **fields: Any) -> Any:
        """Send a command and return its result."""
        self._last_id += 1
        await self._connection.send_json({"id": self._last_id, "type": type_, **fields})
        while (message := await self._connection.receive_json())["type"] != "result":
            self._events.append(message["event"])
        if not message["success"]:
            raise ApiError(f"{type_}: {message['error']['message']}")
        return message["result"]

    async def event(self) -> Json:
        """Return the next event of a subscription."""
        if self._events:
            return self._events.pop(0)
        event: Json = (await self._connection.receive_json())["event"]
        return event


async def _json(response: ClientResponse) -> Any:
    if not response.ok:
        raise ApiError(f"{response.method} {response.url.path}: {response.status} {await response.text()}")
    return await response.json()
