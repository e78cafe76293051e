"""The subentry flow "Add player": show a pairing code and wait until a device has redeemed it."""

import asyncio
from typing import Any, Final, override
from urllib.parse import urlencode

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.core import callback
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.helpers.selector import (
    AreaSelector,
    BooleanSelector,
    QrCodeSelector,
    QrCodeSelectorConfig,
    QrErrorCorrectionLevel,
)
import voluptuous as vol

from .adapters.callbacks import combined
from .adapters.pairing import PERMISSIONS, PairedDevice, Pairing
from .adapters.subentries import AREA, PAIRED, area_of, async_set_area, subentries
from .engine.api import PAIRING_CODE_LIFETIME, ROLES, Offer, Unavailable
from .models import MoosicBoxData, async_loaded_data

CONF_CONTROL: Final = "control"
SPEAKER_PERMISSIONS: Final = frozenset({"listen", "play"})
INSTALL: Final = 'uv tool install "moosicbox[cli] @ git+https://github.com/moosicbox/home-assistant-moosicbox"'
"""The shell command that installs the client on a computer, which can then be paired."""
GUIDE: Final = "https://github.com/moosicbox/home-assistant-moosicbox/blob/main/docs/speaker.md"


class PlayerSubentryFlow(ConfigSubentryFlow):
    """Pairs one device. The subentry is created when the device redeems the code, with the name it sends."""

    def __init__(self) -> None:
        self._area_id: str | None = None
        self._pairing: Pairing | None = None
        self._offer: Offer | None = None
        self._code = ""
        self._device: PairedDevice | None = None
        self._refused: PairedDevice | None = None
        self._waiting: asyncio.Task[None] | None = None

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the player's permissions and area."""
        if (data := async_loaded_data(self.hass)) is None:
            return self.async_abort(reason="not_loaded")
        if user_input is None:
            return self.async_show_form(
                step_id="user",
                data_schema=_form(may_control=False, area_id=None),
                description_placeholders={"install": INSTALL, "guide": GUIDE},
            )
        self._area_id = user_input.get(AREA)
        return await self._async_offer(data, may_control=user_input[CONF_CONTROL])

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change the player's area; other permissions need another token, so the player is paired again."""
        if (data := async_loaded_data(self.hass)) is None:
            return self.async_abort(reason="not_loaded")
        entry, subentry = self._get_entry(), self._get_reconfigure_subentry()
        may_control = not SPEAKER_PERMISSIONS.issuperset(subentry.data.get(PERMISSIONS, SPEAKER_PERMISSIONS))
        if user_input is None:
            form = _form(may_control=may_control, area_id=area_of(self.hass, entry, subentry))
            return self.async_show_form(
                step_id="reconfigure", data_schema=form, description_placeholders={"name": subentry.title}
            )
        async_set_area(self.hass, entry, subentry, user_input.get(AREA))
        if user_input[CONF_CONTROL] == may_control:
            return self.async_abort(reason="reconfigure_successful")
        return await self._async_offer(data, may_control=not may_control)

    async def _async_offer(self, data: MoosicBoxData, *, may_control: bool) -> SubentryFlowResult:
        self._pairing = data.pairing
        try:
            self._code, self._offer = data.pairing.offer(ROLES["user"] if may_control else SPEAKER_PERMISSIONS)
        except Unavailable:
            return self.async_abort(reason="too_many_codes")
        self._waiting = self.hass.async_create_background_task(
            self._wait(data.pairing, self._offer), "moosicbox pairing"
        )
        return await self.async_step_code()

    async def async_step_code(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the code as text and as a QR code."""
        if user_input is not None:
            return await self.async_step_wait()
        qr_code = QrCodeSelector(
            QrCodeSelectorConfig(data=self._address(), scale=6, error_correction_level=QrErrorCorrectionLevel.QUARTILE)
        )
        return self.async_show_form(
            step_id="code",
            data_schema=vol.Schema({vol.Optional("qr_code"): qr_code}),
            description_placeholders={
                "code": self._code,
                "minutes": str(PAIRING_CODE_LIFETIME // 60),
                "install": INSTALL,
                "guide": GUIDE,
            },
        )

    async def async_step_wait(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Wait until the code is used or has expired."""
        if self._waiting is not None and not self._waiting.done():
            return self.async_show_progress(
                step_id="wait",
                progress_action="wait_for_player",
                progress_task=self._waiting,
                description_placeholders={"code": self._code},
            )
        return self.async_show_progress_done(next_step_id="done")

    async def async_step_done(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Report the result."""
        if self._refused is not None:
            return self.async_abort(
                reason="player_of_another_user", description_placeholders={"player_id": self._refused.player_id}
            )
        if self._device is None:
            return self.async_abort(reason="code_expired")
        return self.async_abort(reason="paired", description_placeholders={"name": self._device.name})

    @override
    def async_remove(self) -> None:
        """Withdraw the code when the dialog is closed."""
        if self._waiting is not None:
            self._waiting.cancel()
        if self._pairing is not None and self._offer is not None:
            self._pairing.withdraw(self._offer)

    async def _wait(self, pairing: Pairing, offer: Offer) -> None:
        used = asyncio.Event()

        def handle_paired(used_offer: Offer, device: PairedDevice) -> None:
            if used_offer is offer:
                self._device = device
                self._set_area(device)
                used.set()

        def handle_refused(used_offer: Offer, device: PairedDevice) -> None:
            if used_offer is offer:
                self._refused = device
                used.set()

        unsubscribe = combined(pairing.paired.subscribe(handle_paired), pairing.refused.subscribe(handle_refused))
        try:
            async with asyncio.timeout(PAIRING_CODE_LIFETIME):
                await used.wait()
        except TimeoutError:
            pass
        finally:
            unsubscribe()

    @callback
    def _set_area(self, device: PairedDevice) -> None:
        if self._area_id is not None:
            subentry = subentries(self.hass, PAIRED)[device.player_id]
            async_set_area(self.hass, self._get_entry(), subentry, self._area_id)

    def _address(self) -> str:
        try:
            url = get_url(self.hass, prefer_external=False)
        except NoURLAvailableError:
            url = ""
        return "moosicbox:pair?" + urlencode({"url": url, "code": self._code})


def _form(*, may_control: bool, area_id: str | None) -> vol.Schema:
    return vol.Schema(
        {
            vol.Optional(AREA, description={"suggested_value": area_id}): AreaSelector(),
            vol.Required(CONF_CONTROL, default=may_control): BooleanSelector(),
        }
    )
