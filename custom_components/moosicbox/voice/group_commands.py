"""Spoken commands for players that play together, and for guests."""

from collections.abc import Iterator

from ..commands import hub_command
from ..contexts import PlayerOrRoom
from ..engine.api import CustomMessage, Player, Principal, Room, Session
from .request import SpokenAnswer, VoiceRequest
from .targets import best_of

SHOW_INVITE = "moosicbox.show_invite"
"""The event that makes a page show the code for guests of a room."""


async def join(request: VoiceRequest) -> str:
    """Group players: all play what one of them, or the room among them, plays."""
    named = [request.targets.named(name) for slot, name in request.slots.items() if slot.startswith("target")]
    contexts = [context for contexts in named for context in contexts]
    leader = next((context for context in contexts if isinstance(context, Room)), None) or best_of(contexts)
    if leader is None:
        raise request.unclear()
    await _join(request, leader, contexts)
    return request.say("joined", names=request.names(dict.fromkeys(contexts)))


async def play_here_too(request: VoiceRequest) -> str:
    """Let the named players, or those of the satellite's area, play along with the one that plays elsewhere."""
    here = request.named()
    if not here:
        raise request.unclear()
    elsewhere = [context for context in request.targets.playing() if context not in here]
    if (source := best_of(elsewhere)) is None:
        raise SpokenAnswer(request.say("nothing_to_join"))
    await _join(request, source, here)
    return request.say("joined", names=request.names([source, *here]))


async def _join(request: VoiceRequest, leader: PlayerOrRoom, contexts: list[PlayerOrRoom]) -> None:
    players = [context for context in contexts if isinstance(context, Player) and context is not leader]
    with hub_command(request.data):
        await request.data.hub.grouping.join(await request.principal(), leader, players)


async def leave_group(request: VoiceRequest) -> str:
    """Take the named players, or those of the satellite's area, out of their group."""
    hub, principal = request.data.hub, await request.principal()
    named = request.named() or [request.one()]
    with hub_command(request.data):
        players = hub.grouping.leave(principal, *(context for context in named if isinstance(context, Player)))
    if not players:
        raise SpokenAnswer(request.say("in_no_group", where=request.names(named)))
    return request.say("left", where=request.names(players))


async def dissolve_group(request: VoiceRequest) -> str:
    """Let each player of a group play alone again; the first one keeps the music."""
    hub = request.data.hub
    named = {room for context in request.named() if (room := _room_of(request, context)) is not None}
    groups = [room for room in named or hub.rooms if room.is_group]
    if len(groups) != 1:
        raise SpokenAnswer(request.say("no_group"))
    principal = await request.principal()
    with hub_command(request.data):
        hub.grouping.dissolve(principal, groups[0])
    return request.say("dissolved")


async def invite(request: VoiceRequest) -> str:
    """Show the code for guests on a screen: one in the satellite's area, of the user, or of the room."""
    hub = request.data.hub
    room = _room_to_invite_to(request)
    if room is None:
        raise SpokenAnswer(request.say("no_room"))
    principal = await request.principal()
    with hub_command(request.data):
        room.require_right(principal, "member.kick")
    message = CustomMessage(event=SHOW_INVITE, data={"room_id": room.room_id, "name": room.name})
    for sessions in _screens(request, room, principal):
        shown = [hub.publish(f"client:{session.client_id}", message) for session in sessions]
        if any(shown):
            return request.say("invite_shown", where=room.name)
    raise SpokenAnswer(request.say("no_screen"))


def _room_to_invite_to(request: VoiceRequest) -> Room | None:
    """Return the room that is named, is here, or plays, else the only one."""
    rooms = [room for room in request.targets.hub.rooms if not room.is_group]
    named = [room for context in request.named() if (room := _room_of(request, context)) in rooms]
    playing = [room for room in rooms if room.playback.is_active]
    return next(iter(named), None) or next(iter(playing), None) or (rooms[0] if len(rooms) == 1 else None)


def _screens(request: VoiceRequest, room: Room, principal: Principal) -> Iterator[list[Session]]:
    """Yield the pages that may invite to the room, the nearest ones first."""
    able = [
        session for session in request.data.hub.sessions.connected() if "member.kick" in room.rights(session.principal)
    ]
    here = [] if request.area_id is None else request.targets.in_area(request.area_id)
    nearby = {context.client_id for context in here if isinstance(context, Player)}
    yield [session for session in able if session.client_id in nearby]
    yield [session for session in able if session.principal.sub == principal.sub]
    yield [session for session in able if session.client_id in room.participants]
    yield able


def _room_of(request: VoiceRequest, context: PlayerOrRoom) -> Room | None:
    return context if isinstance(context, Room) else request.data.hub.rooms.of_player(context)
