"""Replaces the library's roles by ours, for the speakers of our own servers only."""

from collections.abc import Callable
from typing import override

from aiosendspin.models.core import ClientCommandPayload
from aiosendspin.models.types import MediaCommand
from aiosendspin.server.client import SendspinClient
from aiosendspin.server.roles import ControllerV1Role, PlayerV1Role, register_role

from .role import FedPlayerRole, RoleListener

type FindListener = Callable[[SendspinClient], RoleListener | None]

_finders: list[FindListener] = []
"""The finders of the servers that run. The library has one registry a process."""


class RoomControllerRole(ControllerV1Role):
    """Doesn't let a speaker change to another group of the library: rooms are the hub's."""

    @override
    def on_command(self, payload: ClientCommandPayload) -> None:
        if payload.controller is not None and payload.controller.command is not MediaCommand.SWITCH:
            super().on_command(payload)


def add_finder(find: FindListener) -> Callable[[], None]:
    """Use our roles for the speakers for which `find` returns a listener; return a function that ends this."""
    _finders.append(find)
    register_role("player@v1", _player_role)
    register_role("controller@v1", _controller_role)
    return lambda: _finders.remove(find)


def _listener(client: SendspinClient) -> RoleListener | None:
    return next((listener for find in _finders if (listener := find(client)) is not None), None)


def _player_role(client: SendspinClient) -> PlayerV1Role:
    return PlayerV1Role(client) if (listener := _listener(client)) is None else FedPlayerRole(client, listener)


def _controller_role(client: SendspinClient) -> ControllerV1Role:
    return ControllerV1Role(client) if _listener(client) is None else RoomControllerRole(client)
