"""Reports of plays to ListenBrainz, over a real connection and in virtual time."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import msgspec
import pytest

from custom_components.moosicbox.engine.background import BackgroundTasks
from custom_components.moosicbox.engine.library.index.scrobbles import ScrobbleBatch
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.scrobbling import BATCH, Scrobbler
from custom_components.moosicbox.engine.protocol.errors import InvalidMessage, Unavailable
from custom_components.moosicbox.engine.timers import Timers
from tests.engine.fakes import SECOND, ManualClock

from .found import fill, found


class ListenBrainz:
    """The service, as far as it is used; it answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.reports: list[tuple[str, dict[str, Any]]] = []
        self.reported = asyncio.Event()
        app = web.Application()
        app.router.add_get("/1/validate-token", self._validate)
        app.router.add_post("/1/submit-listens", self._submit)
        self.server = TestServer(app)

    async def _validate(self, request: web.Request) -> web.Response:
        valid = request.headers["Authorization"] == "Token right"
        return web.json_response({"valid": valid, "user_name": "ada"}, status=self.status)

    async def _submit(self, request: web.Request) -> web.Response:
        self.reports.append((request.headers["Authorization"], await request.json()))
        self.reported.set()
        return web.json_response({}, status=self.status)

    @property
    def titles(self) -> list[str]:
        return [listen["track_metadata"]["track_name"] for _, report in self.reports for listen in report["payload"]]


class Setup:
    """A scrobbler, its service and its time."""

    def __init__(self, library: Library, session: ClientSession, service: ListenBrainz) -> None:
        self.library, self.service = library, service
        self.clock, self.timers, self.tasks = ManualClock(), Timers(), BackgroundTasks()
        url = str(service.server.make_url("")).rstrip("/")
        self.scrobbler = Scrobbler(library.people, lambda: session, self.timers, self.clock, self.tasks.spawn, url)

    async def done(self) -> None:
        """Wait until nothing is being sent."""
        while tasks := list(self.tasks):
            await asyncio.gather(*tasks)

    async def play(self, title: str, *users: str) -> None:
        tracks = {track.title: track.track_id for track in (await self.library.get_tracks()).items}
        await self.library.people.count_play(tracks[title], users)
        await self.done()

    async def pass_seconds(self, seconds: float) -> None:
        self.clock.time_us += round(seconds * SECOND)
        self.timers.run(self.clock.time_us)
        await self.done()


@pytest.fixture
async def setup(library: Library, socket_enabled: None) -> AsyncGenerator[Setup]:
    """A scrobbler over a library with two songs."""
    await fill(
        library, [found("So What", "Miles Davis", "Kind of Blue", duration=540.0), found("Halo", "Beyoncé"), found("X")]
    )
    service = ListenBrainz()
    await service.server.start_server()
    async with ClientSession() as session:
        setup = Setup(library, session, service)
        setup.scrobbler.start()
        yield setup
        setup.scrobbler.stop()
        await setup.tasks.cancel()
    await service.server.close()


async def test_plays_of_users_who_want_it(setup: Setup) -> None:
    assert (await setup.scrobbler.connect("anna", "right")).connected
    await setup.play("So What", "anna", "ben")
    await setup.play("Halo", "ben")
    # Without an artist, the service couldn't tell what it is.
    await setup.play("X", "anna")
    ((authorization, report),) = setup.service.reports
    assert authorization == "Token right"
    assert report["listen_type"] == "single"
    (listen,) = report["payload"]
    assert listen["track_metadata"] == {
        "artist_name": "Miles Davis",
        "track_name": "So What",
        "release_name": "Kind of Blue",
        "additional_info": {"duration_ms": 540_000, "media_player": "MoosicBox", "submission_client": "MoosicBox"},
    }
    assert (await setup.library.people.scrobbling("anna")).waiting == 0
    assert not (await setup.library.people.scrobbling("ben")).connected


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_plays_wait_for_the_service(setup: Setup, status: int) -> None:
    await setup.scrobbler.connect("anna", "right")
    setup.service.status = status
    await setup.play("So What", "anna")
    await setup.play("Halo", "anna")
    assert (await setup.library.people.scrobbling("anna")).waiting == 2
    tries = len(setup.service.reports)
    await setup.pass_seconds(61)
    assert len(setup.service.reports) == tries + 1
    # The pauses become longer, up to an hour.
    await setup.pass_seconds(61)
    assert len(setup.service.reports) == tries + 1
    for _ in range(10):
        await setup.pass_seconds(3_601)
    assert len(setup.service.reports) == tries + 11
    setup.service.status, setup.service.reports[:] = 200, []
    await setup.pass_seconds(3_601)
    assert setup.service.titles == ["So What", "Halo"]
    assert setup.timers.next_due_us is None


async def test_plays_are_kept_over_a_restart(setup: Setup) -> None:
    await setup.scrobbler.connect("anna", "right")
    setup.scrobbler.stop()
    for _ in range(BATCH + 5):
        await setup.play("Halo", "anna")
    assert setup.service.reports == []
    setup.scrobbler.start()
    await setup.done()
    assert [len(report["payload"]) for _, report in setup.service.reports] == [BATCH, 5]
    assert {report["listen_type"] for _, report in setup.service.reports} == {"import"}


async def test_nothing_is_sent_after_a_stop(setup: Setup) -> None:
    await setup.scrobbler.connect("anna", "right")
    setup.scrobbler.stop()
    for _ in range(BATCH + 5):
        await setup.play("Halo", "anna")
    setup.scrobbler.start()
    await setup.service.reported.wait()
    setup.scrobbler.stop()
    await setup.done()
    assert [len(report["payload"]) for _, report in setup.service.reports] == [BATCH]
    assert (await setup.library.people.scrobbling("anna")).waiting == 5


async def test_a_revoked_token_ends_the_reports(setup: Setup, caplog: pytest.LogCaptureFixture) -> None:
    await setup.scrobbler.connect("anna", "right")
    setup.service.status = 401
    await setup.play("Halo", "anna")
    await setup.play("Halo", "anna")
    assert len(setup.service.reports) == 1
    assert not (await setup.library.people.scrobbling("anna")).connected
    assert "right" not in caplog.text


async def test_a_new_token_outlives_the_refusal_of_the_old_one(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    await setup.scrobbler.connect("anna", "right")
    setup.service.status = 401
    send = setup.scrobbler._send

    async def send_slowly(token: str, listens: list[msgspec.Raw]) -> object:
        refused = await send(token, listens)
        if token == "right":
            await setup.library.people.set_scrobbling_token("anna", "newer")
            setup.service.status = 200
        return refused

    monkeypatch.setattr(setup.scrobbler, "_send", send_slowly)
    await setup.play("Halo", "anna")
    assert [authorization for authorization, _ in setup.service.reports] == ["Token right", "Token newer"]
    state = await setup.library.people.scrobbling("anna")
    assert (state.connected, state.waiting) == (True, 0)


async def test_a_play_that_is_added_while_the_index_is_queried(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    await setup.scrobbler.connect("anna", "right")
    people = setup.library.people
    tracks = {track.title: track.track_id for track in (await setup.library.get_tracks()).items}
    query, coming = people.waiting_scrobbles, ["So What"]

    async def query_slowly(count: int) -> ScrobbleBatch | None:
        batch = await query(count)
        if batch is None and coming:
            await people.count_play(tracks[coming.pop()], ["anna"])
        return batch

    monkeypatch.setattr(people, "waiting_scrobbles", query_slowly)
    await setup.play("Halo", "anna")
    assert setup.service.titles == ["Halo", "So What"]


async def test_plays_that_the_service_refuses_are_dropped(setup: Setup) -> None:
    await setup.scrobbler.connect("anna", "right")
    setup.service.status = 400
    await setup.play("Halo", "anna")
    state = await setup.library.people.scrobbling("anna")
    assert (state.connected, state.waiting) == (True, 0)


async def test_a_wrong_token_and_a_broken_service(setup: Setup) -> None:
    with pytest.raises(InvalidMessage):
        await setup.scrobbler.connect("anna", "wrong")
    setup.service.status = 502
    with pytest.raises(Unavailable):
        await setup.scrobbler.connect("anna", "right")
    assert not (await setup.library.people.scrobbling("anna")).connected


async def test_switching_off_drops_what_waits(setup: Setup) -> None:
    await setup.scrobbler.connect("anna", "right")
    setup.service.status = 500
    await setup.play("Halo", "anna")
    await setup.library.people.set_scrobbling_token("anna", None)
    state = await setup.library.people.scrobbling("anna")
    assert (state.connected, state.waiting) == (False, 0)
