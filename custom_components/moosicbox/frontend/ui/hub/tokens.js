/** The list of tokens for players and programs: create, view, revoke. */
import { Dialog, confirm } from "../components/dialog.js";
import { openFormDialog } from "../components/form-dialog.js";
import { qrCode } from "../components/qr-code.js";
import { KeyedList, el, setText, textButton } from "../dom.js";
import { formatDate } from "../format.js";
import { icon } from "../icons.js";
import { copyText } from "../components/clipboard.js";
import { field, select, textInput } from "../components/form-fields.js";
import { callHomeAssistant, callAction } from "./home-assistant-api.js";

/** @import { Context } from "../context.js" */
/** @typedef {{jti: string, sub: string, name: string, issued_at: string, expires_at: string, revoked: boolean}} Token */

const DAY = 86_400;
const DEFAULT_DAYS = 365;
const MAX_DAYS = 3650;
const ID_PATTERN = "[A-Za-z0-9_.:\\-]{1,64}";

export class TokenList {
  #context;
  #list = el("ul");
  /** @type {KeyedList<Token, TokenRow>} */
  #rows;
  #none;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { localize } = context;
    this.#rows = new KeyedList(this.#list, () => new TokenRow(context, () => void this.load()));
    this.#none = el("p", { class: "hint", text: localize("no_tokens"), attributes: { hidden: "" } });
    const create = textButton(
      "tonal",
      localize("create_token"),
      () => {
        openTokenForm(context, () => void this.load());
      },
      icon("key"),
    );
    this.element = el(
      "section",
      { class: "card table-card", attributes: { "aria-label": localize("tokens") } },
      el("div", { class: "page-head" }, el("h3", { text: localize("tokens") }), create),
      el("p", { class: "hint", text: localize("tokens_text") }),
      this.#none,
      this.#list,
    );
  }

  async load() {
    const answer = await callHomeAssistant(this.#context, { type: "moosicbox/tokens" }, { quiet: true });
    if (!answer) {
      return;
    }
    const { tokens } = /** @type {{tokens: Token[]}} */ (answer);
    this.#none.hidden = tokens.length > 0;
    this.#rows.render(
      tokens,
      ({ jti }) => jti,
      (row, token) => {
        row.render(token);
      },
    );
  }
}

class TokenRow {
  #context;
  #onchange;
  /** @type {Token | null} */
  #token = null;
  #name = el("span", { class: "row-title" });
  #details = el("span", { class: "row-subtitle" });
  #revokeButton;
  element;

  /**
   * @param {Context} context
   * @param {() => void} onchange
   */
  constructor(context, onchange) {
    this.#context = context;
    this.#onchange = onchange;
    this.#revokeButton = textButton("quiet danger", context.localize("revoke"), () => void this.#revokeToken());
    this.element = el(
      "li",
      { class: "person token" },
      icon("key"),
      el("span", { class: "row-words" }, this.#name, this.#details),
      this.#revokeButton,
    );
  }

  /** @param {Token} token */
  render(token) {
    this.#token = token;
    const { language, localize } = this.#context;
    const { name, sub, expires_at, revoked } = token;
    const expired = Date.parse(expires_at) < Date.now();
    const state = revoked
      ? localize("token_revoked")
      : expired
        ? localize("token_expired")
        : localize("token_expires", { until: formatDate(expires_at, language) });
    setText(this.#name, name);
    setText(this.#details, `${sub} · ${state}`);
    this.#revokeButton.hidden = revoked || expired;
    this.#revokeButton.setAttribute("aria-label", `${localize("revoke")}: ${name}`);
    this.element.classList.toggle("away", revoked || expired);
  }

  async #revokeToken() {
    const { localize } = this.#context;
    if (!this.#token) {
      return;
    }
    const { jti, name } = this.#token;
    const texts = {
      title: localize("revoke_title", { name }),
      text: localize("revoke_text"),
      action: localize("revoke"),
    };
    if (await confirm(this.#context, texts)) {
      await callAction(this.#context, "revoke_token", { jti });
      this.#onchange();
    }
  }
}

/**
 * @param {Context} context
 * @param {() => void} oncreated
 */
function openTokenForm(context, oncreated) {
  const { localize } = context;
  const name = textInput("", { required: "", maxlength: "100" });
  const sub = textInput("", { required: "", pattern: ID_PATTERN, maxlength: "64", spellcheck: "false" });
  const role = select("user", [
    ["user", localize("token_role_user")],
    ["admin", localize("token_role_admin")],
  ]);
  const days = textInput(String(DEFAULT_DAYS), { type: "number", min: "1", max: String(MAX_DAYS), required: "" });
  name.addEventListener("input", () => (sub.value = slug(name.value)));
  const save = async () => {
    const data = { sub: sub.value, name: name.value.trim(), role: role.value, expires_in: days.valueAsNumber * DAY };
    const created = await callAction(context, "create_token", data, true);
    if (created) {
      showToken(context, data.name, /** @type {{token: string}} */ (created).token);
      oncreated();
    }
    return created;
  };
  const fields = [
    field(localize("token_for"), name),
    field(localize("token_id"), sub, localize("token_id_hint")),
    field(localize("token_role"), role),
    field(localize("token_days"), days),
  ];
  const title = localize("create_token");
  openFormDialog(context, { id: "token-form", title, fields, save, saveText: title });
  name.focus();
}

/**
 * @param {Context} context
 * @param {string} name
 * @param {string} token
 */
function showToken(context, name, token) {
  const { localize } = context;
  const text = el("input", {
    class: "invite-link",
    attributes: { type: "text", readonly: "", "aria-label": localize("token") },
  });
  text.value = token;
  new Dialog(context, {
    title: name,
    content: [
      el("p", { class: "hint", text: localize("token_created") }),
      el("div", { class: "invite" }, qrCode(token, localize("token_qr", { name }))),
      el(
        "div",
        { class: "invite-row" },
        text,
        textButton("tonal", localize("copy"), () => void copyText(context, text), icon("copy")),
      ),
    ],
  });
}

/** @param {string} name */
function slug(name) {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9_.:-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 64);
}
