/** What the report adds to the pages' style sheet: charts in two widths, the bar of time, figures, and print. */
export const REPORT_STYLE = `
:root{--bar-active:#1f5fbf;--bar-people:#d79a2b;--bar-window:#b9c3ce;--bar-queue:#8d6bb0}
@media (prefers-color-scheme:dark){:root{--bar-active:#8ab8ff;--bar-people:#c98f2a;--bar-window:#43505e;--bar-queue:#a98ccb}}
.bar-active{fill:var(--bar-active);background:var(--bar-active)}
.bar-people{fill:var(--bar-people);background:var(--bar-people)}
.bar-window{fill:var(--bar-window);background:var(--bar-window)}
.bar-queue{fill:var(--bar-queue);background:var(--bar-queue)}
.chart .bracket{stroke:var(--chart-ink);stroke-width:1.5;fill:none}
.swatch{display:inline-block;width:.75rem;height:.75rem;border-radius:.1875rem;margin-right:.5rem;vertical-align:-.0625rem}
.only-wide{display:none}
.only-narrow .chart{max-width:40rem}
.lead{font-size:1.125rem;margin-bottom:.5rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;margin:0 0 1rem;padding:0;list-style:none}
.tiles li{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:.75rem 1rem}
.tiles strong{display:block;font-size:1.375rem;line-height:1.25;font-variant-numeric:tabular-nums}
.tiles span{color:var(--soft);font-size:.8125rem}
.toc{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:0 0 1rem;padding:0;list-style:none;font-size:.875rem}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.when{white-space:nowrap;font-variant-numeric:tabular-nums}
.tight td,.tight th{padding-top:.1875rem;padding-bottom:.1875rem}
.roomy{min-width:13rem}
.scroll{margin-bottom:.5rem}
.scroll td,.scroll th{overflow-wrap:break-word}
.hash{font-size:.75rem}
tr.bad td,tr.bad th{background:var(--bad-bg)}
.env{display:flex;flex-wrap:wrap;align-items:baseline;gap:.25rem .75rem;margin-bottom:.75rem}
.env h2{margin:0;font-size:1.25rem}
h3{margin-top:1.25rem}
@media (max-width:40rem){
.stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.stack,.stack tbody,.stack tr{display:block}
.stack tr{padding:.375rem 0;border-top:1px solid var(--line)}
.stack tr.bad{background:var(--bad-bg)}
.stack td,.stack tbody th{display:inline-block;border:0;padding:0 .75rem 0 0;text-align:left}
.stack .roomy{display:block;min-width:0}
.stack [data-label]::before{content:attr(data-label) ": ";color:var(--soft)}
}
@media (min-width:56rem){.only-wide{display:block}.only-narrow{display:none}}
@media print{
:root{color-scheme:light;--bg:#fff;--card:#fff;--ink:#111;--soft:#444;--line:#ccc;--accent:#1f5fbf;--good:#136637;--good-bg:#eef8f1;--bad:#b3261e;--bad-bg:#fdf1f0;--warn:#7a4f00;--warn-bg:#fdf6e6;
--chart-ink:#444;--chart-grid:#e3e7ec;--chart-a:#5b6b7d;--chart-b:#1f5fbf;--chart-limit:#b3261e;--chart-band:#5b6b7d;--bar-active:#1f5fbf;--bar-people:#d79a2b;--bar-window:#b9c3ce;--bar-queue:#8d6bb0}
*{print-color-adjust:exact}
body{font-size:10pt}
main{padding:0;max-width:none}
.toc{display:none}
.card{padding:.5rem 0;border-width:1px 0 0;border-radius:0}
.card.note{padding:.5rem .75rem;border-left-width:.25rem}
.only-wide{display:block}.only-narrow{display:none}
.chart,.tiles li,tr{break-inside:avoid}
h2,h3{break-after:avoid}
.scroll{overflow:visible}
table{font-size:8.5pt}
details::details-content{content-visibility:visible;height:auto;display:block}
}
`;
