/**
 * Runs on every page of Home Assistant: makes the card known, and a browser that was made a player one again after a
 * reload, wherever that was. Everything else is fetched by who needs it.
 */
import { registerCard } from "./card/moosicbox-card.js";
import { wasMadePlayer } from "./app/was-made-player.js";

registerCard();
if (wasMadePlayer()) {
  import("./app/app.js").then(({ getApp }) => getApp()).then((app) => app.resume());
}
