"""The subentry flow "Add player": show a pairing code and wait until a device has redeemed it."""

import asyncio
from typing import Any, Final, override
from urllib.parse import urlencode

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.helpers.selector import BooleanSelector, QrCodeSelector, QrCodeSelectorConfig, QrErrorCorrectionLevel
import voluptuous as vol

from .adapters.pairing import PairedDevice, Pairing
from .engine.api import PAIRING_CODE_LIFETIME, ROLES, Offer, Unavailable
from .models import async_loaded_data

CONF_CONTROL: Final = "control"
SPEAKER: Final = frozenset({"listen", "play"})


class PlayerSubentryFlow(ConfigSubentryFlow):
    """Pairs one device. The subentry is created when the device redeems the code, with the name it sends."""

    def __init__(self) -> None:
        self._pairing: Pairing | None = None
        self._offer: Offer | None = None
        self._code = ""
        self._device: PairedDevice | None = None
        self._waiting: asyncio.Task[None] | None = None

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the player's permissions."""
        if (data := async_loaded_data(self.hass)) is None:
            return self.async_abort(reason="not_loaded")
        if user_input is None:
            return self.async_show_form(
                step_id="user", data_schema=vol.Schema({vol.Required(CONF_CONTROL, default=False): BooleanSelector()})
            )
        self._pairing = data.pairing
        try:
            self._code, self._offer = data.pairing.offer(ROLES["user"] if user_input[CONF_CONTROL] else SPEAKER)
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
            description_placeholders={"code": self._code, "minutes": str(PAIRING_CODE_LIFETIME // 60)},
        )

    async def async_step_wait(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Wait until the code is redeemed or has expired."""
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
        redeemed = asyncio.Event()

        def handle_paired(redeemed_offer: Offer, device: PairedDevice) -> None:
            if redeemed_offer is offer:
                self._device = device
                redeemed.set()

        unsubscribe = pairing.paired.subscribe(handle_paired)
        try:
            async with asyncio.timeout(PAIRING_CODE_LIFETIME):
                await redeemed.wait()
        except TimeoutError:
            pass
        finally:
            unsubscribe()

    def _address(self) -> str:
        try:
            url = get_url(self.hass, prefer_external=False)
        except NoURLAvailableError:
            url = ""
        return "moosicbox:pair?" + urlencode({"url": url, "code": self._code})
