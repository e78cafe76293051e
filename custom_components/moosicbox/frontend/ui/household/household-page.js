/** The Household page: alarms, timers, announcements, follow me, snapshots and rules, which the hub keeps. */
import { el } from "../dom.js";
import { Alarms } from "./alarms.js";
import { Announcements } from "./announcements.js";
import { Followers } from "./followers.js";
import { Rules } from "./rules.js";
import { Snapshots } from "./snapshots.js";
import { SleepTimers } from "./sleep-timers.js";

/** @import { AppState, Context, Target } from "../context.js" */

export class HouseholdPage {
  #sections;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#sections = [
      new Alarms(context),
      new SleepTimers(context),
      new Announcements(context),
      new Followers(context),
      new Snapshots(context),
      new Rules(context),
    ];
    this.element = el(
      "div",
      { class: "household page-body" },
      el("div", { class: "page-head" }, el("h2", { text: context.localize("household") })),
      ...this.#sections.map(({ element }) => element),
    );
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    for (const section of this.#sections) {
      section.render(state, target);
    }
  }
}
