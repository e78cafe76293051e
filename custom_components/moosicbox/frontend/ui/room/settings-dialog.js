/** Making a room, and changing how it is. */
import { Dialog, confirm } from "../components/dialog.js";
import { el, textButton } from "../dom.js";
import { checkbox, field, select, textInput } from "../components/form-fields.js";

/** @import { Context, Target } from "../context.js" */

const MOST_PEOPLE = 1000;
const DEFAULT_PEOPLE = 20;

/**
 * @param {Context} context
 * @param {Target} target
 */
export function openSettings(context, target) {
  const { actions, localize } = context;
  const { id, room } = target;
  if (!room) {
    return;
  }
  const close = textButton("quiet danger", localize("close_room"), async () => {
    const words = {
      title: localize("close_room_title", { name: room.name }),
      text: localize("close_room_text"),
      action: localize("close_room"),
    };
    if ((await confirm(context, words)) && (await actions.room("close", { room_id: id }))) {
      dialog.close();
    }
  });
  const dialog = openForm(context, localize("room_settings"), localize("save"), room, [close], async (settings) =>
    Boolean(await actions.room("update", { room_id: id, ...settings })),
  );
}

/** @param {Context} context */
export function openCreate(context) {
  const { actions, app, localize } = context;
  const name = localize("room_default_name", { name: app.store.state.me?.name ?? "" });
  const room = { name, description: "", max_participants: DEFAULT_PEOPLE, is_public: true, control: "votes" };
  openForm(context, localize("create_room"), localize("create"), room, [], async (settings) => {
    const made = await actions.room("create", settings);
    if (made) {
      app.choose(`room:${made.room_id}`);
      context.open("listen");
    }
    return Boolean(made);
  });
}

/**
 * @param {Context} context
 * @param {string} title
 * @param {string} action
 * @param {{name: string, description: string | null, max_participants: number, is_public: boolean, control: string}} room
 * @param {Node[]} others buttons
 * @param {(settings: object) => Promise<boolean>} submit whether it went well
 */
function openForm(context, title, action, room, others, submit) {
  const { localize } = context;
  const name = textInput(room.name, { maxlength: "100", required: "" });
  const description = textInput(room.description ?? "", { maxlength: "500" });
  const control = select(room.control, [
    ["host", localize("control_host")],
    ["votes", localize("control_votes")],
    ["everyone", localize("control_everyone")],
  ]);
  const places = textInput(String(room.max_participants), {
    type: "number",
    min: "1",
    max: String(MOST_PEOPLE),
    required: "",
    inputmode: "numeric",
  });
  const open = checkbox(localize("room_public"), room.is_public);
  const save = el("button", { class: "main", text: action, attributes: { type: "submit", form: "room-form" } });
  const form = el(
    "form",
    {
      class: "form",
      attributes: { id: "room-form" },
      on: {
        submit: async (/** @type {Event} */ event) => {
          event.preventDefault();
          save.disabled = true;
          const settings = {
            name: name.value.trim() || room.name,
            description: description.value.trim(),
            control: control.value,
            max_participants: places.valueAsNumber,
            is_public: open.input.checked,
          };
          if (await submit(settings)) {
            dialog.close();
          }
          save.disabled = false;
        },
      },
    },
    field(localize("room_name"), name),
    field(localize("room_description"), description),
    field(localize("room_control"), control, localize("room_control_hint")),
    field(localize("room_places"), places),
    open.element,
  );
  const dialog = new Dialog(context, { title, content: [form], actions: [...others, save] });
  name.select();
  return dialog;
}
