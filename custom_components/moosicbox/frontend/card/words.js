/** What the card's editor says. It is asked at once, so these few words come with the card itself. */

const WORDS = {
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

/** @param {keyof typeof WORDS.en} key */
export function word(key) {
  // Home Assistant keeps its user's language there.
  const language = document.documentElement.lang.split("-")[0] ?? "";
  return (language === "de" ? WORDS.de : WORDS.en)[key];
}
