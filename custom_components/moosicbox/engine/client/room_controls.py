"""Rooms, as methods.

The protocol's page: docs/protocol/rooms.md. It says which right each command needs.
"""

from typing import Any

import msgspec

from ..protocol.client import (
    RoomChat,
    RoomClose,
    RoomGet,
    RoomInvite,
    RoomJoin,
    RoomKick,
    RoomLeave,
    RoomRevokeInvites,
    RoomSetRole,
    RoomSkipVote,
    RoomUpdate,
)
from ..protocol.server import RoomState
from ..protocol.types import RoomInfo, RoomRole
from .controls import Controls


class RoomControls(Controls):
    """One room. Commands raise `RoomNotFound` if it doesn't exist, and `PermissionDenied` without the right."""

    kind = "room"

    @property
    def info(self) -> RoomInfo | None:
        """The room in the list of rooms, from the mirror; `None` if it isn't visible."""
        return self._hub.mirror.rooms.get(self.id)

    @property
    def state(self) -> RoomState | None:
        """The room with its participants and chat, from the mirror; `None` unless this client follows it."""
        return self._hub.mirror.room_states.get(self.id)

    async def get(self) -> RoomState:
        """Request the state of the room."""
        return msgspec.convert(await self._request(RoomGet(room_id=self.id)), RoomState)

    async def join(self, invite: str | None = None, *, player_id: str | None = None) -> RoomState:
        """Join the room.

        Args:
            invite: A code that admits to a private room.
            player_id: Another connected player that joins instead of this client.

        Raises:
            RoomFull: The room has no free place.
            PlayerNotFound: There is no such player.
            Unavailable: The player isn't connected.
        """
        answer = await self._request(RoomJoin(room_id=self.id, invite=invite, player_id=player_id))
        return msgspec.convert(answer, RoomState)

    async def leave(self, *, player_id: str | None = None) -> None:
        """Leave the room, or take another player out of it."""
        await self._request(RoomLeave(room_id=self.id, player_id=player_id))

    async def chat(self, message: str) -> None:
        """Send a message to the room's chat."""
        await self._request(RoomChat(room_id=self.id, message=message))

    async def update(self, **settings: Any) -> None:
        """Change the room's settings; the others stay.

        Args:
            **settings: Fields of `room_command.update`: `name`, `description`, `max_participants`, `is_public`,
                `host_user_id`, `control`, `wait`.
        """
        await self._request(RoomUpdate(room_id=self.id, **settings))

    async def close(self) -> None:
        """Close the room for everyone."""
        await self._request(RoomClose(room_id=self.id))

    async def kick(self, client_id: str) -> None:
        """Remove a participant, who can return only by an invite.

        Raises:
            ClientNotFound: No participant has this client id.
        """
        await self._request(RoomKick(room_id=self.id, client_id=client_id))

    async def set_role(self, user_id: str, role: RoomRole) -> None:
        """Set the role of a participant.

        Args:
            user_id: The participant's user id.
            role: The new role; docs/protocol/rooms.md lists the rights of each.
        """
        await self._request(RoomSetRole(room_id=self.id, user_id=user_id, role=role))

    async def skip_vote(self) -> None:
        """Vote to skip the current item."""
        await self._request(RoomSkipVote(room_id=self.id))

    async def invite(
        self, role: RoomRole = "guest", *, expires_in: float | None = None, uses: int | None = None
    ) -> dict[str, Any]:
        """Create a code for guests.

        Args:
            role: The role that a guest gets.
            expires_in: Seconds until the code expires; `None` for the hub's default.
            uses: How often the code can be used; `None` for the hub's default.

        Returns:
            `invite` (the code), `url` (the guest page's path) and `expires_at` (ISO 8601).
        """
        return await self._request(RoomInvite(room_id=self.id, role=role, expires_in=expires_in, uses=uses))

    async def revoke_invites(self) -> int:
        """Revoke all invites to the room, and return their number. Guests who used them stay."""
        answer = await self._request(RoomRevokeInvites(room_id=self.id))
        revoked: int = answer["revoked"]
        return revoked

    async def _request(self, message: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await self._hub.request(message)
        return answer
