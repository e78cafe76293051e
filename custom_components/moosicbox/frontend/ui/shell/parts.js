/** The parts of the pages whose code is fetched when they are first shown; in a quiet moment all of it, for networks come and go. */

export const parts = {
  library: async () => (await import("../library/library.js")).Library,
  rooms: async () => (await import("../room/room-list.js")).RoomList,
  hub: async () => (await import("../hub/hub.js")).HubPage,
  mini: async () => (await import("./mini-player.js")).MiniPlayer,
  nowPlaying: async () => (await import("../now-playing/now-playing.js")).NowPlaying,
  device: async () => (await import("./device-bar.js")).DeviceBar,
  delay: async () => (await import("./delay.js")).Delay,
  sound: async () => (await import("./sound.js")).Sound,
  side: async () => (await import("./side.js")).Side,
  queue: async () => (await import("../queue/queue-view.js")).QueueView,
  people: async () => (await import("../room/people.js")).People,
  chat: async () => (await import("../room/chat.js")).Chat,
};

/** @param {import("../localize.js").Localize} localize whose words are wanted, too */
export function prefetch(localize) {
  const targets = () => import("./targets-dialog.js");
  const looks = () => import("../part-styles.js");
  // What fails is fetched once more when it is wanted.
  for (const load of [...Object.values(parts), targets, looks, localize.more]) {
    load().catch(() => undefined);
  }
}
