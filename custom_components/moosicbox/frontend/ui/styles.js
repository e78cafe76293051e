/** Styles of all pages: Home Assistant's theme variables, light and dark, from a width of 320 pixels. */

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
  /* Home Assistant's accent has too little contrast for text, and for text on it. */
  --accent-fill: color-mix(in srgb, var(--accent) 68%, black);
  --accent-text: color-mix(in srgb, var(--accent) 62%, var(--text));
  --hover: color-mix(in srgb, currentColor 8%, transparent);
  --soft: color-mix(in srgb, var(--text) 7%, transparent);
  --danger: color-mix(in srgb, var(--error-color, #db4437) 78%, var(--text));
  --good: var(--success-color, #43a047);
  --fair: var(--warning-color, #ffa600);
  --poor: var(--error-color, #db4437);
  --radius: var(--ha-card-border-radius, 12px);
  box-sizing: border-box;
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
header h1 { font-size: 20px; margin-inline-start: 4px; flex: 0 1 auto; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
nav { display: flex; gap: 4px; margin-inline-start: 12px; }
nav a { display: flex; align-items: center; gap: 6px; min-height: 40px; padding: 0 12px; border-radius: 999px; color: inherit; text-decoration: none; }
nav a[aria-current] { background: color-mix(in srgb, currentColor 18%, transparent); font-weight: 500; }
.target { display: flex; align-items: center; gap: 8px; margin-inline-start: auto; min-width: 0; min-height: 40px; padding: 0 8px 0 12px; }
.target-name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 20vw; }

.shell { flex: 1; min-height: 0; display: flex; flex-direction: column; position: relative; }
.notices { flex: none; width: 100%; max-width: 1280px; margin: 0 auto; padding: 0 16px; }
main { flex: 1; min-height: 0; overflow: auto; overscroll-behavior: contain; }
.panel { flex: 1; min-height: 0; display: flex; flex-direction: column; }
.pane { flex: 1; min-height: 0; display: flex; flex-direction: column; position: relative; }
.name-form { width: min(420px, calc(100% - 32px)); margin: 8vh auto 0; }
.page-body { width: 100%; max-width: 1280px; margin: 0 auto; padding: 16px; display: grid; gap: 16px; grid-template-columns: minmax(0, 1fr); align-content: start; }
.hint { color: var(--text-2); max-width: 65ch; overflow-wrap: anywhere; }

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

.listen { width: 100%; height: 100%; max-width: 1280px; margin: 0 auto; padding: 16px; display: grid; gap: 0 16px; grid-template-rows: auto minmax(0, 1fr); grid-template-columns: minmax(0, 1fr); }
.listen > .join { grid-column: 1 / -1; margin: 0 0 16px; }
.stage { grid-row: 2; min-height: 0; overflow: auto; display: grid; gap: 12px; align-content: start; scrollbar-width: thin; }
.listen > .lazy { grid-row: 2; }
.side { flex: 1; min-height: 0; display: flex; flex-direction: column; overflow: hidden; }
.lazy { flex: 1; min-height: 0; display: flex; flex-direction: column; }
main > .lazy { height: 100%; }
.stage .lazy { flex: none; min-height: auto; }
.listen.first .stage { grid-column: 1 / -1; grid-row: 2 / 4; justify-items: center; }
/* Users who have a player already find the setup below it; guests find it first. */
.listen:not(.first, .guest) .setup { order: 2; }
.listen:not(.first, .guest) .stage:has(.lazy:empty:not([hidden])) .setup { display: none; }
.listen:not(.first) .setup .emblem { display: none; }
.listen.guest .setup { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 16px; align-items: center; padding: 12px 16px; }
.listen.guest .setup :is(h2, p) { grid-column: 1; text-align: start; }
.listen.guest .setup h2 { font-size: 16px; font-weight: 500; }
.listen.guest .setup p { font-size: 14px; }
.listen.guest .setup .main { grid-area: 1 / 2 / 3; min-height: 44px; margin: 0; padding: 4px 18px; }
.listen.first .setup { width: min(480px, 100% - 24px); }
:host > .lazy { flex: none; }
:host > .lazy > .empty { display: none; }
:host([data-page="listen"]) > .lazy { display: none; }
.tabs { display: flex; flex: none; overflow-x: auto; scrollbar-width: none; border-bottom: 1px solid var(--line); padding: 0 4px; }
.tabs button { border-radius: 8px 8px 0 0; min-height: 48px; padding: 0 14px; color: var(--text-2); font-weight: 500; white-space: nowrap; border-bottom: 3px solid transparent; display: flex; align-items: center; gap: 6px; flex: none; }
.tabs button[aria-selected="true"] { color: var(--accent-text); border-bottom-color: var(--accent-text); }
.tabs :focus-visible { outline-offset: -4px; }
.badge { font-size: 12px; min-width: 20px; padding: 1px 6px; border-radius: 10px; background: var(--soft); color: var(--text); text-align: center; }
.badge:empty { display: none; }

.setup { display: flex; flex-direction: column; gap: 10px; padding: 20px; }
.setup h2 { font-size: 22px; text-align: center; }
.setup p { color: var(--text-2); text-align: center; }
.setup .area { display: grid; gap: 10px; }
.setup label { font-size: 14px; color: var(--text-2); }
.setup .main { min-height: 52px; margin-top: 6px; }
.emblem { align-self: center; justify-self: center; display: grid; place-items: center; width: 80px; height: 80px; border-radius: 50%; color: var(--accent-text); background: color-mix(in srgb, var(--accent) 14%, transparent); }
.emblem svg { width: 40px; height: 40px; }
.empty { display: grid; justify-items: center; gap: 10px; padding: 40px 24px; text-align: center; color: var(--text-2); }
.empty-title { font-size: 18px; color: var(--text); }

.notice { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; margin-top: 12px; padding: 10px 16px; border-radius: var(--radius); border-inline-start: 4px solid var(--tone); background: color-mix(in srgb, var(--tone) 14%, var(--card)); --tone: var(--info-color, #039be5); }
.notice.join { justify-content: space-between; }
.notice[data-level="warning"] { --tone: var(--warning-color, #ffa600); }
.notice[data-level="error"] { --tone: var(--error-color, #db4437); }
.notice-words { flex: 1 1 220px; display: grid; gap: 2px; overflow-wrap: anywhere; }
.notice-words strong { font-weight: 500; }
.notice button { background: var(--card); border: 1px solid var(--line); min-height: 40px; padding: 4px 20px; font-weight: 500; }
.toast { position: fixed; inset-inline: 16px; bottom: calc(88px + env(safe-area-inset-bottom)); z-index: 3; width: fit-content; max-width: min(520px, calc(100vw - 32px)); margin: 0 auto; padding: 12px 18px; border-radius: 12px; background: var(--text); color: var(--back); box-shadow: 0 4px 16px rgba(0, 0, 0, 0.3); display: flex; gap: 16px; align-items: center; overflow-wrap: anywhere; }
.toast-action { color: inherit; font-weight: 500; text-decoration: underline; min-height: 32px; padding: 0 8px; }

/* On phones the name of the player takes the place of the title. */
@media (max-width: 500px) {
  header h1:has(~ .target:not([hidden])) { display: none; }
  header .target { margin-inline: auto 0; }
  header .target-name { max-width: 60vw; }
}
@media (min-width: 870px) {
  .listen { grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); }
}
@media (max-width: 869px) {
  header h1 { max-width: 40vw; }
  .target-name { max-width: 44vw; }
  nav { position: fixed; z-index: 2; inset-inline: 0; bottom: 0; margin: 0; gap: 0; height: calc(60px + env(safe-area-inset-bottom)); padding-bottom: env(safe-area-inset-bottom); background: var(--card); color: var(--text-2); border-top: 1px solid var(--line); }
  nav a { flex: 1; flex-direction: column; justify-content: center; gap: 2px; padding: 0; font-size: 12px; border-radius: 0; }
  nav a[aria-current] { background: none; color: var(--accent-text); }
  nav :focus-visible { outline-color: var(--accent-text); outline-offset: -4px; }
  :host(.with-nav) { padding-bottom: calc(60px + env(safe-area-inset-bottom)); }
  .listen { padding: 0; gap: 0; grid-template-rows: auto auto minmax(0, 1fr); }
  .listen > .join { margin: 8px; }
  .side { border: 0; border-radius: 0; box-shadow: none; }
  .listen:has([data-tab]:not([data-tab="playing"])) > .lazy { grid-row: 2 / 4; }
  .listen:has([data-tab]:not([data-tab="playing"])) .stage, .side[data-tab="playing"] .panel { display: none; }
  .stage { grid-row: 3; gap: 8px; padding-bottom: 12px; }
  .stage > :is(.setup, .lazy > .device), .stage .device { margin-inline: 12px; }
  .stage > .setup { margin: 12px 12px 0; }
  .listen .tabs button { flex: 1 0 auto; justify-content: center; padding: 0 8px; font-size: 15px; gap: 4px; }
}
@media (prefers-reduced-motion: reduce) { *, *::before { animation: none !important; transition: none !important; scroll-behavior: auto !important; } }
`);
