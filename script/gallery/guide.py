"""The pictures of the documentation: a selection, reduced in size."""

from pathlib import Path

from PIL import Image

from script.lib.config_folder import REPOSITORY

FOLDER = REPOSITORY / "docs" / "images"
COLOURS = 256
# Rare colours that must not be lost among those of artwork: good, fair, poor, and the accent.
SIGNALS = ((67, 160, 71), (255, 166, 0), (219, 68, 55), (0, 109, 140))
WIDTHS = {"phone": 320, "tablet": 560, "desk": 960}
PICTURES = (
    "now-playing-desk-light",
    "now-playing-desk-dark",
    "now-playing-phone-dark",
    "queue-phone-light",
    "people-phone-light",
    "guest-phone-dark",
    "library-desk-light",
    "album-phone-dark",
    "rooms-desk-light",
    "invite-phone-light",
    "hub-desk-light",
    "card-tablet-light",
    "card-tablet-dark",
)


def write_down(folder: Path) -> None:
    """Write the reduced pictures into docs/images/."""
    FOLDER.mkdir(exist_ok=True)
    for name in PICTURES:
        with Image.open(folder / f"{name}.png") as picture:
            width = WIDTHS[name.split("-")[-2]]
            small = picture.convert("RGB").resize(
                (width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS
            )
            _reduced(small).save(FOLDER / f"{name}.png", optimize=True)


def _reduced(picture: Image.Image) -> Image.Image:
    signals = [channel for colour in SIGNALS for channel in colour]
    common = picture.quantize(COLOURS - len(SIGNALS)).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette(common[: 3 * (COLOURS - len(SIGNALS))] + signals)
    return picture.quantize(palette=palette)
