/** The dialog that subscribes to a podcast. */
import { Dialog } from "../components/dialog.js";
import { field, textInput } from "../components/form-fields.js";
import { el } from "../dom.js";

/** @import { Context } from "../context.js" */

/** @param {Context} context */
export function openPodcastDialog(context) {
  const { actions, localize } = context;
  const address = textInput("", { type: "url", maxlength: "2000", required: "", placeholder: "https://" });
  const save = el("button", {
    class: "main",
    text: localize("podcast_subscribe"),
    attributes: { type: "submit", form: "podcast-form" },
  });
  const submit = async () => {
    save.disabled = true;
    const added = await actions.library("edit_podcast", { podcast: { url: address.value.trim() } });
    save.disabled = false;
    if (added) {
      dialog.close();
    }
  };
  const form = el(
    "form",
    {
      class: "form",
      attributes: { id: "podcast-form" },
      on: {
        submit: (event) => {
          event.preventDefault();
          void submit();
        },
      },
    },
    field(localize("podcast_address"), address, localize("podcast_address_hint")),
  );
  const dialog = new Dialog(context, { title: localize("podcast_subscribe"), content: [form], actions: [save] });
}
