/** The dialog to add an alarm or to change one. */
import { openFormDialog } from "../components/form-dialog.js";
import { checkbox, field, numberInput, select, textInput } from "../components/form-fields.js";
import { el } from "../dom.js";
import { contextIdsOfAlarm } from "./alarms.js";
import { DAYS, dayName } from "./moments.js";
import { contextIdsOf, setOptions, targets, targetsWith, topicOf } from "./targets.js";
import { idOf } from "../library/item-kinds.js";

/** @import { AlarmInfo, MusicSource } from "../../client/messages.js" */
/** @import { LibraryItem } from "../../client/results.js" */
/** @import { Context } from "../context.js" */

const DEFAULT_TIME = "07:00";
const DEFAULT_VOLUME_PERCENT = 40;
const MAX_ITEMS = 200;
const KEEP = "keep";
const SEARCH = "search";
const FAVOURITES = "favourites";

/**
 * @param {Context} context
 * @param {AlarmInfo | null} alarm null adds one
 * @param {string} [topic] of the player or room that is preselected
 */
export function openAlarmDialog(context, alarm, topic) {
  const { actions, app, language, localize } = context;
  const { state } = app.store;
  const time = textInput(alarm?.time.slice(0, 5) ?? DEFAULT_TIME, { type: "time", required: "" });
  const name = textInput(alarm?.name ?? "", { maxlength: "100" });
  const current = alarm && contextIdsOfAlarm(alarm);
  const preselected = current ? topicOf(current) : topic;
  const target = select("", []);
  setOptions(target, current ? targetsWith(state, current) : targets(state), preselected);
  const days = DAYS.map((day) => ({
    day,
    ...checkbox(dayName(day, language, "long"), alarm?.days.includes(day) ?? false),
  }));
  const volume = numberInput(Math.round(100 * (alarm?.volume ?? DEFAULT_VOLUME_PERCENT / 100)), { min: 0, max: 100 });
  const fade = numberInput(alarm?.fade_seconds ?? 30, { min: 0, max: 600 });
  const snooze = numberInput(alarm?.snooze_minutes ?? 9, { min: 1, max: 60 });
  const query = textInput("", { maxlength: "500" });
  const queryField = field(localize("alarm_query"), query);
  /** @type {[string, string][]} */
  const choices = [
    ...(alarm?.sources.length ? [/** @type {[string, string]} */ ([KEEP, keptText(alarm.sources, context)])] : []),
    [FAVOURITES, localize("alarm_favourites")],
    [SEARCH, localize("alarm_search")],
  ];
  const music = select(choices[0]?.[0] ?? FAVOURITES, choices);
  const showQuery = () => {
    queryField.hidden = music.value !== SEARCH;
    query.required = music.value === SEARCH;
  };
  music.addEventListener("change", showQuery);
  showQuery();
  void addItems(context, music, choices);

  const save = () => {
    const sources = sourcesOf(music, query.value.trim());
    return actions.send({
      type: "household_command",
      action: "save_alarm",
      ...(alarm ? { alarm_id: alarm.alarm_id } : {}),
      // The hub refuses a room that the user may not see, even if the alarm already rings there.
      ...(alarm && target.value === preselected ? {} : contextIdsOf(target.value)),
      time: time.value,
      ...(name.value.trim() ? { name: name.value.trim() } : {}),
      days: days.filter(({ input }) => input.checked).map(({ day }) => day),
      volume: volume.valueAsNumber / 100,
      fade_seconds: fade.valueAsNumber,
      snooze_minutes: snooze.valueAsNumber,
      ...(alarm ? {} : { enabled: true }),
      ...(sources ? { sources } : {}),
    });
  };
  openFormDialog(context, {
    id: "alarm-form",
    title: localize(alarm ? "edit_alarm" : "add_alarm"),
    fields: [
      field(localize("alarm_time"), time),
      el(
        "fieldset",
        { class: "days" },
        el("legend", { text: localize("alarm_days") }),
        ...days.map(({ element }) => element),
      ),
      field(localize("alarm_target"), target),
      field(localize("alarm_music"), music, localize("alarm_tone_hint")),
      queryField,
      field(localize("alarm_volume"), volume),
      field(localize("alarm_fade"), fade),
      field(localize("alarm_snooze_minutes"), snooze),
      field(localize("alarm_name"), name),
    ],
    save,
    remove: alarm && {
      text: localize("alarm_delete"),
      run: () => actions.send({ type: "household_command", action: "delete_alarm", alarm_id: alarm.alarm_id }),
    },
  });
}

/**
 * @param {Context} context
 * @param {HTMLSelectElement} music
 * @param {[string, string][]} choices
 */
async function addItems({ actions }, music, choices) {
  const [playlists, stations] = await Promise.all([
    actions.library("get_playlists", { limit: MAX_ITEMS }),
    actions.library("get_stations", { limit: MAX_ITEMS }),
  ]);
  /** @type {(items: LibraryItem[] | undefined, kind: "playlist" | "station") => [string, string][]} */
  const options = (items, kind) => (items ?? []).map((item) => [`${kind}/${idOf(kind, item)}`, item.name ?? ""]);
  setOptions(music, [...choices, ...options(stations?.items, "station"), ...options(playlists?.items, "playlist")]);
}

/**
 * @param {HTMLSelectElement} music
 * @param {string} query
 * @returns {MusicSource[] | null} null keeps the sources
 */
function sourcesOf(music, query) {
  const title = music.selectedOptions[0]?.text;
  const favourites = /** @type {MusicSource} */ ({ kind: "favourites" });
  switch (music.value) {
    case KEEP:
      return null;
    case FAVOURITES:
      return [favourites];
    case SEARCH:
      return [{ query }, favourites];
    default: {
      const [kind, id] = music.value.split("/");
      return [{ kind: kind === "station" ? kind : "playlist", id, title }, favourites];
    }
  }
}

/**
 * @param {readonly MusicSource[]} sources
 * @param {Context} context
 */
function keptText([first], { localize }) {
  const name = first?.title ?? first?.query ?? first?.media_content_id;
  return name ?? localize(first?.kind === "favourites" ? "alarm_favourites" : "alarm_keep_music");
}
