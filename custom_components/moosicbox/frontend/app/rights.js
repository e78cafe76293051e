/** The rights of the user. The hub enforces the rights; the page uses them to offer nothing that the hub would refuse. Pure. */

/** @typedef {"queue.add" | "queue.move_own" | "queue.move_any" | "playback.control" | "playback.skip" | "volume" | "member.kick" | "chat" | "vote"} Right */
/** @import { Room } from "./rooms.js" */
/** @import { Me } from "./store.js" */

/** @type {Right[]} */
const MUSIC = ["queue.add", "queue.move_own", "queue.move_any", "playback.control", "playback.skip", "volume"];
/** @type {Record<string, Right[]>} */
const BY_ROLE = {
  host: [...MUSIC, "member.kick", "chat"],
  dj: [...MUSIC, "chat"],
  guest: ["queue.add", "queue.move_own", "chat"],
  listener: ["chat"],
};

/**
 * @param {Me | null} me
 * @returns {Set<Right>} on players that are in no room
 */
export function playerRights(me) {
  return new Set(me?.permissions.includes("control") ? MUSIC : []);
}

/**
 * @param {Room | undefined} room
 * @param {Me | null} me
 * @returns {Set<Right>}
 */
export function roomRights(room, me) {
  if (!room || !me) {
    return new Set();
  }
  const participant = room.participants.find(({ user_id }) => user_id === me.userId);
  /** @type {Set<Right>} */
  const rights = new Set(me.permissions.includes("admin") ? BY_ROLE.host : []);
  const role = participant?.role ?? (room.host_user_id === me.userId ? "host" : null);
  for (const right of role ? (BY_ROLE[role] ?? []) : []) {
    rights.add(right);
  }
  if (room.control === "everyone" && (role === "guest" || (!role && me.permissions.includes("control")))) {
    for (const right of /** @type {Right[]} */ (["queue.add", "queue.move_own", "playback.control", "playback.skip"])) {
      rights.add(right);
    }
  }
  if (participant && room.control === "votes" && role !== "listener" && !rights.has("playback.skip")) {
    rights.add("vote");
  }
  return rights;
}
