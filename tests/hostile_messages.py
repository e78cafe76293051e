"""Client messages with hostile values, and mutated tokens."""

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from copy import deepcopy
import json
from pathlib import Path
import random
from typing import Any, Final

from tests.wire.client import Client, Closed

MESSAGES: Final = sorted((Path(__file__).parent / "golden" / "client").glob("*.json"))

HOSTILE: Final[list[Any]] = [
    *(None, True, -1, 0, 0.5, 2**31, 2**53, 2**63, 2**64, 10**300, 1e308, -1e308, 5e-324),
    *(float("nan"), float("inf"), "", " ", "\0", "\ud800", "\u202e\u0301", "😀" * 300, "x" * 50_000),
    *("../../../etc/passwd", "/local/../api/states", "file:///etc/passwd", "media-source://camera/camera.bedroom"),
    *("http://127.0.0.1:8123/api/states", "javascript:alert(1)", "<img src=x>", "__proto__", "'; DROP TABLE tracks"),
    *([], {}, [None], [[]], {"": {}}, ["x"] * 5_000, {"type": "authenticate"}, {str(key): key for key in range(2_000)}),
    json.loads("[" * 200 + "]" * 200),
]


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each value in a message."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


def hostile(message: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return a message with one or two values that are replaced, removed or added."""
    changed = deepcopy(message)
    for _ in range(chance.choice([1, 1, 2])):
        places = [path for path in paths(changed) if path != ("type",)]
        place = chance.choice([*places, ("more",)])
        holder: Any = changed
        for key in place[:-1]:
            holder = holder[key]
        if chance.random() < 0.1 and place != ("more",):
            del holder[place[-1]]
        else:
            holder[place[-1]] = deepcopy(chance.choice(HOSTILE))
    return changed


def mutated(token: str, chance: random.Random) -> str:
    """Return a token with other bytes."""
    parts = token.split(".")
    match chance.randrange(5):
        case 0:
            return token[: chance.randrange(len(token) - 4)]
        case 1:
            return ".".join(chance.sample(parts, 3)[: chance.choice([2, 3])])
        case 2:
            # Decoders ignore some characters behind the signature, but none before it.
            return chance.choice([".", "=", "\0", "é", " ", "e30.", "x" * 20_000]) + token
        case 3:
            header, payload, signature = parts
            claims = {**json.loads(urlsafe_b64decode(payload + "==")), "aud": "other"}
            return f"{header}.{json.dumps(claims)}.{signature}"
        case _:
            at = chance.randrange(len(token) - 4)
            return token[:at] + chance.choice("AZaz09-_.%\x7f") + token[at + 1 :]


def assert_named(message: dict[str, Any]) -> None:
    """Check that a message isn't the error of an unexpected exception."""
    assert message.get("error_type") != "internal_error", message


async def throw(client: Client, text: str, alive: str) -> int | None:
    """Send a frame, and check all that the hub sends until it answers a ping, or closes; return the close code."""
    await client.socket.send_str(text)
    try:
        await client.send("ping", request_id=alive)
        while True:
            message = await client.receive()
            assert_named(message)
            if (message["type"], message.get("request_id")) == ("pong", alive):
                return None
    except Closed as closed:
        return closed.code
    except ConnectionError:
        code, messages = await client.closed()
        for message in messages:
            assert_named(message)
        return code
