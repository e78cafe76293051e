/** How it looks: Home Assistant's theme variables, light and dark, from 320 pixels up. */

export const styles = new CSSStyleSheet();

styles.replaceSync(`
:host {
  --accent: var(--primary-color, #03a9f4);
  --on-accent: var(--text-primary-color, #fff);
  --text: var(--primary-text-color, #212121);
  --text-2: var(--secondary-text-color, #5e5e5e);
  --card: var(--ha-card-background, var(--card-background-color, #fff));
  --back: var(--primary-background-color, #fafafa);
  --line: var(--divider-color, rgba(0, 0, 0, 0.12));
  /* Home Assistant's own accent is too pale for words, and for words on it. */
  --accent-fill: color-mix(in srgb, var(--accent) 68%, black);
  --accent-text: color-mix(in srgb, var(--accent) 62%, var(--text));
  --hover: color-mix(in srgb, currentColor 8%, transparent);
  --soft: color-mix(in srgb, var(--text) 7%, transparent);
  --danger: color-mix(in srgb, var(--error-color, #db4437) 78%, var(--text));
  --good: var(--success-color, #43a047);
  --fair: var(--warning-color, #ffa600);
  --poor: var(--error-color, #db4437);
  --radius: var(--ha-card-border-radius, 12px);
  display: flex;
  flex-direction: column;
  height: 100vh;
  height: 100dvh;
  background: var(--back);
  color: var(--text);
  font-family: var(--ha-font-family-body, Roboto, Noto, system-ui, sans-serif);
  font-size: 16px;
  line-height: 1.4;
  -webkit-text-size-adjust: 100%;
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
h1, h2, h3, p, ul { margin: 0; padding: 0; font-weight: 400; }
ul { list-style: none; }
button, input, select { font: inherit; color: inherit; }
svg { width: 24px; height: 24px; fill: currentColor; display: block; flex: none; }
a { color: var(--accent-text); }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

header { display: flex; align-items: center; gap: 4px 12px; min-height: var(--header-height, 56px); padding: 0 12px; padding-top: env(safe-area-inset-top); background: var(--app-header-background-color, var(--accent)); color: var(--app-header-text-color, #fff); border-bottom: var(--app-header-border-bottom, none); flex: none; }
header h1 { font-size: 20px; margin-inline-start: 4px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
nav { display: flex; gap: 4px; margin-inline-start: 12px; }
nav a { display: flex; align-items: center; gap: 8px; min-height: 40px; padding: 0 14px; border-radius: 999px; color: inherit; text-decoration: none; }
nav a[aria-current] { background: color-mix(in srgb, currentColor 18%, transparent); font-weight: 500; }
.target { display: flex; align-items: center; gap: 8px; margin-inline-start: auto; min-width: 0; min-height: 40px; padding: 0 8px 0 12px; }
.target-name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 30vw; }

.shell { flex: 1; min-height: 0; display: flex; flex-direction: column; position: relative; }
.notices { flex: none; width: 100%; max-width: 1280px; margin: 0 auto; padding: 0 16px; }
main { flex: 1; min-height: 0; overflow: auto; overscroll-behavior: contain; }
main > .lazy { height: 100%; }
.page-body { max-width: 1280px; margin: 0 auto; padding: 16px; display: grid; gap: 16px; grid-template-columns: minmax(0, 1fr); align-content: start; }
.page-head { display: flex; flex-wrap: wrap; align-items: center; gap: 12px; justify-content: space-between; }
.page-head h2 { font-size: 24px; }
.hint { color: var(--text-2); max-width: 65ch; overflow-wrap: anywhere; }
.hint.warning { color: var(--danger); }

.card { background: var(--card); border: var(--ha-card-border-width, 1px) solid var(--ha-card-border-color, var(--line)); border-radius: var(--radius); box-shadow: var(--ha-card-box-shadow, none); }
button { border: 0; background: none; cursor: pointer; border-radius: 999px; -webkit-tap-highlight-color: transparent; touch-action: manipulation; }
button:disabled { cursor: default; opacity: 0.4; }
button.icon { display: grid; place-items: center; width: 44px; height: 44px; flex: none; }
button.main, button.tonal, button.quiet { display: inline-flex; align-items: center; justify-content: center; gap: 8px; font-weight: 500; }
button.main { background: var(--accent-fill); color: #fff; min-height: 44px; padding: 8px 24px; }
button.main.danger { background: color-mix(in srgb, var(--poor) 80%, black); }
button.tonal { background: color-mix(in srgb, var(--accent) 16%, transparent); color: var(--accent-text); min-height: 40px; padding: 4px 18px; }
button.quiet { color: var(--accent-text); min-height: 40px; padding: 4px 12px; }
button.quiet.danger { color: var(--danger); }
button.primary { background: var(--accent-fill); color: #fff; width: 64px; height: 64px; }
button.primary svg { width: 32px; height: 32px; }
button[aria-pressed="true"] { color: var(--accent-text); background: color-mix(in srgb, var(--accent) 16%, transparent); }
:focus-visible { outline: 2px solid var(--accent-text); outline-offset: 2px; }
header :focus-visible { outline-color: currentColor; }
@media (hover: hover) {
  button.icon:not(.primary):hover:enabled, button.quiet:hover:enabled, .target:hover, nav a:hover, .row-main:hover:enabled, .choice:hover { background-color: var(--hover); }
  button.main:hover:enabled, button.primary:hover:enabled { filter: brightness(1.1); }
}
input:not([type="range"], [type="checkbox"]), select { width: 100%; min-height: 44px; padding: 8px 14px; border: 1px solid color-mix(in srgb, var(--text) 45%, transparent); border-radius: 10px; background: var(--card); color: var(--text); }
input::placeholder { color: var(--text-2); opacity: 1; }
input[type="checkbox"] { width: 20px; height: 20px; accent-color: var(--accent-fill); flex: none; margin: 0; }
.form { display: grid; gap: 14px; }
.form.two { grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); }
.field { display: grid; gap: 4px; min-width: 0; }
.field label, .field-hint { font-size: 14px; color: var(--text-2); }
.check { display: flex; align-items: center; gap: 12px; min-height: 40px; }
.chip { font-size: 13px; padding: 2px 10px; border-radius: 999px; background: var(--soft); color: var(--text); white-space: nowrap; }
.chip[data-role="host"], .chip[data-role="dj"] { background: color-mix(in srgb, var(--accent) 18%, transparent); color: var(--accent-text); }

.listen { height: 100%; max-width: 1280px; margin: 0 auto; padding: 16px; display: grid; gap: 0 16px; grid-template-rows: auto minmax(0, 1fr); grid-template-columns: minmax(0, 1fr); }
.listen > .join { grid-column: 1 / -1; margin: 0 0 16px; }
.stage { grid-row: 2; min-height: 0; overflow: auto; display: grid; gap: 12px; align-content: start; scrollbar-width: thin; }
.side { grid-row: 2; min-height: 0; display: flex; flex-direction: column; overflow: hidden; }
.panel { flex: 1; min-height: 0; display: flex; flex-direction: column; }
.lazy { flex: 1; min-height: 0; display: flex; flex-direction: column; }
.pane { flex: 1; min-height: 0; display: flex; flex-direction: column; position: relative; }
.pane-head { display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 8px 12px 8px 16px; min-height: 56px; color: var(--text-2); flex: none; }
.pane-head.wrap { flex-wrap: wrap; justify-content: flex-start; }
.pane-scroll { flex: 1; min-height: 0; overflow: auto; overscroll-behavior: contain; }
.tabs { display: flex; flex: none; overflow-x: auto; scrollbar-width: none; border-bottom: 1px solid var(--line); padding: 0 4px; }
.tabs button { border-radius: 8px 8px 0 0; min-height: 48px; padding: 0 14px; color: var(--text-2); font-weight: 500; white-space: nowrap; border-bottom: 3px solid transparent; display: flex; align-items: center; gap: 6px; flex: none; }
.tabs button[aria-selected="true"] { color: var(--accent-text); border-bottom-color: var(--accent-text); }
.tabs :focus-visible { outline-offset: -4px; }
.badge { font-size: 12px; min-width: 20px; padding: 1px 6px; border-radius: 10px; background: var(--soft); color: var(--text); text-align: center; }
.badge:empty { display: none; }

.setup { display: flex; flex-direction: column; gap: 10px; padding: 20px; }
.setup h2 { font-size: 22px; text-align: center; }
.setup p { color: var(--text-2); text-align: center; }
.setup label { font-size: 14px; color: var(--text-2); }
.setup .main { min-height: 52px; margin-top: 6px; }
.entrance { width: min(420px, calc(100% - 32px)); margin: 8vh auto 0; }
.emblem { align-self: center; justify-self: center; display: grid; place-items: center; width: 80px; height: 80px; border-radius: 50%; color: var(--accent-text); background: color-mix(in srgb, var(--accent) 14%, transparent); }
.emblem svg { width: 40px; height: 40px; }
.empty { display: grid; justify-items: center; gap: 10px; padding: 40px 24px; text-align: center; color: var(--text-2); }
.empty-title { font-size: 18px; color: var(--text); }

.player { --tint: transparent; display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; padding: 20px; background: linear-gradient(color-mix(in srgb, var(--tint) 26%, var(--card)), var(--card) 78%); transition: background 0.4s; }
.artwork { position: relative; aspect-ratio: 1; width: 100%; max-width: min(400px, 42vh); justify-self: center; display: grid; place-items: center; overflow: hidden; border-radius: calc(var(--radius) - 2px); background: var(--soft); color: var(--text-2); }
.artwork svg { width: 34%; height: 34%; opacity: 0.5; }
.artwork img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover; }
.artwork[data-missing] img { display: none; }
.player > .artwork[data-missing] { max-width: min(180px, 26vh); }
.thumbnail { width: 48px; max-width: none; border-radius: 6px; flex: none; }
.body { min-width: 0; display: grid; grid-template-columns: minmax(0, 1fr); gap: 8px; align-content: center; }
.words { min-width: 0; text-align: center; }
.player-name { font-size: 14px; font-weight: 500; color: var(--text-2); }
.title { font-size: 22px; line-height: 1.25; margin-top: 4px; }
.subtitle { color: color-mix(in srgb, var(--text) 78%, transparent); min-height: 1.4em; }
.added-by { font-size: 14px; color: color-mix(in srgb, var(--text) 72%, transparent); }
.player .player-name { color: color-mix(in srgb, var(--text) 78%, transparent); }
.player-name, .title, .subtitle { overflow: hidden; text-overflow: ellipsis; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
.transport { display: grid; gap: 8px; justify-items: center; }
.controls { display: flex; align-items: center; justify-content: center; gap: clamp(0px, 2vw, 12px); }
.times { display: flex; justify-content: space-between; font-size: 13px; color: color-mix(in srgb, var(--text) 75%, transparent); font-variant-numeric: tabular-nums; }
.volume-row { display: flex; align-items: center; gap: 4px; max-width: 420px; width: 100%; justify-self: center; }
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
.delay input { max-width: 160px; }

input[type="range"] { appearance: none; width: 100%; height: 32px; margin: 0; background: none; cursor: pointer; --fill: 0%; touch-action: none; --rail: color-mix(in srgb, var(--text) 26%, transparent); }
input[type="range"]:disabled { cursor: default; opacity: 0.5; }
input[type="range"]::-webkit-slider-runnable-track { height: 6px; border-radius: 3px; background: linear-gradient(to right, var(--accent-fill) var(--fill), var(--rail) var(--fill)); }
input[type="range"]:dir(rtl)::-webkit-slider-runnable-track { background: linear-gradient(to left, var(--accent-fill) var(--fill), var(--rail) var(--fill)); }
input[type="range"]::-webkit-slider-thumb { appearance: none; width: 16px; height: 16px; margin-top: -5px; border-radius: 50%; background: var(--accent-fill); }
input[type="range"]::-moz-range-track { height: 6px; border-radius: 3px; background: var(--rail); }
input[type="range"]::-moz-range-progress { height: 6px; border-radius: 3px; background: var(--accent-fill); }
input[type="range"]::-moz-range-thumb { width: 16px; height: 16px; border: 0; border-radius: 50%; background: var(--accent-fill); }

.virtual-list { flex: 1; min-height: 0; overflow-y: auto; overflow-x: hidden; overscroll-behavior: contain; position: relative; }
.virtual-space { position: relative; overflow: hidden; }
.row { position: absolute; inset-inline: 0; top: 0; height: 64px; display: flex; align-items: center; padding: 0 4px; contain: layout style; }
.row-main { flex: 1; min-width: 0; display: flex; align-items: center; gap: 12px; height: 60px; padding: 0 8px; border-radius: 8px; text-align: start; }
.row-main:disabled { opacity: 1; }
.row-words { min-width: 0; flex: 1; display: grid; }
.row-title, .row-subtitle { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; unicode-bidi: plaintext; text-align: start; }
.row-subtitle { font-size: 14px; color: var(--text-2); }
.row-time { font-size: 13px; color: var(--text-2); font-variant-numeric: tabular-nums; padding: 0 4px; }
.row.current { background: color-mix(in srgb, var(--accent) 13%, var(--card)); }
.row.current .row-title { color: var(--accent-text); font-weight: 500; }
.row.over .artwork img { filter: grayscale(0.7); opacity: 0.6; }
.row.over .row-title { color: var(--text-2); }
.handle { cursor: grab; touch-action: none; width: 36px; color: var(--text-2); }
.reordering .row { transition: translate 0.16s; }
.reordering .row.dragged { transition: none; z-index: 2; background: var(--card); box-shadow: 0 4px 16px rgba(0, 0, 0, 0.35); border-radius: 8px; }
.reordering { cursor: grabbing; user-select: none; }

.cards { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr)); }
.room-card { padding: 16px; display: grid; gap: 8px; grid-template-columns: minmax(0, 1fr); align-content: space-between; }
.room-card.joined { border-color: var(--accent-text); }
.room-title { display: flex; gap: 8px; align-items: center; }
.room-title h3 { font-size: 18px; overflow-wrap: anywhere; }
.room-title svg { width: 18px; height: 18px; color: var(--text-2); }
.card-actions { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; }
.card-actions .chip { margin-inline-end: auto; }

.person { display: flex; align-items: center; gap: 12px; min-height: 64px; padding: 4px 8px 4px 16px; }
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

.mini { flex: none; display: flex; align-items: center; gap: 4px; padding: 4px 12px; min-height: 68px; background: var(--card); border-top: 1px solid var(--line); }
:host([data-page="listen"]) .mini { display: none; }

.dialog { width: min(520px, calc(100vw - 24px)); max-height: min(86vh, 860px); padding: 0; border: 0; border-radius: 20px; background: var(--card); color: var(--text); box-shadow: 0 8px 40px rgba(0, 0, 0, 0.4); }
.dialog::backdrop { background: rgba(0, 0, 0, 0.5); }
.dialog-body { display: flex; flex-direction: column; max-height: inherit; }
.dialog-head { display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 12px 12px 4px 24px; }
.dialog-head h2 { font-size: 20px; overflow-wrap: anywhere; }
.dialog-content { padding: 8px 24px 20px; overflow: auto; display: grid; gap: 14px; grid-template-columns: minmax(0, 1fr); outline: none; }
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
.invite { display: grid; gap: 10px; justify-items: center; min-height: 60px; }
.invite .qr { width: min(260px, 70vw); height: auto; border-radius: 12px; }
.invite-row { display: flex; gap: 8px; width: 100%; }

.notice { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; margin-top: 12px; padding: 10px 16px; border-radius: var(--radius); border-inline-start: 4px solid var(--tone); background: color-mix(in srgb, var(--tone) 14%, var(--card)); --tone: var(--info-color, #039be5); }
.notice.join { justify-content: space-between; }
.notice[data-level="warning"] { --tone: var(--warning-color, #ffa600); }
.notice[data-level="error"] { --tone: var(--error-color, #db4437); }
.notice-words { flex: 1 1 220px; display: grid; gap: 2px; overflow-wrap: anywhere; }
.notice-words strong { font-weight: 500; }
.notice button { background: var(--card); border: 1px solid var(--line); min-height: 40px; padding: 4px 20px; font-weight: 500; }
.toast { position: fixed; inset-inline: 16px; bottom: calc(88px + env(safe-area-inset-bottom)); z-index: 3; width: fit-content; max-width: min(520px, calc(100vw - 32px)); margin: 0 auto; padding: 12px 18px; border-radius: 12px; background: var(--text); color: var(--back); box-shadow: 0 4px 16px rgba(0, 0, 0, 0.3); display: flex; gap: 16px; align-items: center; overflow-wrap: anywhere; }
.toast-action { color: inherit; font-weight: 500; text-decoration: underline; min-height: 32px; padding: 0 8px; }

@media (min-width: 870px) {
  .listen { grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); }
}
@media (max-width: 869px) {
  header h1 { flex: none; max-width: 40vw; }
  nav { position: fixed; z-index: 2; inset-inline: 0; bottom: 0; margin: 0; gap: 0; height: calc(60px + env(safe-area-inset-bottom)); padding-bottom: env(safe-area-inset-bottom); background: var(--card); color: var(--text-2); border-top: 1px solid var(--line); }
  nav a { flex: 1; flex-direction: column; justify-content: center; gap: 2px; padding: 0; font-size: 12px; border-radius: 0; }
  nav a[aria-current] { background: none; color: var(--accent-text); }
  nav :focus-visible { outline-color: var(--accent-text); outline-offset: -4px; }
  :host(.with-nav) { padding-bottom: calc(60px + env(safe-area-inset-bottom)); }
  .listen { padding: 0; gap: 0; grid-template-rows: auto auto minmax(0, 1fr); }
  .listen > .join { margin: 8px; }
  .side { grid-row: 2; border: 0; border-radius: 0; box-shadow: none; }
  .listen:not([data-tab="playing"]) .side { grid-row: 2 / 4; }
  .listen:not([data-tab="playing"]) .stage, .listen[data-tab="playing"] .panel { display: none; }
  .stage { grid-row: 3; padding: 12px; }
  .tabs button { flex: 1 0 auto; justify-content: center; padding: 0 7px; font-size: 15px; gap: 4px; }
}
@media (max-width: 869px) and (max-height: 620px) {
  .artwork:not(.thumbnail) { max-width: 26vh; }
}
@keyframes pulse { 50% { opacity: 0.35; } }
@media (prefers-reduced-motion: reduce) { *, *::before { animation: none !important; transition: none !important; scroll-behavior: auto !important; } }
`);
