/** The dialog that adds a radio station: by its address, or from Radio Browser where Home Assistant has it. */
import { Dialog } from "../components/dialog.js";
import { field, textInput } from "../components/form-fields.js";
import { el, textButton } from "../dom.js";
import { callHomeAssistant } from "../hub/home-assistant-api.js";
import { icon } from "../icons.js";

/** @import { Context } from "../context.js" */
/** @typedef {{media_content_id: string, title: string, thumbnail?: string | null, can_play: boolean, can_expand: boolean}} Node */

const RADIO_BROWSER = "media-source://radio_browser";

/** @param {string} key @param {HTMLInputElement} input @returns {Record<string, string>} the field, unless it is empty */
const given = (key, { value }) => (value.trim() ? { [key]: value.trim() } : {});

/** @param {Context} context */
export function openStationDialog(context) {
  const { actions, localize } = context;
  const address = textInput("", { type: "url", maxlength: "2000", required: "", placeholder: "https://" });
  const name = textInput("", { maxlength: "100" });
  const picture = textInput("", { type: "url", maxlength: "2000" });
  const country = textInput("", { maxlength: "100" });
  const genre = textInput("", { maxlength: "100" });
  const save = el("button", {
    class: "main",
    text: localize("station_add"),
    attributes: { type: "submit", form: "station-form" },
  });
  /** @param {{media_content_id: string, name?: string, artwork_url?: string, country?: string, genre?: string}} station */
  const add = async (station) => {
    save.disabled = true;
    const added = await actions.library("edit_station", { station });
    save.disabled = false;
    if (added) {
      dialog.close();
    }
  };
  const form = el(
    "form",
    {
      class: "form",
      attributes: { id: "station-form" },
      on: {
        submit: (event) => {
          event.preventDefault();
          void add({
            media_content_id: address.value.trim(),
            ...given("name", name),
            ...given("artwork_url", picture),
            ...given("country", country),
            ...given("genre", genre),
          });
        },
      },
    },
    field(localize("station_address"), address, localize("station_address_hint")),
    field(localize("station_name"), name, localize("station_name_hint")),
    field(localize("station_picture"), picture),
    field(localize("station_genre"), genre),
    field(localize("station_country"), country),
  );
  const list = el("div", { class: "station-list", attributes: { role: "list" } });
  const browser = el("div", { class: "station-browser" });
  const browse = textButton("tonal", localize("station_browse"), () => void show([RADIO_BROWSER]), icon("radio"));
  browse.hidden = true;
  browser.hidden = true;
  let newest = 0;
  /** @param {string[]} path the ids of the folders that are open, the innermost last */
  const show = async (path) => {
    const request = ++newest;
    const folder = /** @type {{children: Node[]} | undefined} */ (
      await callHomeAssistant(context, { type: "media_source/browse_media", media_content_id: path.at(-1) })
    );
    // Another folder may have been opened meanwhile.
    if (!folder || request !== newest) {
      return;
    }
    form.hidden = save.hidden = browse.hidden = true;
    browser.hidden = false;
    const back = textButton(
      "quiet",
      localize(path.length > 1 ? "back" : "station_by_address"),
      () => {
        if (path.length > 1) {
          void show(path.slice(0, -1));
        } else {
          // An answer that is still to come must not open the folders again.
          newest += 1;
          form.hidden = save.hidden = browse.hidden = false;
          browser.hidden = true;
        }
      },
      icon("back"),
    );
    list.replaceChildren(...folder.children.map((node) => entryOf(node, path)));
    browser.replaceChildren(back, list);
    back.focus();
  };
  /** @param {Node} node @param {string[]} path */
  const entryOf = (node, path) => {
    const { media_content_id: id, title, thumbnail } = node;
    const run = () => {
      void (node.can_expand
        ? show([...path, id])
        : add({ media_content_id: id, name: title.slice(0, 100), ...(thumbnail ? { artwork_url: thumbnail } : {}) }));
    };
    const button = textButton("quiet", title, run, icon(node.can_expand ? "library" : "radio"));
    return el("div", { attributes: { role: "listitem" } }, button);
  };
  const dialog = new Dialog(context, {
    title: localize("station_add"),
    content: [browse, form, browser],
    actions: [save],
  });
  void callHomeAssistant(context, { type: "media_source/browse_media", media_content_id: "" }, { quiet: true }).then(
    (root) => {
      const { children = [] } = /** @type {{children?: Node[]}} */ (root ?? {});
      browse.hidden = !children.some(({ media_content_id: id }) => id === RADIO_BROWSER) || form.hidden;
    },
  );
}
