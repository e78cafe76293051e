/** The views whose code is fetched when they are first shown, or when the page is idle. */

export const lazyViews = {
  library: async () => (await import("../library/library-page.js")).LibraryPage,
  rooms: async () => (await import("../room/room-list.js")).RoomList,
  household: async () => (await import("../household/household-page.js")).HouseholdPage,
  hub: async () => (await import("../hub/hub-page.js")).HubPage,
  miniPlayer: async () => (await import("./mini-player.js")).MiniPlayer,
  nowPlaying: async () => (await import("../now-playing/now-playing.js")).NowPlaying,
  lyrics: async () => (await import("../now-playing/lyrics.js")).LyricsView,
  chapters: async () => (await import("../now-playing/chapters.js")).ChaptersView,
  deviceBar: async () => (await import("./device-bar.js")).DeviceBar,
  outputDelay: async () => (await import("./output-delay.js")).OutputDelay,
  outputDelays: async () => (await import("./output-delays.js")).OutputDelays,
  soundSettings: async () => (await import("./sound-settings.js")).SoundSettings,
  sidePanel: async () => (await import("./side-panel.js")).SidePanel,
  queue: async () => (await import("../queue/queue-view.js")).QueueView,
  participants: async () => (await import("../room/participant-list.js")).ParticipantList,
  chat: async () => (await import("../room/chat.js")).Chat,
};

/**
 * Fetch all of them, with their texts and styles, so that they can be shown without a network.
 * @param {import("../localize.js").Localize} localize
 */
export function prefetch(localize) {
  const targetDialog = () => import("./target-dialog.js");
  const styles = () => import("../deferred-styles.js");
  for (const load of [...Object.values(lazyViews), targetDialog, styles, localize.loadDeferred]) {
    // A failed fetch is repeated when the view is shown.
    load().catch(() => undefined);
  }
}
