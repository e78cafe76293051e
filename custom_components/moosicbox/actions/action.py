"""What an action of our own is made of."""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..models import MoosicBoxData

ID: Final = vol.All(cv.string, vol.Match(r"^[A-Za-z0-9_.:-]{1,64}$"))


class Action(NamedTuple):
    """One action; its method gets the loaded entry's data and the call."""

    name: str
    schema: vol.Schema
    method: Callable[[MoosicBoxData, ServiceCall], Awaitable[ServiceResponse]]
    response: SupportsResponse
    admin: bool = True
