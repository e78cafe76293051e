/** Styles of the card, where they differ from those of the pages. */

export const cardStyles = new CSSStyleSheet();

cardStyles.replaceSync(`
:host { display: block; height: 100%; background: none; }
ha-card { height: 100%; overflow: hidden; container-type: inline-size; }
.frame, .shell { height: 100%; }
.shell main { overflow: hidden; height: 100%; }
.moosicbox-card { height: 100%; display: flex; flex-direction: column; }
.moosicbox-card .player { border: 0; border-radius: 0; background: linear-gradient(color-mix(in srgb, var(--tint) 26%, var(--card)), var(--card) 78%); }
.moosicbox-card .queue { border-top: 1px solid var(--line); min-height: 240px; }
.moosicbox-card .lyrics { height: 240px; }
.moosicbox-card .controls { gap: 2px; }
.moosicbox-card .primary { width: 56px; height: 56px; }
.card-hint { padding: 20px; }
.toast { position: absolute; bottom: 12px; }
@container (min-width: 420px) {
  .moosicbox-card .player { grid-template-columns: minmax(96px, 34%) minmax(0, 1fr); align-items: center; }
  .moosicbox-card .player > .artwork { max-width: none; }
  .moosicbox-card .player.with-lyrics > .artwork { display: grid; }
  .moosicbox-card .player > .lazy { grid-column: 1 / -1; order: 1; }
  .moosicbox-card .words { text-align: start; }
  .moosicbox-card .company { justify-content: flex-start; }
}
`);
