/** The delays of other systems' speakers: measured by this device's microphone, saved when the user confirms. */
import { measure } from "../../measurement/measure.js";
import { MicrophoneError, Recorder } from "../../measurement/recorder.js";
import { field, select } from "../components/form-fields.js";
import { KeyedList, el, setText, textButton } from "../dom.js";
import { callHomeAssistant } from "../hub/home-assistant-api.js";

/** @import { AppState, Context, Target } from "../context.js" */
/** @import { Outcome } from "../../measurement/measure.js" */

/** @typedef {{entity_id: string, name: string, delay_ms: number}} Output */
/** @typedef {{outputs: Output[], references: {player_id: string, name: string}[]}} Overview */

export class OutputDelays {
  #context;
  /** @type {Target | null} */
  #target = null;
  /** @type {Overview | null} null until Home Assistant has told */
  #overview = null;
  /** @type {string | null} the topic of the player or room that the overview is of */
  #shown = null;
  /** @type {Map<string, Outcome | null>} null while it is being measured */
  #outcomes = new Map();
  /** @type {AbortController | null} of the measurement that runs */
  #running = null;
  #none;
  #measuring;
  #reference = select("", []);
  #list = el("ul", { class: "plain-list output-list" });
  /** @type {KeyedList<Output, OutputRow>} */
  #rows;
  #measure;
  #save;
  #status = el("p", { class: "hint", attributes: { role: "status" } });
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { localize } = context;
    this.#none = el("p", { class: "hint" });
    this.#rows = new KeyedList(this.#list, () => new OutputRow());
    this.#measure = textButton("tonal", localize("outputs_measure"), () => {
      if (this.#running) {
        this.#stop();
      } else {
        void this.#start();
      }
    });
    this.#save = textButton("main", localize("outputs_save"), () => void this.#saveAll());
    this.#measuring = el(
      "div",
      {},
      field(localize("outputs_reference"), this.#reference),
      this.#list,
      el("div", { class: "delay-row" }, this.#measure, this.#save),
    );
    this.element = el(
      "details",
      { class: "delay", on: { toggle: () => void this.#handleToggle() } },
      el("summary", { text: localize("outputs") }),
      el("p", { class: "hint", text: localize("outputs_text") }),
      this.#none,
      this.#measuring,
      this.#status,
    );
    this.#show();
  }

  /**
   * @param {AppState} _state
   * @param {Target | null} target
   */
  render(_state, target) {
    this.#target = target;
    if (target && this.element.open && target.topic !== this.#shown) {
      this.#stop();
      void this.#load();
    }
  }

  dispose() {
    this.#stop();
  }

  async #handleToggle() {
    if (this.element.open) {
      await this.#load();
    } else {
      this.#stop();
    }
  }

  async #load() {
    const target = this.#target;
    this.#shown = target?.topic ?? null;
    this.#outcomes.clear();
    setText(this.#status, "");
    const answer =
      target && (await callHomeAssistant(this.#context, { type: "moosicbox/outputs", ...target.contextIds }));
    if (target?.topic === this.#shown) {
      this.#overview = /** @type {Overview | undefined} */ (answer) ?? null;
      this.#showReferences();
      this.#show();
    }
  }

  /** Prefer another device as the reference: a phone's own sound may be delayed while it listens. */
  #showReferences() {
    const { app } = this.#context;
    const references = this.#overview?.references ?? [];
    const chosen = this.#reference.value;
    this.#reference.replaceChildren(...references.map(({ player_id, name }) => new Option(name, player_id)));
    const other = references.find(({ player_id }) => player_id !== app.store.state.device.playerId) ?? references[0];
    this.#reference.value = references.some(({ player_id }) => player_id === chosen)
      ? chosen
      : (other?.player_id ?? "");
  }

  #show() {
    const { localize } = this.#context;
    const { outputs, references } = this.#overview ?? { outputs: [], references: [] };
    const isUsable = outputs.length > 0 && references.length > 0;
    this.#none.hidden = isUsable || !this.#overview;
    setText(this.#none, localize(outputs.length === 0 ? "outputs_none" : "outputs_no_reference"));
    this.#measuring.hidden = !isUsable;
    this.#reference.disabled = this.#running !== null;
    this.#rows.render(
      outputs,
      ({ entity_id }) => entity_id,
      (row, output) => {
        row.render(output, this.#textOf(output));
      },
    );
    setText(this.#measure, localize(this.#running ? "outputs_stop" : "outputs_measure"));
    this.#save.hidden = this.#running !== null || this.#proposals().length === 0;
  }

  /** @param {Output} output */
  #textOf({ entity_id, delay_ms }) {
    const { localize } = this.#context;
    const outcome = this.#outcomes.get(entity_id);
    const now = String(Math.round(delay_ms));
    if (outcome === undefined) {
      return localize("outputs_now", { delay: now });
    }
    if (outcome === null) {
      return localize("outputs_listening");
    }
    if ("delayMs" in outcome) {
      const quality = String(Math.round(100 * outcome.quality));
      return localize("outputs_proposed", { delay: String(outcome.delayMs), now, quality });
    }
    return "fault" in outcome ? localize(`outputs_${outcome.fault}`) : this.#errorText(outcome.error);
  }

  /** @param {unknown} error of Home Assistant's API */
  #errorText(error) {
    const { message } = /** @type {{message?: string}} */ (error ?? {});
    return this.#context.localize("error_other", { message: message ?? String(error) });
  }

  /** @returns {{entity_id: string, delay_ms: number}[]} */
  #proposals() {
    return [...this.#outcomes].flatMap(([entity_id, outcome]) =>
      outcome && "delayMs" in outcome ? [{ entity_id, delay_ms: outcome.delayMs }] : [],
    );
  }

  async #start() {
    const { actions, app, localize } = this.#context;
    const [target, overview] = [this.#target, this.#overview];
    if (!target || !overview) {
      return;
    }
    const running = new AbortController();
    this.#running = running;
    this.#outcomes.clear();
    this.#show();
    /** @type {Recorder | null} */
    let microphone = null;
    try {
      microphone = await Recorder.open();
      if (running.signal.aborted) {
        return;
      }
      if (target.status?.is_playing) {
        await actions.playback(target, "pause");
      }
      const { outputs } = overview;
      const player_id = this.#reference.value;
      await measure({
        outputs: outputs.map(({ entity_id }) => entity_id),
        microphone,
        play: (entity_id) =>
          app.access.callHomeAssistant?.({ type: "moosicbox/play_delay_sounds", entity_id, player_id }) ??
          Promise.reject(new Error("Home Assistant isn't reachable")),
        wait: (seconds) => pause(seconds, running.signal),
        signal: running.signal,
        onbegin: (entity_id) => {
          const index = outputs.findIndex((output) => output.entity_id === entity_id);
          const name = outputs[index]?.name ?? entity_id;
          const [number, count] = [String(index + 1), String(outputs.length)];
          setText(this.#status, localize("outputs_measuring", { name, number, count }));
          this.#note(running, entity_id, null);
        },
        onend: (entity_id, outcome) => {
          this.#note(running, entity_id, outcome);
        },
      });
      if (this.#running === running) {
        setText(this.#status, localize(this.#proposals().length > 0 ? "outputs_done" : "outputs_failed"));
      }
    } catch (error) {
      const text = error instanceof MicrophoneError ? localize(`outputs_${error.fault}`) : this.#errorText(error);
      if (this.#running === running) {
        setText(this.#status, text);
      }
    } finally {
      microphone?.close();
      if (this.#running === running) {
        this.#running = null;
        this.#show();
      }
    }
  }

  /**
   * @param {AbortController} running
   * @param {string} entityId
   * @param {Outcome | null} outcome
   */
  #note(running, entityId, outcome) {
    if (this.#running === running) {
      this.#outcomes.set(entityId, outcome);
      this.#show();
    }
  }

  #stop() {
    if (this.#running) {
      this.#running.abort();
      this.#running = null;
      this.#outcomes.clear();
      setText(this.#status, "");
      this.#show();
    }
  }

  async #saveAll() {
    const { app, localize } = this.#context;
    this.#save.disabled = true;
    let status = localize("outputs_saved");
    try {
      for (const delay of this.#proposals()) {
        await app.access.callHomeAssistant?.({ type: "moosicbox/set_output_delay", ...delay });
      }
    } catch (error) {
      status = this.#errorText(error);
    }
    this.#save.disabled = false;
    await this.#load();
    setText(this.#status, status);
  }
}

class OutputRow {
  #name = el("span");
  #text = el("span", { class: "hint" });
  element = el("li", {}, this.#name, this.#text);

  /**
   * @param {Output} output
   * @param {string} text
   */
  render({ name }, text) {
    setText(this.#name, name);
    setText(this.#text, text);
  }
}

/**
 * @param {number} seconds
 * @param {AbortSignal} signal rejects the promise
 * @returns {Promise<void>}
 */
function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new Error("The measurement was stopped"));
      return;
    }
    const timer = setTimeout(resolve, seconds * 1_000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new Error("The measurement was stopped"));
    });
  });
}
