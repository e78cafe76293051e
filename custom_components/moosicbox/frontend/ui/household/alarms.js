/** Alarms: a list with switches, and with buttons while one rings. */
import { el, iconButton, setAttribute, setLabel, setText, textButton } from "../dom.js";
import { icon } from "../icons.js";
import { openAlarmDialog } from "./alarm-dialog.js";
import { ListSection } from "./list-section.js";
import { daysText, momentText } from "./moments.js";
import { nameOf } from "./targets.js";

/** @import { AlarmInfo } from "../../client/messages.js" */
/** @import { AppState, Context, Target } from "../context.js" */

export class Alarms {
  #add;
  /** @type {ListSection<AlarmInfo, AlarmRow>} */
  #section;
  /** @type {Target | null} */
  #target = null;
  element;

  /** @param {Context} context */
  constructor(context) {
    const { localize } = context;
    const add = () => {
      openAlarmDialog(context, null, this.#target?.topic);
    };
    this.#add = textButton("main", localize("add_alarm"), add, icon("add"));
    this.#section = new ListSection({
      title: localize("alarms"),
      empty: localize("no_alarms"),
      button: this.#add,
      key: ({ alarm_id }) => alarm_id,
      row: () => new AlarmRow(context),
    });
    this.element = this.#section.element;
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    this.#target = target;
    const alarms = [...(state.household?.alarms ?? [])].sort((a, b) => a.time.localeCompare(b.time));
    this.#add.disabled = state.connection.phase !== "ready";
    this.#section.render(alarms, (row, alarm) => {
      row.render(state, alarm);
    });
  }
}

class AlarmRow {
  #context;
  /** @type {AlarmInfo | null} */
  #alarm = null;
  #time = el("span", { class: "alarm-time" });
  #details = el("span", { class: "row-subtitle" });
  #open;
  #enabled = el("input", { attributes: { type: "checkbox", role: "switch" } });
  #snooze;
  #stop;
  #skip;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { localize } = context;
    this.#open = el(
      "button",
      {
        class: "row-main",
        attributes: { type: "button" },
        on: {
          click: () => {
            openAlarmDialog(context, this.#alarm);
          },
        },
      },
      el("span", { class: "row-words" }, this.#time, this.#details),
    );
    this.#enabled.addEventListener("change", () => void this.#saveEnabled());
    this.#snooze = textButton("tonal", localize("alarm_snooze"), () => void this.#act("snooze_alarm"));
    this.#stop = textButton("main", localize("alarm_stop"), () => void this.#act("dismiss_alarm"));
    this.#skip = iconButton(icon("next"), "", () => void this.#toggleSkip());
    this.element = el("li", { class: "alarm-row" }, this.#open, this.#snooze, this.#stop, this.#skip, this.#enabled);
  }

  /**
   * @param {AppState} state
   * @param {AlarmInfo} alarm
   */
  render(state, alarm) {
    this.#alarm = alarm;
    const { localize, language } = this.#context;
    const active = alarm.phase !== "idle";
    const usable = state.connection.phase === "ready";
    setText(this.#time, alarm.time.slice(0, 5));
    const parts = [alarm.name, nameOf(state, contextIdsOfAlarm(alarm)), daysText(alarm.days, localize, language)];
    setText(this.#details, [...parts, this.#state(alarm)].filter(Boolean).join(" · "));
    setAttribute(this.#open, "aria-description", localize("alarm_edit", { name: alarm.name }));
    setLabel(this.#enabled, localize("alarm_enabled", { name: alarm.name }));
    setLabel(this.#skip, localize(alarm.skipped_at ? "alarm_unskip" : "alarm_skip"));
    this.#enabled.checked = alarm.enabled;
    this.#enabled.disabled = !usable;
    this.#skip.disabled = !usable;
    this.#skip.hidden = active || !alarm.enabled;
    this.#snooze.hidden = alarm.phase !== "ringing";
    this.#stop.hidden = !active;
    this.#snooze.disabled = this.#stop.disabled = !usable;
  }

  /** @param {AlarmInfo} alarm */
  #state({ phase, next_at, snoozed_until }) {
    const { localize, language } = this.#context;
    const at = (/** @type {string | null} */ moment) => (moment ? momentText(moment, language) : "");
    return {
      idle: () => (next_at ? localize("alarm_next", { time: at(next_at) }) : ""),
      waiting: () => localize("alarm_waiting"),
      ringing: () => localize("alarm_ringing"),
      snoozed: () => localize("alarm_snoozed", { time: at(snoozed_until) }),
    }[phase]();
  }

  /** @param {"snooze_alarm" | "dismiss_alarm"} action */
  async #act(action) {
    if (this.#alarm) {
      const { alarm_id } = this.#alarm;
      await this.#context.actions.send({ type: "household_command", action, alarm_id });
    }
  }

  async #saveEnabled() {
    if (this.#alarm) {
      const { alarm_id } = this.#alarm;
      const enabled = this.#enabled.checked;
      const message = /** @type {const} */ ({ type: "household_command", action: "save_alarm", alarm_id, enabled });
      if (!(await this.#context.actions.send(message))) {
        this.#enabled.checked = this.#alarm.enabled;
      }
    }
  }

  async #toggleSkip() {
    if (this.#alarm) {
      const { alarm_id, skipped_at } = this.#alarm;
      const skip = !skipped_at;
      await this.#context.actions.send({ type: "household_command", action: "skip_alarm", alarm_id, skip });
    }
  }
}

/**
 * @param {AlarmInfo} alarm
 * @returns {import("./targets.js").ContextIds}
 */
export function contextIdsOfAlarm({ player_id, room_id }) {
  return room_id ? { room_id } : { player_id: player_id ?? "" };
}
