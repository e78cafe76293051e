/** The table of connected clients, which administrators may disconnect. */
import { confirm } from "../components/dialog.js";
import { KeyedList, el, iconButton, setLabel, setText } from "../dom.js";
import { formatDate } from "../format.js";
import { icon } from "../icons.js";
import { callAction } from "./home-assistant-api.js";

/** @import { ConnectedClient } from "../../client/results.js" */
/** @import { Context } from "../context.js" */

const COLUMNS = /** @type {const} */ (["client", "user", "address", "latency", "messages", "since"]);

export class ClientTable {
  #context;
  /** @type {KeyedList<ConnectedClient, ClientRow>} */
  #rows;
  #count = el("span", { class: "badge" });
  element;

  /**
   * @param {Context} context
   * @param {() => void} onchange
   */
  constructor(context, onchange) {
    this.#context = context;
    const { localize } = context;
    const head = el(
      "tr",
      {},
      ...COLUMNS.map((key) => el("th", { text: localize(key), attributes: { scope: "col" } })),
      el("td"),
    );
    const body = el("tbody");
    this.#rows = new KeyedList(body, () => new ClientRow(context, onchange));
    const table = el("table", { class: "clients" }, el("thead", {}, head), body);
    this.element = el(
      "section",
      { class: "card table-card", attributes: { "aria-label": localize("clients") } },
      el("h3", {}, localize("clients"), " ", this.#count),
      el(
        "div",
        { class: "scroll-x", attributes: { tabindex: "0", role: "group", "aria-label": localize("clients") } },
        table,
      ),
    );
  }

  /** @param {ConnectedClient[]} clients */
  render(clients) {
    setText(this.#count, String(clients.length));
    const own = this.#context.app.store.state.me?.clientId;
    const sorted = clients.toSorted((a, b) => a.name.localeCompare(b.name));
    this.#rows.render(
      sorted,
      ({ client_id }) => client_id,
      (row, client) => {
        row.render(client, client.client_id === own);
      },
    );
  }
}

class ClientRow {
  #context;
  #onchange;
  /** @type {ConnectedClient | null} */
  #client = null;
  #cells;
  #button;
  element;

  /**
   * @param {Context} context
   * @param {() => void} onchange
   */
  constructor(context, onchange) {
    this.#context = context;
    this.#onchange = onchange;
    this.#button = iconButton(icon("close"), "", () => void this.#disconnect());
    // On phones each client is a block of labelled lines.
    this.#cells = COLUMNS.map((key) => el("td", { attributes: { "data-label": context.localize(key) } }));
    this.element = el("tr", {}, ...this.#cells, el("td", { class: "act" }, this.#button));
  }

  /**
   * @param {ConnectedClient} client
   * @param {boolean} isOwn true if it is this page
   */
  render(client, isOwn) {
    this.#client = client;
    const { language, localize } = this.#context;
    const { name, username, kind, transport, address, latency_ms, messages_received, messages_sent, connected_at } =
      client;
    const number = (/** @type {number} */ value) => value.toLocaleString(language);
    const texts = [
      `${isOwn ? localize("this_page", { name }) : name} · ${kind}`,
      username,
      `${address} · ${transport}`,
      latency_ms === null ? "–" : `${latency_ms.toFixed(1)} ms`,
      `${number(messages_received)} / ${number(messages_sent)}`,
      formatDate(connected_at, language),
    ];
    this.#cells.forEach((cell, index) => {
      setText(cell, texts[index] ?? "");
    });
    setLabel(this.#button, `${localize("disconnect")}: ${name}`);
    this.#button.hidden = isOwn;
  }

  async #disconnect() {
    const { localize } = this.#context;
    if (!this.#client) {
      return;
    }
    const { client_id, name } = this.#client;
    const texts = {
      title: localize("disconnect_title", { name }),
      text: localize("disconnect_text"),
      action: localize("disconnect"),
    };
    if (await confirm(this.#context, texts)) {
      await callAction(this.#context, "disconnect_client", { client_id });
      this.#onchange();
    }
  }
}
