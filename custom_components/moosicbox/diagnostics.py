"""Diagnostics without secrets, addresses and names."""

from collections import Counter
from dataclasses import asdict
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import msgspec

from .const import DOMAIN, HUB_ID, VERSION
from .contexts import context_identifier
from .engine.api import Hub, Library, Player, Room, client_reports, health, metrics_report
from .models import MoosicBoxConfigEntry

TO_REDACT: Final = frozenset(
    {
        "address",
        "allowed_origins",
        "redis_url",
        "entity_id",
        "key",
        "leader",
        "library_folders",
        "name",
        "node_id",
        "nodes",
        "owner",
        "player_id",
        "room_id",
        "secret",
        "token",
        "trusted_issuer",
        "trusted_keys",
        "user_id",
        "username",
    }
)


async def async_get_config_entry_diagnostics(_hass: HomeAssistant, entry: MoosicBoxConfigEntry) -> dict[str, Any]:
    """Return diagnostics of the hub."""
    hub = entry.runtime_data.hub
    status, reasons = health(hub)
    redacted: dict[str, Any] = async_redact_data(
        {
            "version": VERSION,
            "options": dict(entry.options),
            "limits": asdict(hub.limits),
            "health": {"status": status, "reasons": reasons},
            "metrics": metrics_report(hub),
            "clients": client_reports(hub),
            "players": [_player(player) for player in hub.players],
            "rooms": [_room(room) for room in hub.rooms],
            "invites": len(hub.invites.open),
            "library": _library(entry.runtime_data.library),
            "cluster": None if (cluster := entry.runtime_data.cluster) is None else cluster.report(),
        },
        TO_REDACT,
    )
    return redacted


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: MoosicBoxConfigEntry, device: dr.DeviceEntry
) -> dict[str, Any]:
    """Return diagnostics of a player and its client, of a room and its players, or of the hub."""
    hub = entry.runtime_data.hub
    ids = {identifier for domain, identifier in device.identifiers if domain == DOMAIN}
    if HUB_ID in ids:
        return await async_get_config_entry_diagnostics(hass, entry)
    rooms = [room for room in hub.rooms if context_identifier(room) in ids]
    players = [player for player in hub.players if player.player_id in ids or player.room in rooms]
    redacted: dict[str, Any] = async_redact_data(
        {
            "version": VERSION,
            "players": [_player(player) for player in players],
            "clients": _clients_of(hub, players),
            "rooms": [_room(room) for room in rooms],
        },
        TO_REDACT,
    )
    return redacted


def _library(library: Library) -> dict[str, Any]:
    return {
        "folders": len(library.folders),
        "counts": msgspec.to_builtins(library.counts),
        "progress": msgspec.to_builtins(library.progress),
        "unreadable": Counter(file.reason for file in library.unreadable),
    }


def _clients_of(hub: Hub, players: list[Player]) -> list[dict[str, Any]]:
    ids = {player.client_id for player in players}
    return [dict(report) for report in client_reports(hub) if report["client_id"] in ids]


def _room(room: Room) -> dict[str, Any]:
    settings, playback = room.settings, room.playback
    participants = room.participants.values()
    return {
        "room_id": room.room_id,
        "name": room.name,
        "entity_id": room.entity_id,
        "is_group": room.is_group,
        "is_public": settings.is_public,
        "control": settings.control,
        "wait": settings.wait,
        "max_participants": settings.max_participants,
        "participants": [
            {"role": room.role(each.user_id), "away": each.away, "player": each.player is not None}
            for each in participants
        ],
        "missing": len(room.rejoin_until),
        "banned": len(room.banned),
        "chat_lines": len(room.chat),
        "state": playback.timeline.state,
        "position": playback.timeline.position,
        "duration": playback.duration,
        "queue": {"items": len(playback.queue), "revision": playback.queue.revision},
    }


def _player(player: Player) -> dict[str, Any]:
    playback, report = player.active_playback, player.report
    timeline = playback.timeline
    return {
        "player_id": player.player_id,
        "name": player.name,
        "owner": player.owner_user_id,
        "entity_id": player.entity_id,
        "client_version": player.client_version,
        "connected": player.connected,
        "available": player.available,
        "capabilities": player.capabilities,
        "lead_ms": player.lead_ms,
        "round_trip_us": player.round_trip_us,
        "lagging": player.lagging,
        "state": timeline.state,
        "position": timeline.position,
        "duration": playback.duration,
        "queue": {"items": len(playback.queue), "revision": playback.queue.revision},
        "reported": None
        if report is None
        else {
            "state": report.state,
            "buffered_seconds": report.buffered_seconds,
            "sync_error_ms": report.sync_error_ms,
        },
    }
