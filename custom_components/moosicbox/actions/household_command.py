"""Handlers of actions that send a `household_command`. Each needs the permissions of the protocol."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import ServiceCall, ServiceResponse

from ..models import MoosicBoxData
from .action import Handler, async_request
from .target import context_target, sent_fields


async def async_send(data: MoosicBoxData, call: ServiceCall, action: str, fields: Mapping[str, Any]) -> ServiceResponse:
    """Send a `household_command` with this action as the user of the call; return its result."""
    response: ServiceResponse = await async_request(
        data, call, {"type": "household_command", "action": action, **fields}
    )
    return response


def household_command(action: str) -> Handler:
    """Return a handler that sends the call's fields as a command."""

    async def handle(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
        return await async_send(data, call, action, call.data)

    return handle


def context_command(action: str) -> Handler:
    """Return a handler that sends the call's fields as a command for its player or room."""

    async def handle(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
        return await async_send(data, call, action, {**sent_fields(call), **context_target(data.hub, call)})

    return handle
