/** Styles of the Library page. */

export const libraryStyles = new CSSStyleSheet();

libraryStyles.replaceSync(`
.library { height: 100%; max-width: 1280px; margin: 0 auto; width: 100%; }
.search { position: relative; flex: none; display: flex; align-items: center; margin: 12px 16px 8px; }
.search > svg { position: absolute; inset-inline-start: 14px; pointer-events: none; color: var(--text-2); }
.search input:not([type="range"], [type="checkbox"]) { padding-inline: 48px; border-radius: 999px; min-height: 48px; }
.search input::-webkit-search-cancel-button { display: none; }
.search > button { position: absolute; inset-inline-end: 2px; }
.scan { flex: none; display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center; margin: 0 16px 8px; font-size: 14px; color: var(--text-2); }
.scan progress { flex: 1; min-width: 120px; height: 8px; appearance: none; border: 0; border-radius: 4px; overflow: hidden; background: var(--soft); }
.scan progress::-webkit-progress-bar { background: var(--soft); }
.scan progress::-webkit-progress-value { background: var(--accent-fill); }
.scan progress::-moz-progress-bar { background: var(--accent-fill); }
.section-bar { flex: none; padding: 8px 16px 0; }
.station-browser, .station-list { display: grid; gap: 4px; justify-items: start; }
.scrobbling { flex: none; margin: 8px 16px 0; padding: 8px 12px; border: 1px solid var(--line); border-radius: 10px; }
.scrobbling summary { cursor: pointer; min-height: 32px; display: list-item; line-height: 32px; }
.scrobbling-form { display: flex; flex-wrap: wrap; gap: 8px; align-items: end; }
.scrobbling-form .field { flex: 1 1 220px; }
.smart-rules { display: grid; gap: 8px; }
.smart-rule { display: grid; gap: 6px; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) 44px; align-items: center; }
.smart-rule > :is(input, select) { min-width: 0; width: 100%; }
.smart-rule > :is(input, select):nth-last-child(-n + 3):not(button) { grid-column: 1 / 3; }
.smart-rule > button { grid-column: 3; grid-row: 1; }
.library > .tabs { margin: 0 12px; }
.grid { display: grid; gap: 20px 16px; grid-template-columns: repeat(auto-fill, minmax(min(150px, 42%), 1fr)); padding: 16px; }
.tile { position: relative; container-type: inline-size; min-width: 0; content-visibility: auto; contain-intrinsic-size: auto 210px; }
.tile-main .row-title { white-space: normal; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
.tile-main { display: grid; gap: 2px; width: 100%; text-align: start; border-radius: 10px; grid-template-columns: minmax(0, 1fr); }
.tile .artwork { max-width: none; margin-bottom: 6px; border-radius: 10px; }
.artwork.round, .tile .artwork.round { border-radius: 50%; }
.tile-main > .row-title { padding-inline-end: 28px; }
.tile > button.icon { position: absolute; aspect-ratio: auto; top: calc(100cqi + 2px); inset-inline-end: -8px; width: 36px; height: 36px; color: var(--text-2); }
@media (hover: hover) {
  .tile .artwork::after { content: ""; position: absolute; inset: 0; background: #000; opacity: 0; transition: opacity 0.15s; }
  .tile-main:hover .artwork::after { opacity: 0.14; }
}
.item.gone .row-main { opacity: 0.6; }
.item-list > .hint { padding: 24px; text-align: center; max-width: none; }
.details-head { display: flex; flex-wrap: wrap; align-items: center; gap: 12px 16px; padding: 8px 16px 16px; flex: none; }
.details-head > .icon { margin-inline: -8px -4px; }
.details-head > .artwork { width: 120px; margin: 0; border-radius: 10px; box-shadow: 0 4px 16px rgba(0, 0, 0, 0.2); }
.row-number { flex: none; width: 32px; text-align: center; color: var(--text-2); font-variant-numeric: tabular-nums; }
.details-words { flex: 1 1 180px; min-width: 0; }
.details-words h2 { font-size: 22px; line-height: 1.25; overflow-wrap: anywhere; outline: none; }
.library .row { padding-inline: 8px; }
@media (max-width: 500px) {
  .item .icon[aria-pressed] { display: none; }
  .details-head > .artwork { width: 88px; }
  .details-words { flex-basis: 120px; }
  .details-head .card-actions { flex: 1 0 100%; }
  .details-head .card-actions button { flex: 1 1 auto; padding-inline: 12px; min-height: 44px; }
}
`);
