/** Snapshots: keep what plays where, and let it play again. */
import { el, iconButton, setLabel, setText, textButton } from "../dom.js";
import { icon } from "../icons.js";
import { momentText } from "./moments.js";
import { ListSection } from "./list-section.js";

/** @import { SnapshotInfo } from "../../client/messages.js" */
/** @import { AppState, Context } from "../context.js" */

export class Snapshots {
  #context;
  #take;
  /** @type {ListSection<SnapshotInfo, SnapshotRow>} */
  #section;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { localize } = context;
    this.#take = textButton("tonal", localize("take_snapshot"), () => void this.#takeNow());
    this.#section = new ListSection({
      title: localize("snapshots"),
      empty: localize("no_snapshots"),
      button: this.#take,
      key: ({ snapshot_id }) => snapshot_id,
      row: () => new SnapshotRow(context),
    });
    this.element = this.#section.element;
  }

  /** @param {AppState} state */
  render(state) {
    const snapshots = state.household?.snapshots ?? [];
    const usable = state.connection.phase === "ready";
    this.#take.disabled = !usable;
    this.#section.render(snapshots, (row, snapshot) => {
      row.render(snapshot, usable);
    });
  }

  async #takeNow() {
    const { actions, language, localize } = this.#context;
    const name = localize("snapshot_name", { time: momentText(new Date().toISOString(), language) });
    await actions.send({ type: "household_command", action: "take_snapshot", name });
  }
}

class SnapshotRow {
  #context;
  #id = "";
  #name = el("span", { class: "list-text" });
  #restore;
  #delete;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { actions, localize } = context;
    this.#restore = textButton("tonal", localize("snapshot_restore"), () => void this.#restoreNow());
    this.#delete = iconButton(icon("close"), "", () => {
      void actions.send({ type: "household_command", action: "delete_snapshot", snapshot_id: this.#id });
    });
    this.element = el("li", {}, this.#name, this.#restore, this.#delete);
  }

  /**
   * @param {SnapshotInfo} snapshot
   * @param {boolean} usable
   */
  render({ snapshot_id, name }, usable) {
    this.#id = snapshot_id;
    setText(this.#name, name);
    setLabel(this.#delete, this.#context.localize("snapshot_delete", { name }));
    this.#restore.disabled = this.#delete.disabled = !usable;
  }

  async #restoreNow() {
    const { actions, localize, toast } = this.#context;
    const answer = await actions.send({
      type: "household_command",
      action: "restore_snapshot",
      snapshot_id: this.#id,
    });
    if (answer && answer.missing.length > 0) {
      toast(localize("snapshot_missing"));
    }
  }
}
