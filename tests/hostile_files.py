"""Hostile music files and pictures."""

from pathlib import Path
import subprocess
import sys
import zlib

MIB = 1024 * 1024


def syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def id3(*frames: tuple[bytes, int, bytes], version: int = 4) -> bytes:
    """A tag of frames with names, flags and data."""
    body = b"".join(
        name + (syncsafe(len(data)) if version == 4 else len(data).to_bytes(4)) + flags.to_bytes(2) + data
        for name, flags, data in frames
    )
    return b"ID3" + bytes([version, 0, 0]) + syncsafe(len(body)) + body


def bomb(inflated: int) -> bytes:
    """Return compressed zeros, which inflate to 1,000 times their size."""
    packer = zlib.compressobj(9)
    # Blocks that begin and end at a byte, and refer to none before them, can be repeated.
    block = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    head, block = block[:2], block[2:]
    return head + block * (inflated // MIB) + b"\3\0" + (inflated % 65_521 << 16 | 1).to_bytes(4)


def compressed_frame(name: bytes, version: int) -> tuple[bytes, int, bytes]:
    """Return a frame of a megabyte that inflates to a gibibyte."""
    return name, 0x0080 if version == 3 else 0x0009, (1 << 30).to_bytes(4) + bomb(1024 * MIB)


MANY_PARTS = {
    "sylt": [(b"SYLT", 0, b"\3eng\2\1\0" + b"\0\0\0\0\0" * 420_000)],
    "tiny": [(b"SYLT", 0, b"x")] * 180_000,
    "free": [(b"TXXX", 0, b"\3\0x")] * 180_000,
    "values": [(b"TIT2", 0, b"\3" + b"\0" * 1_000_000)],
    "chapters": [(b"CHAP", 0, b"\0" * 17)] * 80_000,
}
"""Frames of a tag with very many parts."""


def write_huge_pictures(folder: Path) -> list[Path]:
    """Write pictures of few bytes and 49 million pixels each."""
    program = (
        "import sys; from PIL import Image; picture = Image.new('RGB', (7000, 7000)); folder = sys.argv[1]\n"
        "picture.save(folder + '/a.webp', lossless=True); picture.save(folder + '/b.png')\n"
        "picture.save(folder + '/d.jpg', quality=10); Image.new('P', picture.size).save(folder + '/c.gif')"
    )
    subprocess.run([sys.executable, "-c", program, folder], check=True)  # noqa: S603 - our own words
    return sorted(folder.iterdir())
