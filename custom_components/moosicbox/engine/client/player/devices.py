"""Lists the audio outputs of this machine."""

from .mpv import Mpv


async def list_devices() -> list[dict[str, str]]:
    """Return the outputs that mpv finds: `device`, the name for `--output`, and a `description`.

    Raises:
        MpvError: mpv can't be started.
    """
    mpv = Mpv(("--ao=null",))
    await mpv.start()
    try:
        devices = await mpv.get("audio-device-list")
    finally:
        await mpv.stop()
    found = [{"device": str(device["name"]), "description": str(device["description"])} for device in devices]
    return [*found, {"device": "null", "description": "No sound"}]
