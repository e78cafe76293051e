/** Maps entities of Home Assistant to the hub's players and rooms, by the identifiers of their devices. Pure. */

/**
 * The part of `hass` that the card uses.
 * @typedef {object} Hass
 * @property {string} [language]
 * @property {{language: string}} [locale]
 * @property {Record<string, unknown>} states
 * @property {Record<string, {device_id?: string | null, platform?: string}>} entities
 * @property {Record<string, {identifiers?: [string, string][]}>} devices
 */

const DOMAIN = "moosicbox";
const ROOM_PREFIX = "ROOM:";

/**
 * @param {Hass} hass
 * @param {string} entityId
 * @returns {string | null} topic of the player or room
 */
export function topicOf(hass, entityId) {
  const deviceId = entityId.startsWith("media_player.") ? hass.entities[entityId]?.device_id : null;
  const identifiers = deviceId ? (hass.devices[deviceId]?.identifiers ?? []) : [];
  const id = identifiers.find(([domain]) => domain === DOMAIN)?.[1];
  if (!id) {
    return null;
  }
  return id.startsWith(ROOM_PREFIX) ? `room:${id.slice(ROOM_PREFIX.length)}` : `player:${id}`;
}
