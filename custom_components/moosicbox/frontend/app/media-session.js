/** What the system shows of the music, on the lock screen, on headsets and keyboards, and the keys that it has for it. */
import { targetOf } from "./target.js";

/** @import { Message, PlaybackStatus } from "../client/types.js" */
/** @import { AppState, Store } from "./store.js" */
/** @typedef {Pick<HTMLAudioElement, "play" | "pause">} Sounding */

/** @type {Partial<Record<MediaSessionAction, "play" | "pause" | "stop" | "next" | "previous">>} */
const COMMANDS = { play: "play", pause: "pause", stop: "stop", nexttrack: "next", previoustrack: "previous" };
const PICTURE_PIXELS = 512;

/**
 * @typedef {object} Options
 * @property {Store} store
 * @property {(message: Message) => Promise<any>} request
 * @property {() => number} hubUs
 * @property {string} baseUrl
 * @property {Sounding} [sounding] browsers show what plays in elements alone, not what is computed: this one plays silence
 * @property {MediaSession} [session]
 * @property {(init: MediaMetadataInit) => MediaMetadata} [describe]
 */

/**
 * @param {Options} options
 * @returns {() => void} takes everything back
 */
export function mediaSession({
  store,
  request,
  hubUs,
  baseUrl,
  sounding = silence(),
  session = navigator.mediaSession,
  describe = (init) => new MediaMetadata(init),
}) {
  if (!session) {
    return () => undefined;
  }
  const address = () => ({ player_id: store.state.device.playerId });
  // What can't be done now is told on the page.
  const send = (/** @type {Message} */ message) => void request(message).catch(() => undefined);
  for (const [action, command] of Object.entries(COMMANDS)) {
    handle(session, /** @type {MediaSessionAction} */ (action), () =>
      send({ type: "playback_command", ...address(), command }),
    );
  }
  handle(session, "seekto", ({ seekTime }) =>
    send({ type: "seek_command", ...address(), position_seconds: seekTime ?? 0 }),
  );

  /** @type {PlaybackStatus | undefined} */
  let shown;
  const render = (/** @type {AppState} */ state) => {
    const status = targetOf(state, `player:${state.device.playerId}`)?.status;
    if (status === shown) {
      return;
    }
    const track = status?.current_track;
    if (track?.track_id !== shown?.current_track?.track_id) {
      session.metadata = track ? describe(metadata(track, baseUrl)) : null;
    }
    shown = status;
    session.playbackState = !track ? "none" : status.is_playing ? "playing" : "paused";
    session.setPositionState(status && track ? place(status, hubUs()) : undefined);
    if (status?.is_playing) {
      // Refused before the first click; then nothing sounds at all yet.
      sounding.play().catch(() => undefined);
    } else {
      sounding.pause();
    }
  };
  const off = store.subscribe(render);
  render(store.state);
  return () => {
    off();
    sounding.pause();
    session.metadata = null;
    session.playbackState = "none";
    for (const action of [...Object.keys(COMMANDS), "seekto"]) {
      handle(session, /** @type {MediaSessionAction} */ (action), null);
    }
  };
}

/**
 * @param {MediaSession} session
 * @param {MediaSessionAction} action
 * @param {MediaSessionActionHandler | null} handler
 */
function handle(session, action, handler) {
  try {
    session.setActionHandler(action, handler);
  } catch {
    // A key that this browser doesn't know.
  }
}

/**
 * @param {import("../client/types.js").Track} track
 * @param {string} baseUrl
 * @returns {MediaMetadataInit}
 */
function metadata({ title, artist, album, artwork_url }, baseUrl) {
  const artwork = artwork_url ? [{ src: pictureUrl(artwork_url, baseUrl) }] : [];
  return { title: title ?? "", artist: artist ?? "", album: album ?? "", artwork };
}

/**
 * @param {string} address
 * @param {string} baseUrl
 */
function pictureUrl(address, baseUrl) {
  const url = new URL(address, baseUrl);
  if (url.origin === new URL(baseUrl).origin && !url.searchParams.has("size")) {
    url.searchParams.set("size", String(PICTURE_PIXELS));
  }
  return url.href;
}

/**
 * @param {PlaybackStatus} status
 * @param {number} nowUs
 * @returns {MediaPositionState | undefined} undefined for what has no end
 */
function place({ position_seconds, anchor_us, rate, duration_seconds }, nowUs) {
  if (!duration_seconds) {
    return undefined;
  }
  const position = position_seconds + (rate * Math.max(0, nowUs - anchor_us)) / 1e6;
  return { duration: duration_seconds, position: Math.min(Math.max(0, position), duration_seconds), playbackRate: 1 };
}

/** @returns {Sounding} */
function silence() {
  const audio = new Audio(new URL("./silence.flac", import.meta.url).href);
  audio.loop = true;
  return audio;
}
