"""The player role of a speaker whose audio comes from the renderer."""

import base64
from typing import Final, Protocol, override

from aiosendspin.models import AudioCodec, BinaryMessageType
from aiosendspin.models.core import ClientStatePayload, StreamStartMessage, StreamStartPayload
from aiosendspin.models.player import PLAYER_AUDIO_HEADER_SIZE, StreamStartPlayer
from aiosendspin.server.client import SendspinClient
from aiosendspin.server.roles.base import AudioRequirements
from aiosendspin.server.roles.player import PlayerV1Role

from ..renderer.audio import AudioHeader, Chunk

ROLE_ID: Final = "player@v1"
_CODECS: Final = {"flac": AudioCodec.FLAC, "pcm": AudioCodec.PCM}


class RoleListener(Protocol):
    """Is notified of changes of a client's role."""

    def role_changed(self, client: SendspinClient) -> None:
        """Note that the role, or the state that the speaker reports of it, may have changed."""


class FedPlayerRole(PlayerV1Role):
    """Sends chunks that are encoded already, instead of taking part in the library's own streams."""

    def __init__(self, client: SendspinClient, listener: RoleListener) -> None:
        super().__init__(client)
        self._listener = listener

    @override
    def get_audio_requirements(self) -> AudioRequirements | None:
        return None

    # ---- called by the library

    @override
    def on_disconnect(self) -> None:
        super().on_disconnect()
        self._listener.role_changed(self._client)

    @override
    def on_deactivate(self) -> None:
        super().on_deactivate()
        self._listener.role_changed(self._client)

    @override
    def on_client_state(self, payload: ClientStatePayload) -> None:
        super().on_client_state(payload)
        self._listener.role_changed(self._client)

    @override
    def on_hold_released(self) -> None:
        super().on_hold_released()
        self._listener.role_changed(self._client)

    @override
    def on_availability_changed(self, old_available: bool, new_available: bool) -> None:
        super().on_availability_changed(old_available, new_available)
        self._listener.role_changed(self._client)

    # ---- called by the driver

    def begin(self, header: AudioHeader) -> None:
        """Announce what the following chunks are."""
        codec_header = base64.b64encode(header.codec_header).decode() if header.codec_header else None
        stream = StreamStartPlayer(
            codec=_CODECS[header.codec],
            sample_rate=header.rate,
            channels=header.channels,
            bit_depth=header.bits,
            codec_header=codec_header,
        )
        self.reset_binary_timing()
        self.send_message(StreamStartMessage(payload=StreamStartPayload(player=stream)))
        self._stream_started = True

    def send_chunk(self, chunk: Chunk, play_at_us: int, duration_us: int) -> None:
        """Send a chunk to be played at a hub time."""
        self._client.send_binary(
            chunk.data,
            role_family=self.role_family,
            timestamp_us=play_at_us,
            message_type=BinaryMessageType.AUDIO_CHUNK.value,
            buffer_end_time_us=play_at_us + duration_us,
            buffer_byte_count=PLAYER_AUDIO_HEADER_SIZE + len(chunk.data),
            duration_us=duration_us,
            player_audio_header=True,
        )
