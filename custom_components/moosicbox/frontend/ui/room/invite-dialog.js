/** The dialog to invite guests: a link, also as a QR code. */
import { copyText } from "../components/clipboard.js";
import { qrCode } from "../components/qr-code.js";
import { Dialog } from "../components/dialog.js";
import { el, textButton } from "../dom.js";
import { formatDate } from "../format.js";
import { icon } from "../icons.js";
import { field, select } from "../components/form-fields.js";

/** @import { Context } from "../context.js" */

const HOUR = 3600;

/**
 * @param {Context} context
 * @param {{id: string, name: string}} target a room
 */
export function openInviteDialog(context, target) {
  const { actions, app, language, localize } = context;
  const role = select("guest", [
    ["guest", localize("role_guest")],
    ["dj", localize("role_dj")],
    ["listener", localize("role_listener")],
  ]);
  const until = select(String(8 * HOUR), [
    [String(HOUR), localize("hour")],
    [String(8 * HOUR), localize("evening")],
    [String(72 * HOUR), localize("three_days")],
  ]);
  const result = el("div", { class: "invite", attributes: { "aria-live": "polite" } });

  const create = async () => {
    // An old code must not stay under the new choice if the request fails.
    result.replaceChildren();
    const created = await actions.send({
      type: "room_command",
      action: "invite",
      room_id: target.id,
      role: /** @type {"guest" | "dj" | "listener"} */ (role.value),
      expires_in: Number(until.value),
    });
    if (!created) {
      return;
    }
    const url = new URL(created.url, app.baseUrl).href;
    const link = el("input", {
      class: "invite-link",
      attributes: { type: "text", readonly: "", "aria-label": localize("invite_link") },
    });
    link.value = url;
    link.addEventListener("focus", () => {
      link.select();
    });
    result.replaceChildren(
      qrCode(url, localize("invite_qr", { name: target.name })),
      el("p", { class: "hint", text: localize("invite_until", { until: formatDate(created.expires_at, language) }) }),
      el(
        "div",
        { class: "invite-row" },
        link,
        textButton("tonal", localize("copy"), () => void copyText(context, link), icon("copy")),
      ),
      ...(isReachable(url) ? [] : [el("p", { class: "hint warning", text: localize("invite_loopback") })]),
    );
  };
  const revoke = async () => {
    if (await actions.send({ type: "room_command", action: "revoke_invites", room_id: target.id })) {
      result.replaceChildren(el("p", { class: "hint", text: localize("invites_revoked") }));
    }
  };
  role.addEventListener("change", () => void create());
  until.addEventListener("change", () => void create());
  new Dialog(context, {
    title: localize("invite_title", { name: target.name }),
    content: [
      el("p", { class: "hint", text: localize("invite_text") }),
      result,
      el("div", { class: "form two" }, field(localize("invite_role"), role), field(localize("invite_expires"), until)),
      textButton("quiet danger", localize("invite_revoke"), () => void revoke()),
    ],
  });
  void create();
}

/**
 * @param {string} url
 * @returns {boolean} true if other devices can open it
 */
function isReachable(url) {
  return !/^(localhost|127\.|\[::1\])/.test(new URL(url).hostname);
}
