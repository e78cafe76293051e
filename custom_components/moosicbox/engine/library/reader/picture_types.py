"""The types of pictures that are shown, detected by their first bytes."""

from typing import Final

HEAD: Final = 12
"""Bytes that tell the type."""
MAX_PICTURE: Final = 8 * 1024 * 1024
"""Bytes; a larger picture isn't shown."""
JPEG: Final = "image/jpeg"


def picture_type(head: bytes) -> str | None:
    """Return the MIME type of a picture that begins with `head`; None if that is no picture of a known type."""
    if head[:3] == b"\xff\xd8\xff":
        return JPEG
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return "image/gif" if head[:6] in (b"GIF87a", b"GIF89a") else None


def is_usable(data: bytes) -> bool:
    """Return whether `data` is a picture that can be shown, as far as its size and first bytes tell."""
    return len(data) <= MAX_PICTURE and picture_type(data[:HEAD]) is not None
