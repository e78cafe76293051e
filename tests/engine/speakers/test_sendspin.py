"""Sendspin speakers: the library's client over real sockets."""

import asyncio
from collections.abc import AsyncGenerator
from io import BytesIO
from itertools import groupby
from typing import Any

from aiohttp import ClientSession
from aiosendspin.models.types import ConnectionReason, MediaCommand
from aiosendspin.noise.keys import Identity
from aiosendspin.noise.trust_store import InMemoryServerPairingStore, TrustedUnpairedClient
from aiosendspin.server import SendspinServer
import numpy as np
from PIL import Image
import pytest
from yarl import URL

from custom_components.moosicbox.engine.protocol.client import (
    PlaybackCommand,
    QueueAdd,
    RoomCreate,
    RoomJoin,
    VolumeCommand,
)
from custom_components.moosicbox.engine.speakers.renderer.audio import AudioFormat, AudioHeader, Chunk
from custom_components.moosicbox.engine.speakers.sendspin import service as module
from custom_components.moosicbox.engine.speakers.sendspin.driver import Unsupported, ahead_for, format_of
from custom_components.moosicbox.engine.speakers.sendspin.pairing import PairingFailed
from custom_components.moosicbox.engine.speakers.sendspin.service import NotReachable, SendspinService
from custom_components.moosicbox.engine.speakers.sendspin.store import PairingStore
from tests.client.proxy import Proxy

from . import sound
from .sendspin_speaker import Received, SendspinSpeaker, listening, make_speaker, supported
from .stage import Stage, same


class Saved:
    """The last state that a store has saved."""

    def __init__(self) -> None:
        self.state: dict[str, Any] | None = None

    def save(self, state: dict[str, Any]) -> None:
        self.state = state


async def picture(track_id: str) -> bytes | None:
    """Return a picture whose colour tells the track; one track has none, one is no picture."""
    if track_id == "whole.flac":
        return b"no picture"
    data = BytesIO()
    Image.new("RGB", (100, 100), {"first.flac": "red", "second.flac": "blue"}[track_id]).save(data, "JPEG")
    return data.getvalue()


def colour_of(data: bytes) -> str:
    """Return the colour of a picture that `picture` has made."""
    if not data:
        return "none"
    red, _, blue = np.asarray(Image.open(BytesIO(data)).convert("RGB"))[32, 32]
    return "red" if red > blue else "blue"


@pytest.fixture
def expected_lingering_timers() -> bool:
    """The library's timers for speakers that may come back outlive its server."""
    return True


@pytest.fixture
async def session() -> AsyncGenerator[ClientSession]:
    async with ClientSession() as running:
        yield running


@pytest.fixture
def saved() -> Saved:
    return Saved()


@pytest.fixture
async def service(stage: Stage, session: ClientSession, saved: Saved) -> AsyncGenerator[SendspinService]:
    running = SendspinService(stage.speakers, PairingStore(None, saved.save), "House", session, picture)
    await running.start("127.0.0.1", 28_927)
    yield running
    await running.stop()


def url_of(service: SendspinService) -> str:
    return f"ws://127.0.0.1:{service.port}/sendspin"


async def add(stage: Stage, service: SendspinService, speaker: SendspinSpeaker) -> None:
    """Connect a speaker by its own dial, trust it, and add it."""
    await speaker.connect(url_of(service))
    await stage.until(lambda: service.candidate(speaker.player_id) is not None)
    await service.trust(speaker.player_id)
    stage.speakers.set_added({**stage.speakers._names, speaker.player_id: speaker.client.client_name})
    await stage.until(lambda: is_connected(stage, speaker))


@pytest.fixture
async def den(stage: Stage, service: SendspinService, session: ClientSession) -> AsyncGenerator[SendspinSpeaker]:
    """A speaker that is trusted and was added."""
    speaker = await make_speaker(session)
    await add(stage, service, speaker)
    yield speaker
    await speaker.client.disconnect()


def is_connected(stage: Stage, speaker: SendspinSpeaker) -> bool:
    player = stage.hub.players.find(speaker.player_id)
    return player is not None and player.connected


async def play(stage: Stage, speaker: SendspinSpeaker, *names: str) -> None:
    for name in names:
        await stage.do(QueueAdd(player_id=speaker.player_id, media_content_id=name))
    await stage.do(PlaybackCommand(player_id=speaker.player_id, command="play"))


def heard(received: list[Received]) -> sound.Samples:
    audio_format = received[0].audio_format
    header = AudioHeader(
        codec="flac",
        rate=audio_format.pcm_format.sample_rate,
        bits=16,
        channels=2,
        codec_header=audio_format.codec_header or b"",
    )
    return sound.decode(header, [Chunk(0, 0, data) for _, data, _ in received])


# ---- playing


@pytest.mark.process
async def test_plays_an_album_on_the_hubs_timeline(
    stage: Stage, service: SendspinService, den: SendspinSpeaker
) -> None:
    await play(stage, den, "first.flac", "second.flac")
    await stage.until(lambda: stage.reported(den.player_id, state="playing"))
    timeline = stage.player(den.player_id).solo_playback.timeline
    await stage.until(lambda: stage.finished(den.player_id))
    assert same(heard(den.received), sound.noise())
    times = [received.at_us for received in den.received]
    assert times[0] == pytest.approx(timeline.anchor_us, abs=400_000)
    assert (np.diff(times) > 0).all()
    assert list(dict.fromkeys(title for title in den.titles if title)) == ["first.flac", "second.flac"]
    await stage.until(lambda: den.ended)


@pytest.mark.process
async def test_speakers_of_a_room_get_the_same_chunks(
    stage: Stage, service: SendspinService, session: ClientSession, den: SendspinSpeaker
) -> None:
    bath = await make_speaker(session, name="Bath")
    await add(stage, service, bath)
    await stage.do(RoomCreate(name="All", id="all"))
    for speaker in (den, bath):
        await stage.do(RoomJoin(room_id="all", player_id=speaker.player_id))
    await stage.do(QueueAdd(room_id="all", media_content_id="whole.flac"))
    await stage.do(PlaybackCommand(room_id="all", command="play"))
    await stage.until(lambda: den.received and bath.received)
    assert len(stage.renderer) == 1
    await stage.until(lambda: stage.finished(den.player_id))
    shared = {received.at_us: received.data for received in den.received}
    assert len(bath.received) > 50
    assert all(shared[at_us] == data for at_us, data, _ in bath.received)
    await bath.client.disconnect()


@pytest.mark.process
async def test_a_pause_clears_what_was_sent(stage: Stage, service: SendspinService, den: SendspinSpeaker) -> None:
    await play(stage, den, "whole.flac")
    await stage.until(lambda: stage.reported(den.player_id, state="playing") and len(den.received) > 10)
    cleared = den.cleared
    await stage.do(PlaybackCommand(player_id=den.player_id, command="pause"))
    await stage.until(lambda: den.cleared > cleared)
    paused = stage.player(den.player_id).solo_playback.timeline
    before = len(den.received)
    await stage.do(PlaybackCommand(player_id=den.player_id, command="play"))
    await stage.until(lambda: stage.finished(den.player_id))
    rest = den.received[before:]
    assert same(heard(rest), sound.noise()[round(paused.position * sound.RATE) :])


# ---- volume and buttons


async def test_volume_goes_both_ways(stage: Stage, service: SendspinService, den: SendspinSpeaker) -> None:
    # A speaker that connects isn't made louder.
    assert (stage.player(den.player_id).volume, den.volume) == (0.3, 30)
    await stage.do(VolumeCommand(player_id=den.player_id, volume=0.5, muted=True))
    await stage.until(lambda: (den.volume, den.muted) == (50, True))
    den.volume, den.muted = 45, False
    await den.report()
    await stage.until(lambda: (stage.player(den.player_id).volume, stage.player(den.player_id).muted) == (0.45, False))


@pytest.mark.process
async def test_a_display_shows_the_tracks_pictures(
    stage: Stage, service: SendspinService, session: ClientSession
) -> None:
    speaker = await make_speaker(session, has_display=True)
    await add(stage, service, speaker)
    await play(stage, speaker, "first.flac", "whole.flac", "second.flac")
    await stage.until(lambda: stage.finished(speaker.player_id))
    named = [colour_of(data) for data in speaker.pictures]
    assert [name for name, _ in groupby(named) if name != "none"] == ["red", "blue"]
    assert "none" in named[named.index("red") : named.index("blue")]
    await speaker.client.disconnect()


@pytest.mark.process
async def test_buttons_act_on_the_room(stage: Stage, service: SendspinService, den: SendspinSpeaker) -> None:
    await stage.do(RoomCreate(name="All", id="all", control="everyone"))
    await stage.do(RoomJoin(room_id="all", player_id=den.player_id))
    for name in ("whole.flac", "first.flac"):
        await stage.do(QueueAdd(room_id="all", media_content_id=name))
    await stage.do(PlaybackCommand(room_id="all", command="play"))
    room = stage.hub.rooms.find("all")
    assert room is not None
    await stage.until(lambda: den.received)
    await den.press(MediaCommand.PAUSE)
    await stage.until(lambda: room.playback.timeline.state == "paused")
    await den.press(MediaCommand.NEXT)
    await stage.until(lambda: room.playback.current is not None and room.playback.current.track.title == "first.flac")
    await den.press(MediaCommand.REPEAT_ALL)
    await stage.until(lambda: room.playback.repeat == "all")


# ---- adding


async def test_a_speaker_that_dials_is_offered(stage: Stage, service: SendspinService, session: ClientSession) -> None:
    speaker = await make_speaker(session, name="Attic")
    await speaker.connect(url_of(service))
    await stage.until(lambda: stage.speakers.waiting)
    (info,) = stage.speakers.waiting
    assert (info.player_id, info.name, info.kind) == (speaker.player_id, "Attic", "sendspin")
    candidate = service.candidate(speaker.player_id)
    assert candidate is not None
    assert (candidate.may_stay_unpaired, candidate.is_admitted, candidate.url) == (True, False, None)
    assert "dynamic_code" in candidate.methods
    assert stage.hub.players.find(speaker.player_id) is None
    await speaker.client.disconnect()


@pytest.mark.process
async def test_a_speaker_is_dialled_and_paired_by_the_code_that_it_shows(
    stage: Stage, service: SendspinService, session: ClientSession, saved: Saved
) -> None:
    speaker = await make_speaker(session, unpaired=False)
    async with listening(speaker) as url:
        candidate = await service.probe(url)
        assert (candidate.info.name, candidate.url) == ("Den", url)
        assert not candidate.may_stay_unpaired
        speaker.client.open_pairing_window()
        pairing = service.pairing(speaker.player_id, "dynamic_code")
        await pairing.begin()
        await stage.until(lambda: speaker.codes)
        wrong = "000000" if speaker.codes[-1] != "000000" else "111111"
        with pytest.raises(PairingFailed) as failed:
            await pairing.enter(wrong)
        assert (failed.value.fault, failed.value.again) == ("wrong_code", True)
        await stage.until(lambda: len(speaker.codes) > 1)
        await pairing.enter(f"{speaker.codes[-1][:3]} {speaker.codes[-1][3:]}")
        stage.speakers.set_added({speaker.player_id: "Den"})
        service.set_addresses({speaker.player_id: url})
        await stage.until(lambda: is_connected(stage, speaker))
        assert saved.state is not None
        assert len(saved.state["records"]) == 1
        await play(stage, speaker, "first.flac")
        await stage.until(lambda: speaker.received)
    await speaker.client.disconnect()


async def test_a_static_code(stage: Stage, service: SendspinService, session: ClientSession) -> None:
    speaker = await make_speaker(session, unpaired=False, static_code="12345678")
    async with listening(speaker) as url:
        candidate = await service.probe(url)
        assert candidate.methods[0] == "static_code"
        for code, fault in (("12", "malformed_code"), ("11111111", "wrong_code")):
            speaker.client.open_pairing_window()
            with pytest.raises(PairingFailed) as failed:
                await service.pairing(speaker.player_id, "static_code").enter(code)
            assert (failed.value.fault, failed.value.again) == (fault, False)
        speaker.client.open_pairing_window()
        await service.pairing(speaker.player_id, "static_code").enter("1234-5678")
        again = service.candidate(speaker.player_id)
        assert again is not None
        assert again.is_admitted
    await speaker.client.disconnect()


async def test_a_token_of_another_speaker_is_refused(
    stage: Stage, service: SendspinService, session: ClientSession
) -> None:
    speaker = await make_speaker(session)
    await speaker.connect(url_of(service))
    await stage.until(lambda: service.candidate(speaker.player_id) is not None)
    for token, fault in (
        ("SP:0", "malformed_code"),
        ("x" * 5_000, "malformed_code"),
        ("SP:0" + "A" * 103, "wrong_code"),
    ):
        with pytest.raises(PairingFailed) as failed:
            await service.pairing(speaker.player_id, "token").enter(token)
        assert failed.value.fault == fault
    await speaker.client.disconnect()


async def test_an_address_without_a_speaker_is_not_reachable(service: SendspinService) -> None:
    with pytest.raises(NotReachable):
        await service.probe("ws://127.0.0.1:1/sendspin")
    assert service.candidate("sendspin-unknown") is None
    with pytest.raises(NotReachable):
        service.pairing("sendspin-unknown", "token")


# ---- leaving and coming back


async def test_another_server_takes_the_speaker(stage: Stage, service: SendspinService, session: ClientSession) -> None:
    speaker = await make_speaker(session)
    store = InMemoryServerPairingStore()
    await store.add_trusted_unpaired(TrustedUnpairedClient(client_id=speaker.client.identity.peer_id))
    other = SendspinServer(asyncio.get_running_loop(), Identity.generate(), "Other", session, pairing_store=store)
    async with listening(speaker) as url:
        await service.probe(url)
        await service.trust(speaker.player_id)
        stage.speakers.set_added({speaker.player_id: "Den"})
        service.set_addresses({speaker.player_id: url})
        await stage.until(lambda: is_connected(stage, speaker))
        other.connect_to_client(url, connection_reason=ConnectionReason.PLAYBACK)
        await stage.until(lambda: stage.speakers.state_of(speaker.player_id) == "other_server")
        assert not is_connected(stage, speaker)
        # The server that plays last has it.
        service.reclaim(speaker.player_id)
        await stage.until(lambda: is_connected(stage, speaker))
        assert stage.speakers.state_of(speaker.player_id) == "connected"
    await speaker.client.disconnect()
    await other.close()


@pytest.mark.process
@pytest.mark.parametrize("how", ["closed", "silent"])
async def test_a_network_that_is_cut_in_mid_song(
    stage: Stage, service: SendspinService, session: ClientSession, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The speaker is unavailable, comes back, and the song goes on. Without a word from it the cut is noticed, too."""
    connect = ClientSession.ws_connect

    def impatiently(self: ClientSession, url: str, **options: Any) -> Any:
        return connect(self, url, **options | {"heartbeat": 0.4})

    monkeypatch.setattr(ClientSession, "ws_connect", impatiently)
    monkeypatch.setattr(module, "REDIAL_SECONDS", 0.2)
    speaker = await make_speaker(session)
    async with listening(speaker) as direct, Proxy(URL(direct)) as network:
        url = f"{network.url.replace('http', 'ws')}/sendspin"
        await service.probe(url)
        await service.trust(speaker.player_id)
        stage.speakers.set_added({speaker.player_id: "Den"})
        service.set_addresses({speaker.player_id: url})
        await stage.until(lambda: is_connected(stage, speaker))
        await play(stage, speaker, "whole.flac")
        await stage.until(lambda: speaker.received)
        if how == "closed":
            network.cut()
        else:
            network.open.clear()
        await stage.until(lambda: not is_connected(stage, speaker))
        assert stage.speakers.state_of(speaker.player_id) == "disconnected"
        before = len(speaker.received)
        network.open.set()
        await stage.until(lambda: is_connected(stage, speaker) and len(speaker.received) > before)
        await stage.until(lambda: stage.finished(speaker.player_id))
        await speaker.client.disconnect()


async def test_pairings_outlive_a_restart(
    stage: Stage, service: SendspinService, session: ClientSession, saved: Saved
) -> None:
    speaker = await make_speaker(session)
    async with listening(speaker) as url:
        await service.probe(url)
        await service.trust(speaker.player_id)
        stage.speakers.set_added({speaker.player_id: "Den"})
        await service.stop()
        again = SendspinService(stage.speakers, PairingStore(saved.state, saved.save), "House", session)
        await again.start("127.0.0.1", 28_927)
        assert again.server.id == service.server.id
        again.set_addresses({speaker.player_id: url})
        await stage.until(lambda: is_connected(stage, speaker))
        await again.stop()
    await speaker.client.disconnect()


async def test_a_removed_speaker_is_forgotten(
    stage: Stage, service: SendspinService, session: ClientSession, saved: Saved
) -> None:
    speaker = await make_speaker(session, unpaired=False, static_code="12345678")
    async with listening(speaker) as url:
        await service.probe(url)
        speaker.client.open_pairing_window()
        await service.pairing(speaker.player_id, "static_code").enter("12345678")
        await service.forget(speaker.player_id)
        assert saved.state is not None
        assert (saved.state["records"], saved.state["trusted"]) == ([], [])
        await stage.until(lambda: not speaker.client.connected)
    await speaker.client.disconnect()


def test_pairings_that_arent_readable() -> None:
    for state in ({}, {"identity": 5, "records": [], "trusted": []}, {"identity": "AA", "records": [], "trusted": []}):
        with pytest.raises(ValueError):  # noqa: PT011
            PairingStore(state, lambda _: None)


async def test_the_next_free_port_is_taken(stage: Stage, service: SendspinService, session: ClientSession) -> None:
    assert service.port is not None
    second = SendspinService(stage.speakers, PairingStore(None, lambda _: None), "House", session)
    await second.start("127.0.0.1", service.port)
    assert second.port not in (None, service.port)
    await second.stop()


async def test_a_speaker_that_is_used_otherwise_is_unavailable(
    stage: Stage, service: SendspinService, den: SendspinSpeaker
) -> None:
    await den.report(available=False)
    await stage.until(lambda: stage.speakers.state_of(den.player_id) == "in_use" and not is_connected(stage, den))
    await den.report()
    await stage.until(lambda: is_connected(stage, den))


# ---- absurd speakers


@pytest.mark.parametrize(
    ("formats", "chosen"),
    [
        (("flac:48000:24:2", "flac:44100:24:2"), AudioFormat(codec="flac", rates=(44_100, 48_000), bits=24)),
        (("flac:4000000:16:2", "pcm:44100:32:1"), AudioFormat(codec="pcm", rates=(44_100,), bits=32, channels=1)),
        (("flac:48000:32:2", "pcm:48000:16:2"), AudioFormat(codec="pcm", rates=(48_000,))),
        (("flac:1:16:2", "flac:48000:16:9999", "pcm:48000:7:2"), None),
    ],
)
def test_a_supported_format_is_chosen(formats: tuple[str, ...], chosen: AudioFormat | None) -> None:
    offered = supported(*formats).supported_formats
    if chosen is not None:
        assert format_of(offered) == chosen
        return
    with pytest.raises(Unsupported):
        format_of(offered)


@pytest.mark.parametrize(("capacity", "ahead_us"), [(10**15, 2_000_000), (192_000, 938_666), (1, None), (50_000, None)])
def test_audio_is_sent_ahead_as_the_buffer_allows(capacity: int, ahead_us: int | None) -> None:
    audio_format = AudioFormat(codec="flac", rates=(48_000,))
    if ahead_us is not None:
        assert ahead_for(capacity, audio_format) == pytest.approx(ahead_us, rel=0.05)
        return
    with pytest.raises(Unsupported):
        ahead_for(capacity, audio_format)


async def test_a_speaker_that_cant_be_served_says_so(
    stage: Stage, service: SendspinService, session: ClientSession
) -> None:
    speaker = await make_speaker(session, support=supported("flac:48000:16:2", capacity=100))
    await speaker.connect(url_of(service))
    await stage.until(lambda: service.candidate(speaker.player_id) is not None)
    await service.trust(speaker.player_id)
    stage.speakers.set_added({speaker.player_id: "Den"})
    await stage.until(lambda: stage.speakers.state_of(speaker.player_id) == "incompatible")
    assert stage.hub.players.find(speaker.player_id) is None
    await speaker.client.disconnect()
