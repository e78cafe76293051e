/** The dialogs to create a room and to change its settings. */
import { confirm } from "../components/dialog.js";
import { openFormDialog } from "../components/form-dialog.js";
import { checkbox, field, select, textInput } from "../components/form-fields.js";
import { textButton } from "../dom.js";

/** @import { Room } from "../../app/rooms.js" */
/** @import { Context, Target } from "../context.js" */

/** @typedef {Pick<Room, "name" | "max_participants" | "is_public" | "control"> & {description: string}} Settings */

/**
 * @typedef {object} FormOptions
 * @property {string} title
 * @property {string} action text of the button
 * @property {Settings} settings
 * @property {Node[]} [buttons] further buttons
 * @property {(settings: Settings) => Promise<boolean>} submit returns whether the hub accepted the settings
 */

const MAX_PARTICIPANTS = 1000;
const DEFAULT_PARTICIPANTS = 20;

/**
 * @param {Context} context
 * @param {Target} target
 */
export function openSettingsDialog(context, { id, room }) {
  const { actions, localize } = context;
  if (!room) {
    return;
  }
  const closeRoom = async () => {
    const texts = {
      title: localize("close_room_title", { name: room.name }),
      text: localize("close_room_text"),
      action: localize("close_room"),
    };
    const confirmed = await confirm(context, texts);
    if (confirmed && (await actions.send({ type: "room_command", action: "close", room_id: id }))) {
      dialog.close();
    }
  };
  const dialog = openForm(context, {
    title: localize("room_settings"),
    action: localize("save"),
    settings: { ...room, description: room.description ?? "" },
    buttons: [textButton("quiet danger", localize("close_room"), () => void closeRoom())],
    submit: async (settings) =>
      Boolean(await actions.send({ type: "room_command", action: "update", room_id: id, ...settings })),
  });
}

/** @param {Context} context */
export function openCreateDialog(context) {
  const { actions, app, localize } = context;
  const name = localize("room_default_name", { name: app.store.state.me?.name ?? "" });
  openForm(context, {
    title: localize("create_room"),
    action: localize("create"),
    settings: { name, description: "", max_participants: DEFAULT_PARTICIPANTS, is_public: true, control: "votes" },
    submit: async (settings) => {
      const created = await actions.send({ type: "room_command", action: "create", ...settings });
      if (created) {
        app.choose(`room:${created.room_id}`);
        context.open("listen");
      }
      return Boolean(created);
    },
  });
}

/**
 * @param {Context} context
 * @param {FormOptions} options
 */
function openForm(context, { title, action, settings, buttons = [], submit }) {
  const { localize } = context;
  const name = textInput(settings.name, { maxlength: "100", required: "" });
  const description = textInput(settings.description, { maxlength: "500" });
  const control = select(settings.control, [
    ["host", localize("control_host")],
    ["votes", localize("control_votes")],
    ["everyone", localize("control_everyone")],
  ]);
  const maxParticipants = textInput(String(settings.max_participants), {
    type: "number",
    min: "1",
    max: String(MAX_PARTICIPANTS),
    required: "",
    inputmode: "numeric",
  });
  const isPublic = checkbox(localize("room_public"), settings.is_public);
  const save = () =>
    submit({
      name: name.value.trim() || settings.name,
      description: description.value.trim(),
      control: /** @type {Settings["control"]} */ (control.value),
      max_participants: maxParticipants.valueAsNumber,
      is_public: isPublic.input.checked,
    });
  const fields = [
    field(localize("room_name"), name),
    field(localize("room_description"), description),
    field(localize("room_control"), control, localize("room_control_hint")),
    field(localize("room_places"), maxParticipants),
    isPublic.element,
  ];
  const dialog = openFormDialog(context, { id: "room-form", title, fields, save, saveText: action, buttons });
  name.select();
  return dialog;
}
