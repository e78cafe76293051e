/**
 * Runs on every page of Home Assistant: makes the card known, and a browser that was made a player one again after a
 * reload, wherever that was. Everything else is fetched by who needs it.
 */
import { registerCard } from "./card/moosicbox-card.js";
import { isPlayerEnabled } from "./app/player-enabled.js";

registerCard();
if (isPlayerEnabled()) {
  import("./app/app.js").then(({ getApp }) => getApp()).then((app) => app.resume());
}
