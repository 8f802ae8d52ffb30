/** Classes of the charts, for every page that shows one. Colours are told apart by lightness and dash too, not hue alone. */
export const CHART_STYLE = `
:root{--chart-ink:#55606e;--chart-grid:#e3e7ec;--chart-a:#5b6b7d;--chart-b:#1f5fbf;--chart-c:#8a5a00;--chart-d:#7b3fa0;--chart-limit:#b3261e;--chart-band:#5b6b7d}
@media (prefers-color-scheme:dark){:root{--chart-ink:#a5b0bc;--chart-grid:#2e3946;--chart-a:#a9b7c6;--chart-b:#8ab8ff;--chart-c:#f2c76b;--chart-d:#d3a6f0;--chart-limit:#ff9d94;--chart-band:#a5b0bc}}
.chart{display:block;width:100%;max-width:32rem;height:auto;margin:.5rem 0 1rem;overflow:hidden}
.chart.wide{max-width:none}
.chart text{fill:var(--chart-ink);font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
.chart .heading{font-weight:600;font-size:13px}
.chart .grid{stroke:var(--chart-grid);stroke-width:1}
.chart .axis{stroke:var(--chart-ink);stroke-width:1;opacity:.6}
.chart .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.chart .dot{stroke:none}
.chart .tone-baseline{stroke:var(--chart-a);stroke-dasharray:5 3}
.chart .tone-candidate{stroke:var(--chart-b)}
.chart .tone-third{stroke:var(--chart-c)}
.chart .tone-fourth{stroke:var(--chart-d);stroke-dasharray:2 3}
.chart .fill-baseline{fill:var(--chart-a)}
.chart .fill-candidate{fill:var(--chart-b)}
.chart .fill-third{fill:var(--chart-c)}
.chart .fill-fourth{fill:var(--chart-d)}
.chart .limit{stroke:var(--chart-limit);stroke-width:1.5;stroke-dasharray:8 4}
.chart .limit-text{fill:var(--chart-limit);paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.chart .event{stroke:var(--chart-ink);stroke-width:1;stroke-dasharray:2 2}
.chart .band{fill:var(--chart-band);opacity:.13}
.chart .band-bad{fill:var(--chart-limit);opacity:.15}
.chart .area{fill:var(--chart-b);opacity:.16;stroke:none}
`;
