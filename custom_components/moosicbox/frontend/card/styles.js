/** Styles of the card, where they differ from those of the pages. */

export const cardStyles = new CSSStyleSheet();

cardStyles.replaceSync(`
:host { display: block; height: 100%; background: none; }
ha-card { height: 100%; overflow: hidden; container-type: inline-size; }
.frame, .shell { height: 100%; }
.shell main { overflow: hidden; height: 100%; }
.moosicbox-card { height: 100%; display: flex; flex-direction: column; overflow-y: auto; }
.moosicbox-card .player { border: 0; border-radius: 0; background: linear-gradient(color-mix(in srgb, var(--tint) 26%, var(--card)), var(--card) 78%); }
.moosicbox-card.with-queue .player { flex: none; }
.moosicbox-card .queue { border-top: 1px solid var(--line); min-height: 240px; }
.moosicbox-card .lyrics { height: 240px; }
.moosicbox-card .controls { gap: 2px; }
.moosicbox-card .primary { width: 56px; height: 56px; }
.card-hint { padding: 20px; }
.toast { position: absolute; bottom: 12px; }
/* The queue needs the height that a large picture would take. */
@container (max-width: 419.9px) {
  .moosicbox-card.with-queue .player { grid-template-columns: 72px minmax(0, 1fr); padding: 16px; gap: 12px 16px; align-items: center; }
  .moosicbox-card.with-queue .player > :not(.artwork) { grid-column: 1 / -1; }
  .moosicbox-card.with-queue .body { display: contents; }
  .moosicbox-card.with-queue .body > :not(.words) { grid-column: 1 / -1; }
  .moosicbox-card.with-queue .words { text-align: start; }
  .moosicbox-card.with-queue .company { justify-content: flex-start; }
}
@container (max-width: 259.9px) {
  .moosicbox-card.with-queue .player > .artwork { display: none; }
  .moosicbox-card.with-queue .words { grid-column: 1 / -1; text-align: center; }
  .moosicbox-card.with-queue .company { justify-content: center; }
}
@container (min-width: 420px) {
  .moosicbox-card .player { grid-template-columns: minmax(96px, 34%) minmax(0, 1fr); align-items: center; }
  .moosicbox-card .player > .artwork { max-width: none; }
  .moosicbox-card .player.with-lyrics > .artwork { display: grid; }
  .moosicbox-card .player > .lazy { grid-column: 1 / -1; order: 1; }
  .moosicbox-card .words { text-align: start; }
  .moosicbox-card .company { justify-content: flex-start; }
}
`);
