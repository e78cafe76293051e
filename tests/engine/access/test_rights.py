"""The visibility of topics, as a matrix; roles and permissions."""

import pytest

from custom_components.moosicbox.engine.access.rights import PERMISSIONS, ROLES, topic_visible
from custom_components.moosicbox.engine.protocol.errors import PermissionDenied
from tests.engine.fakes import principal

CLIENT = "c1"
PLAYER = "kitchen"
WHO = {
    "admin": principal("ada", role="admin"),
    "user": principal("ada"),
    "listener": principal("ada", "listen"),
    "player": principal("ada", "play"),
    "chatter": principal("ada", "chat"),
    "guest": principal("guest:1", "listen", "chat", rooms=frozenset({"garden"})),
    "limited admin": principal("ada", role="admin", rooms=frozenset({"garden"})),
}
EVERYONE = set(WHO)
FREE = EVERYONE - {"guest", "limited admin"}
LISTENERS = {"admin", "user", "listener"}

# Topic → principals that may follow it, with the client c1, which is the player "kitchen".
MATRIX = {
    "all": FREE,
    "user:ada": EVERYONE - {"guest"},
    "user:guest:1": {"guest"},
    "user:eve": set(),
    "client:c1": EVERYONE,
    "client:c2": set(),
    "play:kitchen": EVERYONE,
    "play:bath": set(),
    "permission:listen": LISTENERS,
    "permission:admin": {"admin"},
    "permission:broadcast": {"admin"},
    "permission:chat": {"admin", "user", "chatter"},
    "permission:play": {"admin", "user", "player"},
    "permission:nonsense": set(),
    "players": LISTENERS,
    "presence": LISTENERS,
    "library": {"admin", "user"},
    "player:bath": LISTENERS,
    "player:kitchen": LISTENERS | {"player", "chatter"},
    "progress:bath": LISTENERS,
    "progress:kitchen": LISTENERS | {"player", "chatter"},
    "rooms": LISTENERS | {"guest", "limited admin"},
    "room:garden": LISTENERS | {"guest", "limited admin"},
    "room:bedroom": LISTENERS,
}
NONSENSE = [
    "",
    ":",
    "nothing",
    "all:x",
    "players:kitchen",
    "presence:ada",
    "library:x",
    "rooms:garden",
    "user",
    "client",
    "play",
    "player",
    "player:",
    "progress",
    "permission",
    "permission:",
    "all\n",
    "room",
    "room:",
]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("topic", MATRIX)
def test_visibility_of_topics(topic: str, who: str) -> None:
    assert topic_visible(topic, WHO[who], CLIENT, PLAYER) == (who in MATRIX[topic])


@pytest.mark.parametrize("topic", NONSENSE)
def test_invalid_topics_are_visible_to_no_principal(topic: str) -> None:
    assert not any(topic_visible(topic, who, CLIENT, PLAYER) for who in WHO.values())


def test_a_controller_cannot_follow_play_topics() -> None:
    assert not topic_visible("play:kitchen", WHO["admin"], CLIENT, None)
    assert not topic_visible("play:", WHO["admin"], CLIENT, None)


def test_roles_have_their_permissions() -> None:
    assert ROLES["admin"] == PERMISSIONS
    assert PERMISSIONS - ROLES["user"] == {"broadcast", "events", "admin"}


def test_a_missing_permission_raises() -> None:
    WHO["listener"].require("listen")
    with pytest.raises(PermissionDenied, match="control"):
        WHO["listener"].require("control")
    assert WHO["admin"].is_admin
    assert not WHO["user"].is_admin


def test_foreign_media_needs_the_permission_to_control() -> None:
    assert WHO["user"].may_add_foreign_media
    assert not WHO["guest"].may_add_foreign_media
