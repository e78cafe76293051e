/** The Hub page for administrators: health, metrics, connected clients, tokens, blueprints. */
import { HubError } from "../../client/index.js";
import { KeyedList, el, setAttribute, setText } from "../dom.js";
import { errorText } from "../localize.js";
import { BlueprintList } from "./blueprints.js";
import { Chart } from "./chart.js";
import { ClientTable } from "./clients.js";
import { callHomeAssistant } from "./home-assistant-api.js";
import { gauges, rates, withSample } from "./series.js";
import { hubStyles } from "./styles.js";
import { TokenList } from "./tokens.js";

/** @import { Metrics } from "../../client/results.js" */
/** @import { AppState, Context } from "../context.js" */
/** @import { Localize, TextKey } from "../localize.js" */
/** @import { Sample } from "./series.js" */
/** @typedef {{status: "healthy" | "degraded" | "unhealthy", reasons: string[]}} Health */

const POLL_MS = 2_000;

export class HubPage {
  #context;
  /** @type {Sample[]} */
  #samples = [];
  #health = el("strong");
  #reasons = el("ul");
  #charts;
  #codes = el("tbody");
  /** @type {KeyedList<{code: string, count: number}, CodeRow>} */
  #codeRows;
  #noCodes;
  #codeTable;
  #clients;
  #tokens;
  #blueprints;
  #hint = el("p", { class: "hint", attributes: { hidden: "" } });
  #healthCard;
  /** @type {ReturnType<typeof setInterval>} */
  #timer;
  #ready = false;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { localize } = context;
    context.addStyles(hubStyles);
    this.#charts = {
      connections: new Chart(localize("connections"), localize),
      received: new Chart(localize("received_rate"), localize),
      sent: new Chart(localize("sent_rate"), localize),
      latencyMs: new Chart(localize("latency"), localize),
    };
    this.#healthCard = el(
      "section",
      { class: "card health", attributes: { role: "status", "aria-label": localize("health") } },
      el("span", { class: "dot" }),
      el("div", {}, this.#health, this.#reasons),
    );
    this.#codeRows = new KeyedList(this.#codes, () => new CodeRow(localize));
    this.#noCodes = el("p", { class: "hint", text: localize("no_disconnects") });
    const columns = /** @type {TextKey[]} */ (["close_code", "meaning", "count"]);
    const head = el("tr", {}, ...columns.map((key) => el("th", { text: localize(key), attributes: { scope: "col" } })));
    this.#codeTable = el("table", {}, el("thead", {}, head), this.#codes);
    const closeCodes = el(
      "section",
      { class: "card table-card", attributes: { "aria-label": localize("disconnects") } },
      el("h3", { text: localize("disconnects") }),
      this.#noCodes,
      this.#codeTable,
    );
    this.#clients = new ClientTable(context, () => void this.#poll());
    this.#tokens = new TokenList(context);
    this.#blueprints = new BlueprintList(context);
    this.element = el(
      "div",
      { class: "hub page-body" },
      el("h2", { class: "spoken", text: localize("hub") }),
      this.#healthCard,
      this.#hint,
      el("div", { class: "stats" }, ...Object.values(this.#charts).map(({ element }) => element)),
      this.#clients.element,
      el("div", { class: "halves" }, closeCodes, this.#tokens.element, this.#blueprints.element),
    );
    this.#timer = setInterval(() => void this.#poll(), POLL_MS);
  }

  /** @param {AppState} state */
  render({ connection }) {
    const wasReady = this.#ready;
    this.#ready = connection.phase === "ready";
    if (this.#ready && !wasReady) {
      void this.#poll();
      void this.#tokens.load();
      void this.#blueprints.load();
    }
  }

  dispose() {
    clearInterval(this.#timer);
  }

  async #poll() {
    const { app, localize } = this.#context;
    if (
      !this.element.isConnected ||
      document.visibilityState !== "visible" ||
      app.store.state.connection.phase !== "ready"
    ) {
      return;
    }
    const [metrics, clients, health] = await Promise.allSettled([
      app.request({ type: "get_metrics" }),
      app.request({ type: "get_clients" }),
      callHomeAssistant(this.#context, { type: "moosicbox/health" }, { quiet: true }),
    ]);
    this.#hint.hidden = metrics.status === "fulfilled";
    if (metrics.status === "fulfilled") {
      this.#renderMetrics(metrics.value);
    } else {
      setText(this.#hint, metricsHint(metrics.reason, localize));
    }
    if (clients.status === "fulfilled") {
      this.#clients.render(clients.value.clients);
    }
    if (health.status === "fulfilled" && health.value) {
      this.#renderHealth(/** @type {Health} */ (health.value));
    }
  }

  /** @param {Metrics} metrics */
  #renderMetrics({ active_connections, messages_received, messages_sent, average_latency_ms, disconnects }) {
    const { language, localize } = this.#context;
    this.#samples = withSample(this.#samples, {
      atMs: performance.now(),
      connections: active_connections,
      received: messages_received,
      sent: messages_sent,
      latencyMs: average_latency_ms,
    });
    const { connections, received, sent, latencyMs } = this.#charts;
    connections.render(gauges(this.#samples, "connections"), active_connections.toLocaleString(language));
    for (const [chart, counter] of /** @type {const} */ ([
      [received, "received"],
      [sent, "sent"],
    ])) {
      const points = rates(this.#samples, counter);
      const count = (points.at(-1)?.value ?? 0).toLocaleString(language, { maximumFractionDigits: 1 });
      chart.render(points, localize("per_second", { count }));
    }
    latencyMs.render(
      gauges(this.#samples, "latencyMs"),
      average_latency_ms === null ? "–" : `${average_latency_ms.toFixed(1)} ms`,
    );
    const codes = Object.entries(disconnects).map(([code, count]) => ({ code, count }));
    this.#noCodes.hidden = codes.length > 0;
    this.#codeTable.hidden = codes.length === 0;
    this.#codeRows.render(
      codes,
      ({ code }) => code,
      (row, closed) => {
        row.render(closed, language);
      },
    );
  }

  /** @param {Health} health */
  #renderHealth({ status, reasons }) {
    const { localize } = this.#context;
    setAttribute(this.#healthCard, "data-status", status);
    setText(this.#health, localize(status));
    this.#reasons.replaceChildren(...reasons.map((reason) => el("li", { text: reasonText(reason, localize) })));
  }
}

/**
 * @param {unknown} error
 * @param {Localize} localize
 * @returns {string} the reason why there are no metrics
 */
function metricsHint(error, localize) {
  const isOff = error instanceof HubError && error.errorType === "not_supported";
  return isOff ? localize("metrics_off") : errorText(localize, error);
}

/**
 * @param {string} reason
 * @param {Localize} localize
 */
function reasonText(reason, localize) {
  return localize.optional(`reason_${reason}`) ?? localize("reason_other", { reason });
}

class CodeRow {
  #localize;
  #code = el("td");
  #meaning = el("td");
  #count = el("td");
  element = el("tr", {}, this.#code, this.#meaning, this.#count);

  /** @param {Localize} localize */
  constructor(localize) {
    this.#localize = localize;
  }

  /**
   * @param {{code: string, count: number}} closed how many connections ended with a code
   * @param {string} language
   */
  render({ code, count }, language) {
    setText(this.#code, code);
    setText(this.#meaning, this.#localize.optional(`code_${code}`) ?? "");
    setText(this.#count, count.toLocaleString(language));
  }
}
