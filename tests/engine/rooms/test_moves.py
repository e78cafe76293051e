"""Several players join or leave rooms together: all of them, or none if one may not."""

from collections.abc import AsyncGenerator

import pytest

from custom_components.moosicbox.engine.protocol.client import RoomCreate, RoomJoin, RoomKick
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import PermissionDenied
from custom_components.moosicbox.engine.rooms.room import Room, RoomSettings
from custom_components.moosicbox.engine.sessions.session import Actor, Session
from tests.engine.fakes import Harness, principal

ADA, BEN, CAT = principal("ada"), principal("ben"), principal("cat")
LIMITED = principal("dog", rooms=frozenset({"den"}))


class House(Harness):
    """A room of Ada with Ben, and a player of Cat that plays alone."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions: dict[str, Session] = {}
        for who in (ADA, BEN, CAT):
            self.sessions[who.sub], _ = self.connect(who, player_id=who.sub)

    async def begin(self) -> None:
        await self.hub.start()
        await self.do("ada", RoomCreate(name="Party", id="party"))
        await self.do("ben", RoomJoin(room_id="party"))

    async def do(self, name: str, message: RoomCreate | RoomJoin | RoomKick) -> None:
        session = self.sessions[name]
        await self.hub.dispatcher.execute(Actor(session.principal, session), message)

    async def join(self, leader: str | Room, *names: str) -> Room:
        players = [self.hub.players.get(name) for name in names]
        context = self.hub.players.get(leader) if isinstance(leader, str) else leader
        return await self.hub.grouping.join(self.hub.system, context, players)

    @property
    def rooms(self) -> dict[str, str | None]:
        """The room of each player."""
        rooms = {player.player_id: self.hub.rooms.of_player(player) for player in self.hub.players}
        return {player_id: None if room is None else room.room_id for player_id, room in rooms.items()}


@pytest.fixture
async def house() -> AsyncGenerator[House]:
    house = House()
    await house.begin()
    yield house
    await house.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_a_host_and_its_guest_leave_together(house: House) -> None:
    players = [house.hub.players.get(name) for name in ("ada", "ben", "cat", "ada")]
    left = house.hub.grouping.leave(ADA, *players)
    assert ([player.player_id for player in left], set(house.rooms.values())) == (["ada", "ben"], {None})


async def test_no_player_leaves_if_one_may_not(house: House) -> None:
    before = house.rooms
    with pytest.raises(PermissionDenied):
        house.hub.grouping.leave(BEN, house.hub.players.get("ben"), house.hub.players.get("ada"))
    assert house.rooms == before == {"ada": "party", "ben": "party", "cat": None}


async def test_no_player_joins_a_room_from_which_another_is_banned(house: House) -> None:
    await house.do("ada", RoomKick(room_id="party", client_id=house.sessions["ben"].client_id))
    with pytest.raises(PermissionDenied):
        await house.join(house.hub.rooms.get("party", house.hub.system), "cat", "ben")
    assert house.rooms == {"ada": "party", "ben": None, "cat": None}


async def test_no_player_leaves_its_group_for_a_room_that_another_may_not_join(house: House) -> None:
    house.connect(LIMITED, player_id="dog")
    group = await house.join("cat", "ben")
    attic = house.hub.rooms.create(RoomSettings(name="Attic"), "attic")
    before = house.rooms
    with pytest.raises(PermissionDenied):
        await house.join(attic, "ben", "dog")
    house.pass_seconds(1)
    assert house.rooms == before == {"ada": "party", "ben": group.room_id, "cat": group.room_id, "dog": None}


@pytest.mark.parametrize(("leader", "names"), [("cat", ("ben", "dog")), ("dog", ("ben", "cat"))])
async def test_no_group_is_created_if_a_token_is_limited_to_other_rooms(
    house: House, leader: str, names: tuple[str, ...]
) -> None:
    created: list[Room] = []
    house.hub.rooms.added.subscribe(created.append)
    house.connect(LIMITED, player_id="dog")
    with pytest.raises(PermissionDenied):
        await house.join(leader, *names)
    assert (house.rooms, created) == ({"ada": "party", "ben": "party", "cat": None, "dog": None}, [])


async def test_a_player_that_is_limited_to_a_room_may_be_moved_there(house: House) -> None:
    house.connect(LIMITED, player_id="dog")
    await house.join(house.hub.rooms.create(RoomSettings(name="Den"), "den"), "dog", "cat")
    assert house.rooms == {"ada": "party", "ben": "party", "cat": "den", "dog": "den"}
