/** The notices that the state calls for. Pure. */
import { CLOSE_AUTHENTICATION_FAILED, CLOSE_FORCED_OUT } from "../client/index.js";

/** @import { AppState } from "../app/store.js" */
/** @import { ConnectionState } from "../client/connection.js" */
/** @import { NoticeContent } from "./components/notice.js" */
/** @import { Localize } from "./localize.js" */

/**
 * @typedef {object} NoticeActions
 * @property {() => void} retry
 * @property {() => void} reload
 * @property {() => void} playHere
 */

/**
 * @param {ConnectionState} connection
 * @param {Localize} localize
 * @param {NoticeActions} actions
 * @returns {NoticeContent | null}
 */
export function connectionNotice({ phase, closeCode, errorType }, localize, actions) {
  if (phase === "ready" || (phase === "stopped" && closeCode === null)) {
    return null;
  }
  if (phase !== "stopped") {
    return closeCode === null
      ? { level: "info", title: localize("connecting") }
      : { level: "warning", title: localize("offline_title"), text: localize("offline_text") };
  }
  const retry = { action: localize("retry"), onaction: actions.retry };
  /** @type {"stopped" | "stopped_version" | "stopped_denied" | "stopped_login" | "stopped_removed"} */
  let reason = "stopped";
  if (errorType === "protocol_version") {
    const reload = { action: localize("reload"), onaction: actions.reload };
    return {
      level: "error",
      title: localize("stopped_version_title"),
      text: localize("stopped_version_text"),
      ...reload,
    };
  }
  if (errorType === "permission_denied") {
    reason = "stopped_denied";
  } else if (closeCode === CLOSE_AUTHENTICATION_FAILED) {
    reason = "stopped_login";
  } else if (closeCode === CLOSE_FORCED_OUT) {
    reason = "stopped_removed";
  }
  return { level: "error", title: localize(`${reason}_title`), text: localize(`${reason}_text`), ...retry };
}

/**
 * @param {AppState["device"]} device
 * @param {Localize} localize
 * @param {NoticeActions} actions
 * @returns {NoticeContent | null}
 */
export function deviceNotice({ status, needsInteraction, fault }, localize, actions) {
  if (status === "elsewhere") {
    return {
      level: "info",
      title: localize("elsewhere_title"),
      text: localize("elsewhere_text"),
      action: localize("elsewhere_button"),
      onaction: actions.playHere,
    };
  }
  if (status === "on" && needsInteraction) {
    // Any click allows sound, so the button needs no action of its own.
    return {
      level: "warning",
      title: localize("allow_sound_title"),
      text: localize("allow_sound_text"),
      action: localize("allow_sound_button"),
    };
  }
  return status === "on" && fault ? { level: "error", title: localize(`fault_${fault}`) } : null;
}
