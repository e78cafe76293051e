"""The players and rooms that a voice assistant may use, by their names and areas."""

from collections.abc import Iterable

from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from ..contexts import PlayerOrRoom, contexts_by_entity_id
from ..engine.api import Hub, Player, Room


class VoiceTargets:
    """The players and rooms that are exposed to an assistant."""

    def __init__(self, hass: HomeAssistant, hub: Hub, assistant: str) -> None:
        self._hass = hass
        self.hub = hub
        self.contexts = {
            entity_id: context
            for entity_id, context in contexts_by_entity_id(hub).items()
            if async_should_expose(hass, assistant, entity_id)
        }
        """By their entity ids."""

    def names(self) -> set[str]:
        """Return all names of the players and rooms, and of the areas that they are in."""
        names = {name for entity_id in self.contexts for name in self._names_of(entity_id)}
        return names | {name for area in self._areas() for name in (area.name, *area.aliases)}

    def named(self, name: str) -> list[PlayerOrRoom]:
        """Return the players and rooms of this name, or those in the area of this name."""
        wanted = _normal(name)
        if found := [
            context for entity_id, context in self.contexts.items() if wanted in map(_normal, self._names_of(entity_id))
        ]:
            return found
        areas = [area for area in self._areas() if wanted in map(_normal, (area.name, *area.aliases))]
        return [context for area in areas for context in self.in_area(area.id)]

    def in_area(self, area_id: str) -> list[PlayerOrRoom]:
        """Return the players and rooms in an area."""
        entity_ids = self._entities_in(area_id)
        return [context for entity_id, context in self.contexts.items() if entity_id in entity_ids]

    def has_other_players(self, area_id: str) -> bool:
        """Return whether an area has media players of other integrations."""
        ours = contexts_by_entity_id(self.hub)
        return any(
            entity_id.startswith("media_player.") and entity_id not in ours for entity_id in self._entities_in(area_id)
        )

    def playing(self) -> list[PlayerOrRoom]:
        """Return what plays, each playback once: a room for its players if it is exposed."""
        return distinct(context for context in self.contexts.values() if context.active_playback.is_active)

    def choose(self, named: Iterable[PlayerOrRoom]) -> PlayerOrRoom | None:
        """Return the best of those that are named, else the one that plays, else the only one; None if that isn't clear."""
        return best_of(named) or only(self.playing()) or only(self.contexts.values())

    def _names_of(self, entity_id: str) -> Iterable[str]:
        names = [self.contexts[entity_id].name]
        if (entry := er.async_get(self._hass).async_get(entity_id)) is not None:
            names += er.async_get_entity_aliases(self._hass, entry)
        return filter(str.strip, names)

    def _areas(self) -> Iterable[ar.AreaEntry]:
        areas = ar.async_get(self._hass).async_list_areas()
        return [area for area in areas if not self.contexts.keys().isdisjoint(self._entities_in(area.id))]

    def _entities_in(self, area_id: str) -> set[str]:
        selected = async_extract_referenced_entity_ids(self._hass, TargetSelection({"area_id": area_id}))
        return selected.indirectly_referenced


def distinct(contexts: Iterable[PlayerOrRoom]) -> list[PlayerOrRoom]:
    """Return one of the players and rooms for each playback: the room rather than one of its players."""
    chosen: dict[int, PlayerOrRoom] = {}
    for context in contexts:
        key = id(context.active_playback)
        if key not in chosen or (isinstance(context, Room) and not context.is_group):
            chosen[key] = context
    return list(chosen.values())


def only(contexts: Iterable[PlayerOrRoom]) -> PlayerOrRoom | None:
    """Return the player or room of the only playback; None if there are several playbacks or none."""
    found = distinct(contexts)
    return found[0] if len(found) == 1 else None


def best_of(contexts: Iterable[PlayerOrRoom]) -> PlayerOrRoom | None:
    """Return a player or room that plays, else one that is connected, else any; None if there are none."""

    def rank(context: PlayerOrRoom) -> tuple[bool, bool]:
        connected = context.connected if isinstance(context, Player) else any(p.connected for p in context.renderers)
        return context.active_playback.is_active, connected

    return max(distinct(contexts), key=rank, default=None)


def area_of(hass: HomeAssistant, satellite_id: str | None, device_id: str | None) -> str | None:
    """Return the area of the device that a user speaks to."""
    entry = er.async_get(hass).async_get(satellite_id) if satellite_id is not None else None
    if entry is not None and entry.area_id is not None:
        return entry.area_id
    device_id = entry.device_id if entry is not None else device_id
    device = dr.async_get(hass).async_get(device_id) if device_id is not None else None
    return None if device is None else dr.async_get_effective_area_id(hass, device)


def _normal(name: str) -> str:
    return " ".join(name.split()).casefold()
