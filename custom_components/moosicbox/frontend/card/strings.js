/** Texts of the card's editor. Home Assistant asks for them synchronously, so they are part of the card's module. */

const STRINGS = {
  en: {
    description: "What a player or a room plays, with its controls and queue",
    entity: "Player or room",
    show_queue: "Show the queue",
    show_lyrics: "Show lyrics",
  },
  de: {
    description: "Was ein Player oder Raum spielt, mit Steuerung und Warteschlange",
    entity: "Player oder Raum",
    show_queue: "Warteschlange zeigen",
    show_lyrics: "Songtext zeigen",
  },
};

/** @param {keyof typeof STRINGS.en} key */
export function cardString(key) {
  // Home Assistant sets the document's language to that of the user.
  const language = document.documentElement.lang.split("-")[0] ?? "";
  return (language === "de" ? STRINGS.de : STRINGS.en)[key];
}
