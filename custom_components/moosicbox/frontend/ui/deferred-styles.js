/** Styles of the views that are fetched when they are first shown: player, lists, rooms, dialogs. */

export const deferredStyles = new CSSStyleSheet();

deferredStyles.replaceSync(`
.player { --tint: transparent; display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; padding: 20px; background: linear-gradient(color-mix(in srgb, var(--tint) 26%, var(--card)), var(--card) 78%); }
/* The hue of the artwork, with a lightness that is neither too dark nor too bright. */
.player { --glow: oklch(from var(--tint) clamp(0.55, l, 0.75) c h); background: linear-gradient(color-mix(in oklab, var(--glow) 42%, var(--card)), var(--card) 82%); }
.artwork { position: relative; aspect-ratio: 1; width: 100%; max-width: min(440px, 46vh); justify-self: center; display: grid; place-items: center; overflow: hidden; border-radius: calc(var(--radius) - 2px); background: var(--soft); color: var(--text-2); }
.artwork svg { width: 34%; height: 34%; opacity: 0.5; }
.artwork img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover; }
.artwork[data-missing] img { display: none; }
/* The player fits the window: everything but the artwork has this height. */
.stage .player > .artwork { max-width: clamp(160px, 100dvh - 496px, 480px); }
.stage .player:has(.vote:not([hidden])) > .artwork { max-width: clamp(140px, 100dvh - 560px, 480px); }
@media (max-width: 869px) {
  .guest .setup:not([hidden]) ~ .lazy .player.player > .artwork { max-width: clamp(140px, 100dvh - 620px, 480px); }
  .guest .setup:not([hidden]) ~ .lazy .player.player:has(.controls[hidden]) > .artwork { max-width: clamp(140px, 100dvh - 500px, 480px); }
}
.player > .artwork:not([data-missing]) { box-shadow: 0 8px 32px rgba(0, 0, 0, 0.24); }
.player > .artwork[data-missing] { max-width: min(180px, 26vh); }
.thumbnail { width: 48px; max-width: none; border-radius: 6px; flex: none; }
.body { width: 100%; max-width: 640px; justify-self: center; min-width: 0; display: grid; grid-template-columns: minmax(0, 1fr); gap: 8px; align-content: center; }
.words { min-width: 0; text-align: center; }
.player-name { font-size: 14px; font-weight: 500; color: var(--text-2); }
.title { font-size: 22px; line-height: 1.25; margin-top: 4px; }
.subtitle { color: color-mix(in srgb, var(--text) 78%, transparent); min-height: 1.4em; }
.unheard { color: var(--text-2); }
.unheard:empty { display: none; }
.added-by { font-size: 14px; color: color-mix(in srgb, var(--text) 72%, transparent); }
.player .player-name { color: color-mix(in srgb, var(--text) 78%, transparent); }
.player-name, .title, .subtitle { overflow: hidden; text-overflow: ellipsis; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
.company { display: flex; flex-wrap: wrap; align-items: center; justify-content: center; gap: 4px 8px; min-height: 24px; margin-top: 4px; }
.members { display: flex; align-items: center; gap: 4px; min-height: 32px; padding: 0 4px; }
.members-list { display: flex; gap: 6px; }
.avatar.small { width: 28px; height: 28px; font-size: 13px; background: color-mix(in srgb, var(--accent) 16%, var(--card)); }
.avatar.small[data-quality]::after { width: 10px; height: 10px; }
[data-drawn]::before { content: attr(data-drawn); }
.members-more { unicode-bidi: plaintext; font-size: 13px; color: var(--text-2); }
.transport { display: grid; gap: 8px; justify-items: center; }
.controls { display: flex; align-items: center; justify-content: center; gap: clamp(0px, 2vw, 12px); }
/* Its size doesn't depend on what it contains: each second, only this row is laid out anew, not the page. */
.progress-box { contain: size layout style; height: calc(32px + 1.5em); }
.progress-box:has(> [hidden]) { height: 1.5em; }
.times { display: flex; justify-content: space-between; font-size: 13px; color: color-mix(in srgb, var(--text) 75%, transparent); font-variant-numeric: tabular-nums; }
.volume-row { display: flex; align-items: center; gap: 4px; max-width: 420px; width: 100%; justify-self: center; }
.company .icon { margin-block: -10px; }
.lyrics { width: 100%; height: clamp(180px, 100dvh - 496px, 480px); overflow: auto; overscroll-behavior: contain; scrollbar-width: thin; text-align: center; position: relative; }
.lyrics-lines { list-style: none; margin: 0; padding: 24px 8px; display: grid; gap: 4px; overflow-wrap: anywhere; line-height: 1.5; }
.lyrics-lines button { width: 100%; min-height: 32px; padding: 4px 8px; font-size: 17px; line-height: 1.4; text-align: center; color: color-mix(in srgb, var(--text) 72%, transparent); border-radius: 8px; }
.lyrics-lines button:disabled { opacity: 1; }
.lyrics-lines [aria-current] button { color: var(--text); font-weight: 700; }
.player.with-lyrics > .artwork, .player.with-chapters > .artwork { display: none; }
.speed { display: flex; gap: 8px; align-items: center; justify-self: center; font-size: 14px; color: var(--text-2); }
.speed select { min-height: 40px; padding: 4px 8px; border-radius: 8px; }
.chapters { width: 100%; display: grid; }
.chapters-steps { display: flex; justify-content: center; }
.chapters-list { list-style: none; margin: 0; padding: 4px; max-height: clamp(180px, 100dvh - 540px, 480px); overflow: auto; overscroll-behavior: contain; scrollbar-width: thin; position: relative; }
.chapters-list button { width: 100%; min-height: 44px; padding: 4px 8px; display: flex; gap: 12px; align-items: center; text-align: start; border-radius: 8px; font-size: 15px; color: var(--text); }
.chapters-list button:disabled { opacity: 1; }
.chapter-title { flex: 1; overflow-wrap: anywhere; }
.chapters-list [aria-current] button { font-weight: 700; background: color-mix(in srgb, var(--text) 10%, transparent); }
.player > .lazy { min-height: 0; }
.unavailable .artwork { opacity: 0.6; }
.unavailable .progress-row, .unavailable .transport, .unavailable .volume-row { display: none; }
.primary[aria-busy="true"] svg { animation: pulse 1.2s ease-in-out infinite; }
.first-steps { display: flex; flex-wrap: wrap; gap: 8px; justify-content: center; }
.device-footer { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 4px 12px; margin: 4px; }
.entity { font-size: 14px; color: var(--text-2); overflow-wrap: anywhere; }
.device-actions { display: flex; flex-wrap: wrap; margin-inline-start: -12px; }
.delay { margin: 4px; }
.delay summary { cursor: pointer; color: var(--text-2); font-size: 14px; min-height: 40px; align-content: center; }
.delay label { display: block; font-size: 14px; color: var(--text-2); margin: 4px 0; }
.delay-row { display: flex; flex-wrap: wrap; align-items: center; gap: 4px; margin-bottom: 8px; }
.delay-row .tonal { margin-inline-start: 8px; }
.delay-row input:not([type="range"], [type="checkbox"]) { width: 96px; text-align: center; appearance: textfield; }
.delay-row input::-webkit-inner-spin-button { display: none; }
.delay .field { margin: 8px 0; }
.output-list { display: grid; gap: 8px; margin: 8px 0; overflow-wrap: anywhere; }
.output-list li { display: grid; }
.output-list .hint { font-size: 14px; }
input[type="range"] { appearance: none; width: 100%; height: 32px; margin: 0; background: none; cursor: pointer; --fill: 0%; touch-action: none; --rail: color-mix(in srgb, var(--text) 26%, transparent); }
input[type="range"]:disabled { cursor: default; opacity: 0.5; }
input[type="range"]::-webkit-slider-runnable-track { height: 6px; border-radius: 3px; background: linear-gradient(to right, var(--accent-fill) var(--fill), var(--rail) var(--fill)); }
input[type="range"]:dir(rtl)::-webkit-slider-runnable-track { background: linear-gradient(to left, var(--accent-fill) var(--fill), var(--rail) var(--fill)); }
input[type="range"]::-webkit-slider-thumb { appearance: none; width: 16px; height: 16px; margin-top: -5px; border-radius: 50%; background: var(--accent-fill); }
input[type="range"]::-moz-range-track { height: 6px; border-radius: 3px; background: var(--rail); }
input[type="range"]::-moz-range-progress { height: 6px; border-radius: 3px; background: var(--accent-fill); }
input[type="range"]::-moz-range-thumb { width: 16px; height: 16px; border: 0; border-radius: 50%; background: var(--accent-fill); }

.page-head { display: flex; flex-wrap: wrap; align-items: center; gap: 12px; justify-content: space-between; }
.page-head h2 { font-size: 24px; }
.hint.warning { color: var(--danger); }
input[type="checkbox"] { width: 20px; height: 20px; accent-color: var(--accent-fill); flex: none; margin: 0; }
.form { display: grid; gap: 14px; }
.form.two { grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); }
.field { display: grid; gap: 4px; min-width: 0; }
.field label, .field-hint { font-size: 14px; color: var(--text-2); }
.check { display: flex; align-items: center; gap: 12px; min-height: 40px; }
.chip, .queue-count { unicode-bidi: plaintext; }
.chip { font-size: 13px; padding: 2px 10px; border-radius: 999px; background: var(--soft); color: var(--text); white-space: nowrap; }
.chip[data-role="host"], .chip[data-role="dj"] { background: color-mix(in srgb, var(--accent) 18%, transparent); color: var(--accent-text); }
.pane-head { display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 8px 12px 8px 16px; min-height: 56px; color: var(--text-2); flex: none; }
.pane-head.wrap { flex-wrap: wrap; justify-content: flex-start; }
.pane-scroll { flex: 1; min-height: 0; overflow: auto; overscroll-behavior: contain; }
.virtual-list { flex: 1; min-height: 0; overflow-y: auto; overflow-x: hidden; overscroll-behavior: contain; position: relative; }
.virtual-space { position: relative; overflow: hidden; }
.row { position: absolute; inset-inline: 0; top: 0; height: 64px; display: flex; align-items: center; padding: 0 4px; contain: layout size style; }
.row-main { flex: 1; min-width: 0; display: flex; align-items: center; gap: 12px; height: 60px; padding: 0 8px; border-radius: 8px; text-align: start; }
.row-main:disabled { opacity: 1; }
.row-words { min-width: 0; flex: 1; display: grid; }
/* Titles run in the direction of their own script, but are aligned like the rest of the page. */
.row-title, .row-subtitle { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; unicode-bidi: plaintext; text-align: -webkit-match-parent; text-align: match-parent; }
.row-subtitle { font-size: 14px; color: var(--text-2); }
.row-time { font-size: 13px; color: var(--text-2); font-variant-numeric: tabular-nums; padding: 0 4px; }
.row.current { background: color-mix(in srgb, var(--accent) 13%, var(--card)); }
.row.current .row-title { color: var(--accent-text); font-weight: 500; }
.row.over .artwork img { filter: grayscale(0.7); opacity: 0.6; }
.row.over .row-title { color: var(--text-2); }
.row-by { display: none; place-items: center; flex: none; width: 24px; height: 24px; margin-inline-start: 4px; border-radius: 50%; font-size: 12px; font-weight: 500; background: var(--soft); color: var(--text-2); }
.queue .row-main { touch-action: pan-y; }
.row.swiped { background: linear-gradient(to left, color-mix(in srgb, var(--poor) 80%, black) var(--swiped), transparent 0); }
.row.swiped > * { transform: translateX(calc(-1 * var(--swiped))); }
.row.swiped::after { content: attr(data-swipe); position: absolute; right: 16px; color: #fff; font-weight: 500; opacity: 0.7; }
.row.swiped.enough::after { opacity: 1; }
/* Rows that can't be moved keep the space of the handle, unless no row can be moved. */
.queue.fixed .handle { display: none; }
.handle.idle { visibility: hidden; }
.handle { cursor: grab; touch-action: none; width: 36px; color: var(--text-2); }
.reordering .row { transition: translate 0.16s; }
.reordering .row.dragged { transition: none; z-index: 2; background: var(--card); box-shadow: 0 4px 16px rgba(0, 0, 0, 0.35); border-radius: 8px; }
.reordering { cursor: grabbing; user-select: none; }
.cards { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr)); }
.room-card { padding: 16px; display: flex; flex-direction: column; gap: 8px; }
.room-card .card-actions { margin-top: auto; }
.room-card.joined { border-color: var(--accent-text); }
.room-title { display: flex; gap: 8px; align-items: center; }
.room-title h3 { font-size: 18px; overflow-wrap: anywhere; }
.room-title svg { width: 18px; height: 18px; color: var(--text-2); }
.household { gap: 16px; }
.household-card { padding: 16px; display: flex; flex-direction: column; gap: 12px; }
.household-card h3 { font-size: 18px; }
.plain-list { list-style: none; margin: 0; padding: 0; display: grid; gap: 4px; }
.plain-list li { display: flex; align-items: center; gap: 8px; min-height: 48px; }
.alarm-time { font-size: 24px; font-variant-numeric: tabular-nums; }
.alarm-row .row-subtitle { white-space: normal; }
.alarm-row .row-main { height: auto; min-height: 60px; }
.days { border: 0; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(140px, 1fr)); }
.days legend { font-size: 14px; color: var(--text-2); padding: 0; }
.list-text { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.card-actions { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; }
.card-actions .chip { margin-inline-end: auto; }
.person { display: flex; align-items: center; gap: 12px; min-height: 64px; padding: 6px 16px; }
.person .row-subtitle { white-space: normal; }
.person > .icon { margin-inline-end: -8px; }
.avatar { position: relative; display: grid; place-items: center; width: 40px; height: 40px; border-radius: 50%; background: color-mix(in srgb, var(--accent) 16%, transparent); color: var(--accent-text); font-weight: 500; flex: none; }
.avatar[data-quality]::after { content: ""; position: absolute; right: -1px; bottom: -1px; width: 12px; height: 12px; border-radius: 50%; border: 2px solid var(--card); background: var(--text-2); }
.avatar[data-quality="good"]::after { background: var(--good); }
.avatar[data-quality="fair"]::after { background: var(--fair); }
.avatar[data-quality="poor"]::after { background: var(--poor); }
.chat-log { padding: 12px 16px; display: flex; flex-direction: column; }
.chat-lines { display: flex; flex-direction: column; gap: 8px; margin-top: auto; }
.chat-line { align-self: flex-start; max-width: 85%; padding: 8px 12px; border-radius: 14px 14px 14px 4px; background: var(--soft); display: grid; overflow-wrap: anywhere; }
.chat-line.own { align-self: flex-end; border-radius: 14px 14px 4px 14px; background: color-mix(in srgb, var(--accent) 18%, transparent); }
.chat-line.own .chat-name { display: none; }
.chat-name { font-size: 13px; font-weight: 500; color: var(--accent-text); }
.chat-line time { font-size: 12px; color: color-mix(in srgb, var(--text) 72%, transparent); justify-self: end; }
.chat-form { display: flex; gap: 4px; padding: 8px 8px 8px 12px; border-top: 1px solid var(--line); flex: none; }
.mini { --progress: 0; position: relative; flex: none; display: flex; align-items: center; gap: 4px; padding: 4px 12px; min-height: 68px; background: var(--card); border-top: 1px solid var(--line); }
.mini::before { content: ""; position: absolute; inset: -1px 0 auto; height: 2px; background: var(--accent-text); transform: scaleX(var(--progress)); transform-origin: left; }
.dialog { width: min(520px, calc(100vw - 24px)); max-height: min(86vh, 860px); padding: 0; border: 0; border-radius: 20px; background: var(--card); color: var(--text); box-shadow: 0 8px 40px rgba(0, 0, 0, 0.4); }
.dialog::backdrop { background: rgba(0, 0, 0, 0.5); }
.dialog-body { display: flex; flex-direction: column; max-height: inherit; }
.dialog-head { display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 12px 12px 4px 24px; }
.dialog-head h2 { font-size: 20px; overflow-wrap: anywhere; }
.dialog-content { padding: 8px 24px 20px; overflow: auto; display: flex; flex-direction: column; gap: 14px; outline: none; }
.dialog-content > * { flex: none; }
.dialog-actions { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 8px; padding: 8px 24px 20px; }
.dialog-actions > :first-child:not(:last-child) { margin-inline-end: auto; }
.choices { display: grid; margin: 0 -12px; }
.choice { display: flex; align-items: center; gap: 16px; min-height: 60px; padding: 4px 12px; border-radius: 10px; text-align: start; }
.choice[aria-checked="true"] { background: color-mix(in srgb, var(--accent) 14%, transparent); }
.choice[aria-checked="true"] .row-title { color: var(--accent-text); font-weight: 500; }
.choice.away { color: var(--text-2); }
.menu-popover { position: fixed; inset: auto; margin: 0; padding: 6px; border: 1px solid var(--line); border-radius: 12px; background: var(--card); color: var(--text); box-shadow: 0 6px 24px rgba(0, 0, 0, 0.3); min-width: 200px; max-width: min(320px, calc(100vw - 16px)); }
.menu-popover button { display: flex; align-items: center; gap: 12px; width: 100%; min-height: 44px; padding: 4px 12px; border-radius: 8px; text-align: start; }
.menu-popover button:focus, .menu-popover button:hover { background: var(--hover); }
.menu-gap { width: 24px; }
.invite { display: flex; flex-direction: column; gap: 10px; align-items: center; min-height: 60px; }
.invite .qr { width: min(260px, 70vw); height: auto; border-radius: 12px; }
.invite-row { display: flex; gap: 8px; width: 100%; }
@media (max-width: 869px) {
  .stage .player { gap: 12px; padding: 16px; border: 0; border-radius: 0; box-shadow: none; background: linear-gradient(color-mix(in oklab, var(--glow) 42%, var(--back)), var(--back) 92%); }
  .stage .player .player-name { display: none; }
}
@media (max-width: 500px) {
  .pane-head.wrap { gap: 4px; }
  .pane-head.wrap .quiet svg { display: none; }
  .queue .row-time, .row-who { display: none; }
  .row-by { display: grid; }
  .times { margin-top: -4px; }
}
@keyframes pulse { 50% { opacity: 0.35; } }
`);
