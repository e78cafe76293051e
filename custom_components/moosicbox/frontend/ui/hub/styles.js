/** Styles of the Hub page. */

export const hubStyles = new CSSStyleSheet();

hubStyles.replaceSync(`
.stats { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(150px, 45%), 1fr)); }
.stat { padding: 14px 16px 0; display: grid; gap: 2px; overflow: hidden; grid-template-columns: minmax(0, 1fr); }
.tile-value { unicode-bidi: plaintext; text-align: -webkit-match-parent; text-align: match-parent; }
.tile-value { font-size: 26px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.chart { width: calc(100% + 32px); height: 56px; margin: 6px -16px 0; }
.chart-line { fill: none; stroke: var(--accent-text); stroke-width: 2; vector-effect: non-scaling-stroke; }
.chart-area { fill: color-mix(in srgb, var(--accent) 18%, transparent); }
.health { display: flex; align-items: center; gap: 14px; padding: 14px 18px; }
.health strong { font-weight: 500; font-size: 18px; }
.health li { color: var(--text-2); }
.dot { width: 16px; height: 16px; border-radius: 50%; background: var(--line); flex: none; }
.health[data-status="healthy"] .dot { background: var(--good); }
.health[data-status="degraded"] .dot { background: var(--fair); }
.health[data-status="unhealthy"] .dot { background: var(--poor); }
.halves { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(380px, 100%), 1fr)); align-items: start; }
.table-card { padding: 16px; display: grid; gap: 10px; grid-template-columns: minmax(0, 1fr); }
.table-card h3 { font-size: 18px; display: flex; gap: 8px; align-items: center; }
.scroll-x { overflow-x: auto; margin: 0 -16px; padding: 0 16px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: start; padding: 8px 12px 8px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
td { unicode-bidi: plaintext; text-align: -webkit-match-parent; text-align: match-parent; }
th { font-size: 13px; font-weight: 500; color: var(--text-2); }
tbody tr:last-child td { border-bottom: 0; }
td:first-child { max-width: 280px; overflow: hidden; text-overflow: ellipsis; }
@media (max-width: 900px) {
  .clients { font-size: 14px; }
  .clients td:first-child { max-width: 180px; }
}
@media (max-width: 600px) {
  .clients thead { display: none; }
  .clients tr { position: relative; display: grid; padding: 8px 48px 8px 0; border-bottom: 1px solid var(--line); }
  .clients tr:last-child { border-bottom: 0; }
  .clients td { display: flex; gap: 8px; max-width: none; padding: 2px 0; border: 0; font-size: 14px; white-space: normal; overflow-wrap: anywhere; }
  .clients td::before { content: attr(data-label); flex: 0 0 40%; color: var(--text-2); }
  .clients td:first-child { font-size: 16px; font-weight: 500; }
  .clients td:first-child::before, .clients .act::before { display: none; }
  .clients .act { position: absolute; top: 0; inset-inline-end: -8px; }
}
.person.token, .person.blueprint { padding: 4px 0; }
.token > svg, .blueprint > svg { color: var(--text-2); }
.token.away .row-title { color: var(--text-2); text-decoration: line-through; }
`);
