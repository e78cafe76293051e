"""The pictures of the guide: few, and small."""

from pathlib import Path

from PIL import Image

from script.lib.config_folder import REPOSITORY

FOLDER = REPOSITORY / "docs" / "images"
COLOURS = 192
WIDTHS = {"phone": 320, "tablet": 720, "desk": 960}
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
    """Put them beside the guide."""
    FOLDER.mkdir(exist_ok=True)
    for name in PICTURES:
        with Image.open(folder / f"{name}.png") as picture:
            width = WIDTHS[name.split("-")[-2]]
            small = picture.convert("RGB").resize(
                (width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS
            )
            small.quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(FOLDER / f"{name}.png", optimize=True)
