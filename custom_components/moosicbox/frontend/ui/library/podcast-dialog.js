/** The dialog that subscribes to a podcast. */
import { openFormDialog } from "../components/form-dialog.js";
import { field, textInput } from "../components/form-fields.js";

/** @import { Context } from "../context.js" */

/** @param {Context} context */
export function openPodcastDialog(context) {
  const { actions, localize } = context;
  const address = textInput("", { type: "url", maxlength: "2000", required: "", placeholder: "https://" });
  const title = localize("podcast_subscribe");
  openFormDialog(context, {
    id: "podcast-form",
    title,
    fields: [field(localize("podcast_address"), address, localize("podcast_address_hint"))],
    save: () => actions.library("edit_podcast", { podcast: { url: address.value.trim() } }),
    saveText: title,
  });
}
