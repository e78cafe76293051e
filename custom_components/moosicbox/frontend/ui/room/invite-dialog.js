/** Inviting people: a link, and the same as a QR code for the phone beside one. */
import { qrCode } from "../components/qr-code.js";
import { Dialog } from "../components/dialog.js";
import { el, textButton } from "../dom.js";
import { formatDate } from "../format.js";
import { icon } from "../icons.js";
import { field, select } from "../components/form-fields.js";

/** @import { Context, Target } from "../context.js" */

const HOUR = 3600;

/**
 * @param {Context} context
 * @param {Target} target
 */
export function openInvite(context, target) {
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

  const make = async () => {
    const fields = { room_id: target.id, role: role.value, expires_in: Number(until.value) };
    const made = await actions.room("invite", fields);
    if (!made) {
      return;
    }
    const url = new URL(made.url, app.baseUrl).href;
    const link = el("input", {
      class: "invite-link",
      attributes: { type: "text", readonly: "", "aria-label": localize("invite_link") },
    });
    link.value = url;
    link.addEventListener("focus", () => link.select());
    result.replaceChildren(
      qrCode(url, localize("invite_qr", { name: target.name })),
      el("p", { class: "hint", text: localize("invite_until", { until: formatDate(made.expires_at, language) }) }),
      el(
        "div",
        { class: "invite-row" },
        link,
        textButton("tonal", localize("copy"), () => void copy(context, link), icon("copy")),
      ),
      ...(reachable(url) ? [] : [el("p", { class: "hint warning", text: localize("invite_loopback") })]),
    );
  };
  role.addEventListener("change", () => void make());
  until.addEventListener("change", () => void make());
  new Dialog(context, {
    title: localize("invite_title", { name: target.name }),
    content: [
      el("p", { class: "hint", text: localize("invite_text") }),
      result,
      el("div", { class: "form two" }, field(localize("invite_role"), role), field(localize("invite_expires"), until)),
    ],
  });
  void make();
}

/**
 * Plain http has no clipboard for scripts; selecting and copying by command works there, too.
 * @param {Context} context
 * @param {HTMLInputElement} link
 */
export async function copy({ localize, toast }, link) {
  link.select();
  try {
    await navigator.clipboard.writeText(link.value);
  } catch {
    document.execCommand("copy");
  }
  toast(localize("copied"));
}

/** @param {string} url */
function reachable(url) {
  return !/^(localhost|127\.|\[::1\])/.test(new URL(url).hostname);
}
