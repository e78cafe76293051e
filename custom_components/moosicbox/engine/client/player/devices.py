"""The outputs that mpv finds on this machine."""

from .mpv import Mpv


async def list_devices() -> list[dict[str, str]]:
    """Their names, for `--output`, and what they are."""
    mpv = Mpv(("--ao=null",))
    await mpv.start()
    try:
        devices = await mpv.get("audio-device-list")
    finally:
        await mpv.stop()
    found = [{"device": str(device["name"]), "description": str(device["description"])} for device in devices]
    return [*found, {"device": "null", "description": "No sound"}]
