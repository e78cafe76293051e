/**
 * Runs on every page of Home Assistant: registers the card, and starts the player again after a reload, if the user switched it
 * on before. Everything else is fetched when it is needed.
 */
import { registerCard } from "./card/moosicbox-card.js";
import { isPlayerEnabled } from "./player/player-enabled.js";

async function resumePlayer() {
  const { getApp } = await import("./app/app.js");
  const app = await getApp();
  await app.resumePlayer();
}

registerCard();
if (isPlayerEnabled()) {
  void resumePlayer();
}
