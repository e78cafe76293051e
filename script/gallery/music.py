"""The collection of the pictures: albums with covers, whose songs are quiet tones."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from mutagen.flac import FLAC, Picture
from mutagen.id3 import PictureType
from playwright.async_api import Browser

from .covers import cover

AT_ONCE = 3


@dataclass(frozen=True)
class Album:
    """The tags of an album's files; the lengths of its songs are those of `seconds`, in turn."""

    artist: str
    title: str
    year: str
    genre: str
    colours: tuple[str, str, str]
    songs: tuple[str, ...]


SECONDS = (214, 187, 243, 201, 268, 176)
ALBUMS = (
    Album(
        "The Wind-Up Trio",
        "Three Turns of the Key",
        "2026",
        "Jazz",
        ("#f4a259", "#f9e0a2", "#8c3b1f"),
        ("Brass Morning", "Copper Rain", "Paper Lantern", "Last Turn", "Small Gears"),
    ),
    Album(
        "Nora Vale",
        "Low Tide",
        "2024",
        "Folk",
        ("#12355b", "#d9e5d6", "#d8a47f"),
        ("Harbour Lights", "Salt on the Window", "Low Tide", "Letters from Inland"),
    ),
    Album(
        "Glass Meridian",
        "Night Bus Home",
        "2025",
        "Electronic",
        ("#241734", "#ff6f91", "#845ec2"),
        ("Terminal", "Night Bus Home", "Rain on the Upper Deck", "Empty Seats", "Last Stop"),
    ),
    Album(
        "Kestrel & Sons",
        "Field Recordings",
        "2019",
        "Folk",
        ("#e9e4d0", "#5b8e7d", "#bc4b51"),
        ("Hedgerow", "Barn Dance", "Long Acre", "Dry Stone"),
    ),
    Album(
        "Ida Okonkwo",
        "Velvet Hours",
        "2023",
        "Soul",
        ("#5f0f40", "#fb8b24", "#9a031e"),
        ("Velvet Hours", "Stay a While", "Second Cup", "Amber"),
    ),
    Album(
        "Paper Boats",
        "Slow Rivers",
        "2022",
        "Indie",
        ("#a8dadc", "#1d3557", "#457b9d"),
        ("Slow Rivers", "Folded", "Weir", "Oxbow", "Delta"),
    ),
    Album(
        "The Lighthouse Keepers",
        "Signals",
        "2021",
        "Rock",
        ("#1b1b2f", "#e43f5a", "#f9d276"),
        ("Signals", "Foghorn", "Keeper of the Lamp", "Northern Approach"),
    ),
    Album(
        "Mira Sol",
        "Solsticio",
        "2025",
        "Latin",
        ("#ffd166", "#ef476f", "#06664f"),
        ("Solsticio", "Calle Larga", "Verano Lento", "A la Sombra"),
    ),
    Album(
        "Quiet Engines",
        "Idle",
        "2020",
        "Ambient",
        ("#dfe7fd", "#6c757d", "#7f5af0"),
        ("Idle", "Standby", "Warm Hum", "Drift"),
    ),
    Album(
        "Nora Vale",
        "First Frost",
        "2021",
        "Folk",
        ("#cfe8ef", "#4f6d7a", "#c44536"),
        ("First Frost", "Kindling", "The Long Field"),
    ),
    Album(
        "Orchestra of the Upper Floor",
        "Suites for Empty Rooms",
        "2018",
        "Classical",
        ("#f1dede", "#7d4f50", "#d1be9c"),
        ("Prelude for a Staircase", "Sarabande", "Gigue for Two Lamps"),
    ),
    Album(
        "Dub Almanac",
        "Twelve Months",
        "2024",
        "Reggae",
        ("#0b3d2e", "#f4d35e", "#ee964b"),
        ("January", "April", "August", "November"),
    ),
)
LONG = Album(
    "The Extraordinarily Long-Winded Philharmonic Society of Lower Wattleborough and Its Surrounding Villages",
    "Music for a Great Many People Who Came from Far Away and Stayed Rather Longer than Anybody Had Expected",
    "2017",
    "Classical",
    ("#264653", "#e9c46a", "#e76f51"),
    (
        "Symphonic Prelude in Which Nothing at All Happens for Quite a While, and Then Suddenly Everything Does (Live at the Town Hall)",
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenmarsch",
    ),
)
RIGHT_TO_LEFT = Album(
    "נועה ברק",
    "אור ראשון",
    "2023",
    "Folk",
    ("#3d405b", "#f2cc8f", "#81b29a"),
    ("אור ראשון", "رسالة من البحر", "דרך ארוכה הביתה"),
)


async def write_collection(browser: Browser, folder: Path) -> None:
    """Write all albums into the folder."""
    page = await browser.new_page()
    gate = asyncio.Semaphore(AT_ONCE)
    tone = 0
    async with asyncio.TaskGroup() as tasks:
        for number, album in enumerate((*ALBUMS, LONG, RIGHT_TO_LEFT)):
            picture = Picture()
            picture.type, picture.mime = PictureType.COVER_FRONT, "image/png"
            picture.data = await cover(page, number, album.colours)
            for index, song in enumerate(album.songs):
                tone += 1
                path = folder / f"{number:02}-{index:02}.flac"
                tasks.create_task(
                    _write(gate, path, tone, SECONDS[tone % len(SECONDS)], album, song, index + 1, picture)
                )
    await page.close()


async def _write(
    gate: asyncio.Semaphore, path: Path, tone: int, seconds: int, album: Album, song: str, track: int, picture: Picture
) -> None:
    source = f"sine=frequency={110 + 7 * tone}:duration={seconds}:sample_rate=8000,volume=0.02"
    async with gate:
        process = await asyncio.create_subprocess_exec(
            *("ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i", source, "-compression_level", "0"),
            path,
        )
        if code := await process.wait():
            raise OSError(f"ffmpeg ended with {code}")
    await asyncio.to_thread(_tag, path, album, song, track, picture)


def _tag(path: Path, album: Album, song: str, track: int, picture: Picture) -> None:
    flac = FLAC(path)
    flac.update(
        {
            "title": song,
            "artist": album.artist,
            "album": album.title,
            "date": album.year,
            "genre": album.genre,
            "tracknumber": str(track),
        }
    )
    flac.add_picture(picture)
    flac.save()
