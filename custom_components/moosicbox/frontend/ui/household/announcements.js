/** Announcements: a message that is spoken, and those that are repeated until they are acknowledged. */
import { checkbox, field, select, textInput } from "../components/form-fields.js";
import { KeyedList, el, setLabel, setText, textButton } from "../dom.js";
import { setOptions, targets } from "./targets.js";

/** @import { AnnouncementInfo } from "../../client/messages.js" */
/** @import { AppState, Context, Target } from "../context.js" */

const EVERYBODY = "everybody";
const REPEAT_SECONDS = 60;
const MAX_LENGTH = "500";

export class Announcements {
  #context;
  #message = textInput("", { maxlength: MAX_LENGTH, required: "" });
  #target = select("", []);
  #repeats;
  #announce;
  #sending = false;
  #list = el("ul", { class: "plain-list" });
  /** @type {KeyedList<AnnouncementInfo, AnnouncementRow>} */
  #rows;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { localize } = context;
    this.#repeats = checkbox(localize("announce_repeat"), false);
    this.#announce = el("button", {
      class: "tonal",
      text: localize("announce"),
      attributes: { type: "submit" },
    });
    this.#rows = new KeyedList(this.#list, () => new AnnouncementRow(context));
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      void this.#send();
    };
    this.element = el(
      "section",
      { class: "card household-card", attributes: { "aria-label": localize("announcements") } },
      el("h3", { text: localize("announcements") }),
      el(
        "form",
        { class: "form", on: { submit } },
        field(localize("announce_message"), this.#message),
        field(localize("announce_to"), this.#target),
        this.#repeats.element,
        el("div", { class: "card-actions" }, this.#announce),
      ),
      this.#list,
    );
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    const everybody = /** @type {[string, string]} */ ([EVERYBODY, this.#context.localize("announce_everybody")]);
    setOptions(this.#target, [everybody, ...targets(state)], target?.topic);
    const usable = state.connection.phase === "ready";
    this.#announce.disabled = !usable || this.#sending;
    this.#rows.render(
      state.household?.announcements ?? [],
      ({ announcement_id }) => announcement_id,
      (row, announcement) => {
        row.render(announcement, usable);
      },
    );
  }

  async #send() {
    const { actions, localize, toast } = this.#context;
    const topic = this.#target.value;
    const id = topic.slice(topic.indexOf(":") + 1);
    this.#announce.disabled = this.#sending = true;
    const answer = await actions.send({
      type: "household_command",
      action: "announce",
      message: this.#message.value.trim(),
      ...(topic === EVERYBODY
        ? { everybody_awake: true }
        : topic.startsWith("room:")
          ? { room_ids: [id] }
          : { player_ids: [id] }),
      ...(this.#repeats.input.checked ? { repeat_seconds: REPEAT_SECONDS } : {}),
    });
    this.#announce.disabled = this.#sending = false;
    if (answer) {
      this.#message.value = "";
      const count = String(answer.refused.length);
      toast(localize(answer.refused.length > 0 ? "announce_partly" : "announce_done", { count }));
    }
  }
}

class AnnouncementRow {
  #context;
  #id = "";
  #text = el("span", { class: "list-text" });
  #acknowledge;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { actions, localize } = context;
    this.#acknowledge = textButton("tonal", localize("announce_acknowledge"), () => {
      void actions.send({
        type: "household_command",
        action: "acknowledge_announcement",
        announcement_id: this.#id,
      });
    });
    this.element = el("li", {}, this.#text, this.#acknowledge);
  }

  /**
   * @param {AnnouncementInfo} announcement
   * @param {boolean} usable
   */
  render({ announcement_id, text }, usable) {
    this.#id = announcement_id;
    setText(this.#text, text);
    setLabel(this.#acknowledge, this.#context.localize("announce_acknowledge_label", { text }));
    this.#acknowledge.disabled = !usable;
  }
}
