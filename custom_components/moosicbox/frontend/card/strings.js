/** What the card's editor says. It is asked at once, so these few words come with the card itself. */

const STRINGS = {
  en: {
    description: "What a player or a room plays, with its controls and queue",
    entity: "Player or room",
    show_queue: "Show the queue",
  },
  de: {
    description: "Was ein Player oder Raum spielt, mit Steuerung und Warteschlange",
    entity: "Player oder Raum",
    show_queue: "Warteschlange zeigen",
  },
};

/** @param {keyof typeof STRINGS.en} key */
export function cardString(key) {
  // Home Assistant keeps its user's language there.
  const language = document.documentElement.lang.split("-")[0] ?? "";
  return (language === "de" ? STRINGS.de : STRINGS.en)[key];
}
