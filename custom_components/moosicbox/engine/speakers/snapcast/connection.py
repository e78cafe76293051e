"""The connection of one Snapcast client, which is a speaker."""

import asyncio
from collections.abc import Callable
import ipaddress
import logging
import re
from typing import Final

from ...protocol.types import PlayableTrack
from ..renderer.audio import AudioFormat, AudioHeader, Chunk
from ..speakers import SpeakerInfo, Speakers
from . import messages
from .messages import HEADER, Header, MessageType, ProtocolError

_LOGGER = logging.getLogger(__name__)

BUFFER_MS: Final = 1_000
"""How long after a chunk's time a client plays it; the largest part of that is the client's buffer."""
AHEAD_US: Final = 900_000
LEAD_US: Final = 250_000
"""A client first opens its audio device when a stream is announced."""
LATE_US: Final = 150_000
"""A client fetches chunks this long before they sound, to keep its audio device's buffer filled."""
UNMUTE_US: Final = 150_000
"""How long it takes until an unmuted client is heard."""
AUDIO_FORMAT: Final = AudioFormat(codec="flac", rates=(48_000,))
HELLO_TIMEOUT: Final = 5.0
SILENT_SECONDS: Final = 15.0
"""A client that hasn't sent anything for this long is gone; it probes the clock every second."""
MAX_UNSENT: Final = 1024 * 1024
"""Bytes that wait for a slow client before it is disconnected."""


class SnapcastDriver:
    """Sends to a Snapcast client.

    The protocol has no message to drop buffered audio. A client is muted instead until it has played its buffer, and other
    audio can't be heard before.
    """

    def __init__(self, write: Callable[[bytes], None], now_us: Callable[[], int]) -> None:
        self.audio_format = AUDIO_FORMAT
        self.lead_us = LEAD_US
        self.late_us = LATE_US
        self.ahead_us = AHEAD_US
        self.free_us = 0
        self._write = write
        self._now_us = now_us
        self._announced = False
        self._volume = 100
        self._muted = False
        self._sent_until_us = 0
        self._unmuting: asyncio.TimerHandle | None = None

    @property
    def volume(self) -> None:
        """A client has no volume of its own."""
        return

    def begin(self, header: AudioHeader) -> None:
        """Announce the format of the chunks. This is done once, because some clients crash on a change."""
        if not self._announced:
            self._announced = True
            self._write(messages.codec_header("flac", header.codec_header, self._now_us()))

    def send(self, chunk: Chunk, play_at_us: int, duration_us: int) -> None:
        """Send a chunk to be played at a time."""
        self._write(messages.wire_chunk(play_at_us - BUFFER_MS * 1000, chunk.data, self._now_us()))
        self._sent_until_us = play_at_us + duration_us

    def clear(self) -> None:
        """Be silent until the audio that has been sent is over."""
        left_us = self._sent_until_us - self._now_us()
        if left_us > 0 and self._sent_until_us > self.free_us:
            self.close()
            self.free_us = self._sent_until_us + UNMUTE_US
            self._unmuting = asyncio.get_running_loop().call_later(left_us / 1e6, self._unmute)
            self._write_settings()

    def end(self) -> None:
        """Be silent."""
        self.clear()

    def set_volume(self, volume: float, *, muted: bool) -> None:
        """Set the volume (0 to 1)."""
        self._volume, self._muted = round(volume * 100), muted
        self._write_settings()

    def show(self, track: PlayableTrack | None, position: float, at_us: int, *, speed: float) -> None:
        """Do nothing: a client has no display."""

    def close(self) -> None:
        """Cancel what is scheduled."""
        if self._unmuting is not None:
            self._unmuting.cancel()
            self._unmuting = None

    def _unmute(self) -> None:
        self._unmuting = None
        self._write_settings()

    def _write_settings(self) -> None:
        muted = self._muted or self._unmuting is not None
        self._write(messages.server_settings(BUFFER_MS, self._volume, muted=muted, now_us=self._now_us()))


class SnapcastConnection:
    """Serves one client until it leaves."""

    def __init__(self, speakers: Speakers, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._speakers = speakers
        self._reader = reader
        self._writer = writer
        self._address = str(writer.get_extra_info("peername")[0])
        self._driver = SnapcastDriver(self._write, speakers.now_us)
        self._player_id: str | None = None

    async def run(self) -> None:
        """Serve the client until it disconnects or violates the protocol."""
        address = self._address
        if not is_local(address):
            _LOGGER.warning("A Snapcast client from %s was refused: it isn't in a local network", address)
            self._writer.close()
            return
        try:
            async with asyncio.timeout(HELLO_TIMEOUT):
                header, payload, _ = await self._read()
            if header.type != MessageType.HELLO:
                raise ProtocolError("The first message must be a hello")  # noqa: TRY301
            await self._serve(header.id, speaker_of(messages.read_hello(payload)), address)
        except (OSError, EOFError, TimeoutError) as error:
            _LOGGER.debug("A Snapcast client at %s left: %r", address, error)
        except ProtocolError as error:
            _LOGGER.warning("A Snapcast client at %s was disconnected: %s", address, error)
        finally:
            self._driver.close()
            if self._player_id is not None:
                self._speakers.mark_disconnected(self._player_id, self._driver)
            self._writer.close()

    def close(self) -> None:
        """End the connection."""
        self._writer.close()

    async def _serve(self, hello_id: int, info: SpeakerInfo, address: str) -> None:
        now_us = self._speakers.now_us()
        self._write(messages.server_settings(BUFFER_MS, 100, muted=False, now_us=now_us, refers_to=hello_id))
        if not self._speakers.accept(info, self._driver, address):
            return
        self._player_id = info.player_id
        while True:
            async with asyncio.timeout(SILENT_SECONDS):
                header, payload, received_us = await self._read()
            if header.type == MessageType.TIME:
                self._write(messages.time_reply(header, received_us, self._speakers.now_us()))
            elif header.type == MessageType.CLIENT_INFO:
                changed = messages.read_client_info(payload)
                volume = min(100, max(0, changed.volume)) / 100
                self._speakers.report_volume(info.player_id, volume, changed.muted)

    async def _read(self) -> tuple[Header, bytes, int]:
        head = await self._reader.readexactly(HEADER.size)
        received_us = self._speakers.now_us()
        header = messages.read_header(head)
        return header, await self._reader.readexactly(header.size), received_us

    def _write(self, data: bytes) -> None:
        if self._writer.is_closing():
            return
        if self._writer.transport.get_write_buffer_size() > MAX_UNSENT:
            _LOGGER.warning("The Snapcast client at %s was too slow and was disconnected", self._address)
            self._writer.transport.abort()
            return
        self._writer.write(data)


def speaker_of(hello: messages.SnapclientHello) -> SpeakerInfo:
    """Return the speaker that a client is. Raise ProtocolError if it has no usable id."""
    instance = "" if hello.instance == 1 else f".{hello.instance}"
    own_id = re.sub(r"[^a-z0-9_.-]", "", hello.id.lower())[:40]
    if not own_id:
        raise ProtocolError("The client has no id")
    name = hello.host_name.strip()[:80] or own_id
    return SpeakerInfo(
        player_id=f"snapcast-{own_id}{instance}",
        kind="snapcast",
        name=name if hello.instance == 1 else f"{name} {hello.instance}",
        model=f"Snapclient {hello.version}"[:64].strip(),
    )


def is_local(address: str) -> bool:
    """Return whether an address is one of a local network."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_private
