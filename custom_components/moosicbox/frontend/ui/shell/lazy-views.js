/** The parts of the pages whose code is fetched when they are first shown; in a quiet moment all of it, for networks come and go. */

export const lazyViews = {
  library: async () => (await import("../library/library-page.js")).LibraryPage,
  rooms: async () => (await import("../room/room-list.js")).RoomList,
  hub: async () => (await import("../hub/hub-page.js")).HubPage,
  mini: async () => (await import("./mini-player.js")).MiniPlayer,
  nowPlaying: async () => (await import("../now-playing/now-playing.js")).NowPlaying,
  device: async () => (await import("./device-bar.js")).DeviceBar,
  delay: async () => (await import("./output-delay.js")).OutputDelay,
  side: async () => (await import("./side-panel.js")).SidePanel,
  queue: async () => (await import("../queue/queue-view.js")).QueueView,
  people: async () => (await import("../room/participant-list.js")).ParticipantList,
  chat: async () => (await import("../room/chat.js")).Chat,
};

/** @param {import("../localize.js").Localize} localize whose words are wanted, too */
export function prefetch(localize) {
  const targets = () => import("./target-dialog.js");
  const looks = () => import("../deferred-styles.js");
  // What fails is fetched once more when it is wanted.
  for (const load of [...Object.values(lazyViews), targets, looks, localize.loadDeferred]) {
    load().catch(() => undefined);
  }
}
