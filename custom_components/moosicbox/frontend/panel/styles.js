/** How it looks: Home Assistant's theme variables, light and dark, from 320 pixels up. */

export const styles = new CSSStyleSheet();

styles.replaceSync(`
:host {
  --accent: var(--primary-color, #03a9f4);
  --on-accent: var(--text-primary-color, #fff);
  /* Home Assistant's own accent is too pale for words. */
  --accent-fill: color-mix(in srgb, var(--accent) 78%, black);
  --accent-text: color-mix(in srgb, var(--accent) 68%, var(--text));
  --card: var(--ha-card-background, var(--card-background-color, #fff));
  --text: var(--primary-text-color, #212121);
  --text-2: var(--secondary-text-color, #5e5e5e);
  --line: var(--divider-color, rgba(0, 0, 0, 0.12));
  --radius: var(--ha-card-border-radius, 12px);
  display: flex;
  flex-direction: column;
  min-height: 100%;
  background: var(--primary-background-color, #fafafa);
  color: var(--text);
  font-family: var(--ha-font-family-body, Roboto, Noto, sans-serif);
  line-height: 1.4;
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
h1, h2, p { margin: 0; }
button, input { font: inherit; color: inherit; }
svg { width: 24px; height: 24px; fill: currentColor; display: block; flex: none; }

header {
  position: sticky;
  top: 0;
  z-index: 2;
  display: flex;
  align-items: center;
  height: var(--header-height, 56px);
  padding: 0 12px;
  background: var(--app-header-background-color, var(--accent));
  color: var(--app-header-text-color, #fff);
  border-bottom: var(--app-header-border-bottom, none);
}
header h1 { font-size: 20px; font-weight: 400; margin-inline-start: 12px; }

main { flex: 1; width: 100%; max-width: 1080px; margin: 0 auto; padding: 16px; }
.columns { display: grid; gap: 16px 24px; align-items: start; }
.column { min-width: 0; }
.section-title { font-size: 14px; font-weight: 500; color: var(--text-2); margin: 8px 4px; }
.hint { color: var(--text-2); margin: 12px 4px; max-width: 60ch; overflow-wrap: anywhere; }

.card {
  background: var(--card);
  border: var(--ha-card-border-width, 1px) solid var(--ha-card-border-color, var(--line));
  border-radius: var(--radius);
  box-shadow: var(--ha-card-box-shadow, none);
}

button { border: 0; background: none; cursor: pointer; border-radius: 999px; -webkit-tap-highlight-color: transparent; }
button:disabled { cursor: default; opacity: 0.4; }
button.icon { display: grid; place-items: center; width: 48px; height: 48px; flex: none; }
button.main { background: var(--accent-fill); color: var(--on-accent); font-size: 16px; font-weight: 500; min-height: 52px; padding: 8px 24px; }
button.quiet { color: var(--accent-text); min-height: 40px; padding: 4px 12px; font-weight: 500; }
button.primary { background: var(--accent); color: var(--on-accent); width: 64px; height: 64px; }
button.primary svg { width: 32px; height: 32px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
header :focus-visible { outline-color: currentColor; }
@media (hover: hover) {
  button.icon:not(.primary):hover:enabled, button.quiet:hover:enabled { background: color-mix(in srgb, currentColor 8%, transparent); }
  button.main:hover:enabled, button.primary:hover:enabled { filter: brightness(1.08); }
}

.setup { display: flex; flex-direction: column; align-items: stretch; gap: 12px; padding: 24px; }
.setup h2 { font-size: 24px; font-weight: 400; text-align: center; }
.setup p { color: var(--text-2); text-align: center; }
.setup label { font-size: 14px; color: var(--text-2); margin-top: 8px; }
.setup input { width: 100%; min-height: 48px; padding: 8px 16px; border: 1px solid var(--line); border-radius: 12px; background: transparent; }
.setup input:focus { border-color: var(--accent); outline: none; box-shadow: inset 0 0 0 1px var(--accent); }
.setup .main { margin-top: 12px; }
.emblem { align-self: center; display: grid; place-items: center; width: 96px; height: 96px; border-radius: 50%; color: var(--accent); background: color-mix(in srgb, var(--accent) 14%, transparent); }
.emblem svg { width: 48px; height: 48px; }

.player { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; padding: 16px; }
.artwork { position: relative; aspect-ratio: 1; width: 100%; max-width: min(360px, 44vh); justify-self: center; display: grid; place-items: center; overflow: hidden; border-radius: calc(var(--radius) - 4px); background: color-mix(in srgb, var(--text) 7%, transparent); color: var(--text-2); }
.artwork svg { width: 34%; height: 34%; opacity: 0.5; }
.artwork img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover; }
.artwork[data-missing] img { display: none; }
.artwork[data-missing] { max-width: 160px; }
.body { min-width: 0; display: grid; grid-template-columns: minmax(0, 1fr); gap: 8px; }
.words { min-width: 0; text-align: center; }
.player-name { font-size: 14px; font-weight: 500; color: var(--text-2); }
.title { font-size: 22px; line-height: 1.25; margin-top: 4px; }
.subtitle { color: var(--text-2); min-height: 1.4em; }
.player-name, .title, .subtitle { overflow: hidden; text-overflow: ellipsis; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
.controls { display: flex; align-items: center; justify-content: center; gap: 8px; }
/* The stop button has no counterpart on the other side. */
.controls::before { content: ""; flex: 0 1 48px; }
.compact .controls::before { display: none; }
.times { display: flex; justify-content: space-between; font-size: 12px; color: var(--text-2); font-variant-numeric: tabular-nums; }
.volume-row { display: flex; align-items: center; gap: 4px; max-width: 420px; width: 100%; justify-self: center; }
.unavailable .artwork { opacity: 0.6; }
.unavailable .progress-row, .unavailable .controls, .unavailable .volume-row { display: none; }
.primary[aria-busy="true"] svg { animation: pulse 1.2s ease-in-out infinite; }

input[type="range"] { appearance: none; width: 100%; height: 32px; margin: 0; background: none; cursor: pointer; --fill: 0%; touch-action: none; }
input[type="range"]:disabled { cursor: default; opacity: 0.5; }
input[type="range"]::-webkit-slider-runnable-track { height: 6px; border-radius: 3px; background: linear-gradient(to right, var(--accent) var(--fill), color-mix(in srgb, var(--text) 18%, transparent) var(--fill)); }
input[type="range"]:dir(rtl)::-webkit-slider-runnable-track { background: linear-gradient(to left, var(--accent) var(--fill), color-mix(in srgb, var(--text) 18%, transparent) var(--fill)); }
input[type="range"]::-webkit-slider-thumb { appearance: none; width: 16px; height: 16px; margin-top: -5px; border-radius: 50%; background: var(--accent); }
input[type="range"]::-moz-range-track { height: 6px; border-radius: 3px; background: color-mix(in srgb, var(--text) 18%, transparent); }
input[type="range"]::-moz-range-progress { height: 6px; border-radius: 3px; background: var(--accent); }
input[type="range"]::-moz-range-thumb { width: 16px; height: 16px; border: 0; border-radius: 50%; background: var(--accent); }

.device-footer { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 4px 12px; margin: 8px 4px; }
.entity { font-size: 14px; color: var(--text-2); overflow-wrap: anywhere; }
.device-actions { display: flex; flex-wrap: wrap; margin-inline-start: -12px; }

.delay { margin: 4px; }
.delay summary { cursor: pointer; color: var(--text-2); font-size: 14px; min-height: 40px; align-content: center; }
.delay label { display: block; font-size: 14px; color: var(--text-2); margin: 0 4px 4px; }
.delay input { width: 140px; min-height: 48px; padding: 8px 16px; border: 1px solid var(--line); border-radius: 12px; background: transparent; }

.player-list { display: grid; gap: 12px; }
.compact { grid-template-columns: 64px minmax(0, 1fr); gap: 12px; padding: 12px; }
.compact .artwork { width: 64px; align-self: start; }
.compact .words { text-align: start; }
.compact .title { font-size: 16px; -webkit-line-clamp: 1; margin: 0; }
.compact .subtitle { font-size: 14px; -webkit-line-clamp: 1; min-height: 0; }
.compact .player-name { -webkit-line-clamp: 1; }
.compact .controls { justify-content: flex-start; gap: 0; margin-inline-start: -8px; }
.compact button.primary { width: 48px; height: 48px; background: none; color: var(--accent); }
.compact button.primary svg { width: 28px; height: 28px; }
.compact .volume-row { max-width: none; margin-inline-start: -8px; width: calc(100% + 8px); }

.notice { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; margin-bottom: 16px; padding: 12px 16px; border-radius: var(--radius); border-inline-start: 4px solid var(--tone); background: color-mix(in srgb, var(--tone) 14%, var(--card)); --tone: var(--info-color, #039be5); }
.notice[data-level="warning"] { --tone: var(--warning-color, #ffa600); }
.notice[data-level="error"] { --tone: var(--error-color, #db4437); }
.notice-words { flex: 1 1 220px; display: grid; gap: 2px; overflow-wrap: anywhere; }
.notice-words strong { font-weight: 500; }
.notice button { background: var(--card); border: 1px solid var(--line); min-height: 44px; padding: 4px 20px; font-weight: 500; }
.toast { position: fixed; inset-inline: 16px; bottom: calc(16px + env(safe-area-inset-bottom)); z-index: 3; max-width: 480px; margin: 0 auto; padding: 14px 18px; border-radius: 12px; background: var(--text); color: var(--primary-background-color, #fafafa); box-shadow: 0 4px 16px rgba(0, 0, 0, 0.3); }
.toast:empty { display: none; }

@media (min-width: 870px) {
  main { padding: 24px; }
  .columns { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); }
}
@keyframes pulse { 50% { opacity: 0.35; } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; } }
`);
