/** The operating system's media controls: the lock screen, and the media keys of keyboards and headsets. */
import { positionOf } from "../client/index.js";
import { findTarget } from "./target.js";

/** @import { Command, Request } from "./actions.js" */
/** @import { ClientMessage, Track } from "../client/messages.js" */
/** @import { AppState, PlaybackStatus, Store } from "./store.js" */
/** @typedef {Pick<HTMLAudioElement, "play" | "pause">} SilentAudio */

/** @type {[MediaSessionAction, Command][]} */
const COMMANDS = [
  ["play", "play"],
  ["pause", "pause"],
  ["stop", "stop"],
  ["nexttrack", "next"],
  ["previoustrack", "previous"],
];
const PICTURE_PIXELS = 512;

/**
 * @typedef {object} Options
 * @property {Store} store
 * @property {Request} request
 * @property {() => number} hubUs
 * @property {string} baseUrl
 * @property {SilentAudio} [silentAudio] browsers show the controls for media elements only, so this one plays silence
 * @property {MediaSession} [session] absent in web views, for example of Android
 * @property {(init: MediaMetadataInit) => MediaMetadata} [createMetadata]
 */

/**
 * @param {Options} options
 * @returns {() => void} removes the controls
 */
export function mediaSession({
  store,
  request,
  hubUs,
  baseUrl,
  silentAudio = createSilentAudio(),
  session = /** @type {MediaSession | undefined} */ (navigator.mediaSession),
  createMetadata = (init) => new MediaMetadata(init),
}) {
  if (!session) {
    return () => undefined;
  }
  const contextIds = () => ({ player_id: store.state.device.playerId });
  // The page itself shows why a command can't be executed.
  const send = (/** @type {ClientMessage} */ message) => {
    request(message).catch(() => undefined);
  };
  for (const [action, command] of COMMANDS) {
    setHandler(session, action, () => {
      send({ type: "playback_command", ...contextIds(), command });
    });
  }
  setHandler(session, "seekto", ({ seekTime }) => {
    send({ type: "seek_command", ...contextIds(), position_seconds: seekTime ?? 0 });
  });

  /** @type {PlaybackStatus | undefined} */
  let rendered;
  const render = (/** @type {AppState} */ state) => {
    const status = findTarget(state, `player:${state.device.playerId}`)?.status;
    if (status === rendered) {
      return;
    }
    const track = status?.current_track;
    if (track?.track_id !== rendered?.current_track?.track_id) {
      session.metadata = track ? createMetadata(metadata(track, baseUrl)) : null;
    }
    rendered = status;
    session.playbackState = !track ? "none" : status.is_playing ? "playing" : "paused";
    session.setPositionState(status && track ? positionState(status, hubUs()) : undefined);
    if (status?.is_playing) {
      // The browser refuses it before the first click, when the player makes no sound either.
      silentAudio.play().catch(() => undefined);
    } else {
      silentAudio.pause();
    }
  };
  const off = store.subscribe(render);
  render(store.state);
  return () => {
    off();
    silentAudio.pause();
    session.metadata = null;
    session.playbackState = "none";
    for (const [action] of COMMANDS) {
      setHandler(session, action, null);
    }
    setHandler(session, "seekto", null);
  };
}

/**
 * @param {MediaSession} session
 * @param {MediaSessionAction} action
 * @param {MediaSessionActionHandler | null} handler
 */
function setHandler(session, action, handler) {
  try {
    session.setActionHandler(action, handler);
  } catch {
    // This browser doesn't have the action.
  }
}

/**
 * @param {Track} track
 * @param {string} baseUrl
 * @returns {MediaMetadataInit}
 */
function metadata({ title, artist, album, artwork_url }, baseUrl) {
  const artwork = artwork_url ? [{ src: pictureUrl(artwork_url, baseUrl) }] : [];
  return { title, artist: artist ?? "", album: album ?? "", artwork };
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
 * @returns {MediaPositionState | undefined} undefined for a stream without an end
 */
function positionState(status, nowUs) {
  const { duration_seconds, rate } = status;
  if (!duration_seconds) {
    return undefined;
  }
  return {
    duration: duration_seconds,
    position: Math.min(Math.max(0, positionOf(status, nowUs)), duration_seconds),
    playbackRate: rate || 1,
  };
}

/** @returns {SilentAudio} */
function createSilentAudio() {
  const audio = new Audio(new URL("./silence.flac", import.meta.url).href);
  audio.loop = true;
  return audio;
}
