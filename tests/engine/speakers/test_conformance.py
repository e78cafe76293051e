"""The server of Sendspin's conformance scenarios, and the SDK's own client, which is compared as the suite does."""

import asyncio
from collections.abc import AsyncGenerator
import hashlib
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from aiosendspin.models.core import ServerStatePayload
from aiosendspin.models.metadata import SessionUpdateMetadata
from aiosendspin.models.types import MediaCommand
import numpy as np
import pytest

from script.lib import conformance_client
from script.lib.process import free_port
from script.sendspin_conformance import main

from . import sound
from .sendspin_speaker import SendspinSpeaker, listening, make_speaker, supported

pytestmark = pytest.mark.process

NAME = "Client"


@pytest.fixture
def expected_lingering_timers() -> bool:
    """The library's timers for speakers that may come back outlive its server."""
    return True


@pytest.fixture
async def session(socket_enabled: None) -> AsyncGenerator[ClientSession]:
    async with ClientSession() as running:
        yield running


async def appears(path: Path) -> dict[str, Any]:
    """Return the content of a file of the server when it has been written."""
    async with asyncio.timeout(60):
        while True:
            try:
                return dict(json.loads(path.read_text()))
            except OSError, ValueError:
                await asyncio.sleep(0.02)


class Case:
    """A scenario that runs."""

    def __init__(self, folder: Path, noises: Path, scenario_id: str, *arguments: str) -> None:
        self._folder = folder
        names = ("summary", "ready", "registry")
        files = [argument for name in names for argument in (f"--{name}", str(folder / f"{name}.json"))]
        common = ("--client-name", NAME, "--fixture", str(noises / "whole.flac"), "--timeout-seconds", "60")
        initiator = scenario_id.partition("-")[0]
        self.server = asyncio.create_task(
            main(
                [
                    *files,
                    *common,
                    "--scenario-id",
                    scenario_id,
                    "--initiator-role",
                    initiator,
                    "--port",
                    "28990",
                    *arguments,
                ]
            )
        )

    def register(self, url: str) -> None:
        (self._folder / "registry.json").write_text(json.dumps({NAME: {"url": url}}))

    async def ready(self) -> str:
        return str((await appears(self._folder / "ready.json"))["url"])

    async def summary(self) -> dict[str, Any]:
        assert await self.server == 0, (self._folder / "summary.json").read_text()
        return await appears(self._folder / "summary.json")


async def run(case: Case, speaker: SendspinSpeaker) -> dict[str, Any]:
    """Let the server dial a client, and return its summary."""
    async with listening(speaker) as url:
        await case.ready()
        case.register(url)
        return await case.summary()


async def test_flac(tmp_path: Path, noises: Path, session: ClientSession) -> None:
    speaker = await make_speaker(session, name=NAME, support=supported("flac:44100:16:2"))
    summary = await run(Case(tmp_path, noises, "server-initiated-flac"), speaker)
    received = b"".join(each.data for each in speaker.received)
    assert summary["stream"]["codec"] == "flac"
    assert summary["audio"]["sent_audio_chunk_count"] == len(speaker.received)
    assert summary["audio"]["sent_encoded_sha256"] == hashlib.sha256(received).hexdigest()


@pytest.mark.parametrize("initiator", ["server", "client"])
async def test_pcm(tmp_path: Path, noises: Path, session: ClientSession, initiator: str) -> None:
    speaker = await make_speaker(session, name=NAME, support=supported("pcm:44100:16:2"))
    case = Case(tmp_path, noises, f"{initiator}-initiated-pcm")
    if initiator == "server":
        summary = await run(case, speaker)
    else:
        await speaker.connect(await case.ready())
        summary = await case.summary()
        await speaker.client.disconnect()
    samples = np.frombuffer(b"".join(each.data for each in speaker.received), "<i2")
    assert np.array_equal(samples.reshape(-1, 2), sound.noise())
    floats = (samples / 32_768).astype("<f4").tobytes()
    assert summary["audio"]["source_pcm_sha256"] == hashlib.sha256(floats).hexdigest()


async def test_metadata(tmp_path: Path, noises: Path, session: ClientSession) -> None:
    speaker = await make_speaker(session, name=NAME)
    received: list[dict[str, Any]] = []

    def note(state: ServerStatePayload | None) -> None:
        if state is not None and isinstance(state.metadata, SessionUpdateMetadata):
            received.append(state.metadata.to_dict())

    speaker.client.add_metadata_listener(note)
    arguments = ("--metadata-title", "Almost silent", "--metadata-year", "2026", "--metadata-track-duration", "180000")
    summary = await run(Case(tmp_path, noises, "server-initiated-metadata", *arguments), speaker)
    expected = summary["metadata"]["expected"]
    assert (expected["title"], expected["year"], expected["progress"]["track_duration"]) == (
        "Almost silent",
        2026,
        180_000,
    )
    shown: dict[str, Any] = {}
    for update in received:
        shown |= update
        if shown.get("title") == "Almost silent" and shown["progress"]["playback_speed"]:
            break
    assert {name: shown.get(name) for name in expected} == expected


async def test_controller(tmp_path: Path, noises: Path, session: ClientSession) -> None:
    speaker = await make_speaker(session, name=NAME)
    case = Case(tmp_path, noises, "server-initiated-controller", "--controller-command", "next")
    async with listening(speaker) as url:
        await case.ready()
        case.register(url)
        async with asyncio.timeout(60):
            while not speaker.received:  # noqa: ASYNC110 - the client has no event for it
                await asyncio.sleep(0.02)
        await speaker.press(MediaCommand.NEXT)
        summary = await case.summary()
    assert summary["controller"]["received_command"] == summary["controller"]["expected_command"] == {"command": "next"}


async def test_artwork(tmp_path: Path, noises: Path, session: ClientSession) -> None:
    speaker = await make_speaker(session, name=NAME, has_display=True)
    summary = await run(Case(tmp_path, noises, "server-initiated-artwork"), speaker)
    assert summary["artwork"]["encoded_sha256"] == hashlib.sha256(next(filter(None, speaker.pictures))).hexdigest()
    assert summary["artwork"]["channel"] == 0


@pytest.mark.parametrize(("scenario_id", "codec"), [("server-initiated-flac", "flac"), ("client-initiated-pcm", "pcm")])
@pytest.mark.usefixtures("socket_enabled")
async def test_the_client_for_the_suites_runner(tmp_path: Path, noises: Path, scenario_id: str, codec: str) -> None:
    """Its summary agrees with the server's in what the suite compares."""
    case = Case(tmp_path, noises, scenario_id)
    await case.ready()
    files = {"summary": "client-summary", "ready": "client-ready", "registry": "registry"}
    status = await conformance_client.main(
        [
            *(part for name, file in files.items() for part in (f"--{name}", str(tmp_path / f"{file}.json"))),
            *("--client-name", NAME, "--client-id", "any", "--server-name", "MoosicBox", "--timeout-seconds", "60"),
            *("--scenario-id", scenario_id, "--initiator-role", scenario_id.partition("-")[0]),
            *("--preferred-codec", codec, "--port", str(free_port())),
        ]
    )
    received = await appears(tmp_path / "client-summary.json")
    sent = await case.summary()
    assert (status, received["status"]) == (0, "ok")
    assert received["audio"]["received_encoded_sha256"] == sent["audio"]["sent_encoded_sha256"]
    assert received["audio"]["audio_chunk_count"] == sent["audio"]["sent_audio_chunk_count"] > 0
    assert received["audio"]["received_sample_count"] > 0


async def test_the_client_reads_a_half_written_registry_again(tmp_path: Path) -> None:
    (tmp_path / "registry.json").write_text('{"MoosicBox": {"url')
    arguments = [
        *(part for name in ("summary", "ready", "registry") for part in (f"--{name}", str(tmp_path / f"{name}.json"))),
        *("--client-name", NAME, "--client-id", "any", "--server-name", "MoosicBox", "--timeout-seconds", "1"),
        *("--scenario-id", "client-initiated-pcm", "--initiator-role", "client"),
    ]
    assert await conformance_client.main(arguments) == 1
    assert (await appears(tmp_path / "summary.json"))["reason"] == "TimeoutError"


async def test_what_isnt_supported_is_said(tmp_path: Path, noises: Path) -> None:
    case = Case(tmp_path, noises, "server-initiated-opus")
    assert await case.server == 1
    assert "opus" in (await appears(tmp_path / "summary.json"))["reason"]
