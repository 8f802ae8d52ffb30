/** The one style sheet of the pages: phone first, both colour schemes, no font and no image from elsewhere. */
import { CHART_STYLE } from "./charts/style.ts";

const COLOURS = `
:root{color-scheme:light dark;
--bg:#f5f6f8;--card:#fff;--ink:#16202c;--soft:#55606e;--line:#dde2e8;--field:#7b8794;
--accent:#1f5fbf;--on-accent:#fff;--good:#136637;--good-bg:#e4f4ea;--bad:#b3261e;--bad-bg:#fbe9e7;--on-bad:#fff;
--warn:#7a4f00;--warn-bg:#fdf2d8;--focus:#1f5fbf}
@media (prefers-color-scheme:dark){:root{
--bg:#10151b;--card:#19212a;--ink:#e8edf2;--soft:#a5b0bc;--line:#2e3946;--field:#8593a1;
--accent:#8ab8ff;--on-accent:#0b1b33;--good:#7bd39b;--good-bg:#173324;--bad:#ff9d94;--bad-bg:#3b1d1b;--on-bad:#3a0905;
--warn:#f2c76b;--warn-bg:#33290f;--focus:#8ab8ff}}
`;

const BASE = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
main{max-width:72rem;margin:0 auto;padding:1rem 1rem 3rem}
main.narrow{max-width:40rem}
main.one{max-width:52rem}
h1{font-size:1.5rem;line-height:1.25;margin:.25rem 0 .5rem;letter-spacing:-.01em;text-wrap:balance}
h2{font-size:1.0625rem;margin:0 0 .75rem}
h3{font-size:.9375rem;margin:1rem 0 .25rem}
p{margin:0 0 .75rem}
ul,ol{margin:0;padding-left:1.25rem}
a{color:var(--accent)}
code,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9em}
.soft{color:var(--soft)}
.small{font-size:.875rem}
.brand{font-size:.8125rem;font-weight:600;letter-spacing:.08em;text-transform:uppercase;color:var(--soft);margin:0}
.top{display:flex;justify-content:space-between;align-items:center;gap:1rem;margin-bottom:1rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1rem;margin:0 0 1rem}
.card>:last-child{margin-bottom:0}
.note.good{border-color:var(--good);background:var(--good-bg)}
.note.bad{border-color:var(--bad);background:var(--bad-bg)}
.note.warn{border-color:var(--warn);background:var(--warn-bg)}
.pill{display:inline-block;border-radius:99rem;padding:.125rem .625rem;font-size:.8125rem;font-weight:600;white-space:nowrap;background:var(--line)}
.pill.good{color:var(--good);background:var(--good-bg)}
.pill.bad{color:var(--bad);background:var(--bad-bg)}
.pill.warn{color:var(--warn);background:var(--warn-bg)}
.note .pill{background:var(--card)}
.note blockquote{border-color:var(--field)}
dl{display:grid;grid-template-columns:1fr;gap:.125rem 1rem;margin:0;align-items:baseline}
dt{color:var(--soft);font-size:.875rem}
dd{margin:0 0 .5rem}
.whole{white-space:nowrap}
.list{list-style:none;padding:0}
.list ul{list-style:disc}
.list>li{padding:.5rem 0;border-top:1px solid var(--line)}
.list>li:first-child{border-top:0;padding-top:0}
.list>li:last-child{padding-bottom:0}
blockquote{margin:.25rem 0 0;padding:.25rem 0 .25rem .75rem;border-left:.1875rem solid var(--line);white-space:pre-wrap}
.scroll{overflow-x:auto;margin-bottom:1rem}
table{border-collapse:collapse;width:100%;font-size:.875rem;overflow-wrap:normal}
th,td{text-align:left;padding:.375rem .75rem .375rem 0;border-top:1px solid var(--line);vertical-align:top}
thead th{border-top:0;color:var(--soft);font-weight:600}
tbody th{font-weight:500}
details{margin:0}
summary{cursor:pointer;padding:.25rem 0;min-height:1.5rem}
.steps .chart{max-width:26rem}
.further td{border-top:0;padding-top:0}
.figures th:nth-child(2),.figures th:nth-child(3),.figures td:nth-child(2),.figures td:nth-child(3){text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(18rem,100%),1fr));gap:0 1rem}
.jump{display:inline-block;font-weight:600;padding:.375rem 0}
footer{color:var(--soft);font-size:.8125rem}
@media (min-width:30rem){dl{grid-template-columns:8.5rem minmax(0,1fr)}dd{margin-bottom:.25rem}}
@media (min-width:62rem){
main{padding:1.5rem 2rem 4rem}
h1{font-size:1.875rem}
.columns{display:grid;grid-template-columns:minmax(0,1fr) 24rem;gap:1.25rem}
.aside{grid-column:2;grid-row:1}
.jump{display:none}
.card{padding:1.25rem 1.375rem}}
`;

const FORM = `
fieldset{border:0;margin:0 0 1rem;padding:0;min-width:0}
legend{font-weight:600;padding:0;margin-bottom:.375rem}
label.box{display:flex;gap:.75rem;align-items:flex-start;padding:.625rem 0;min-height:2.75rem;border-top:1px solid var(--line);cursor:pointer}
label.box:first-of-type{border-top:0}
label.box input{flex:none;width:1.375rem;height:1.375rem;margin:.0625rem 0 0;accent-color:var(--accent)}
label.field{display:block;font-weight:600;margin-bottom:.25rem}
.hint{color:var(--soft);font-size:.875rem;margin:0 0 .375rem}
input[type=text],textarea{width:100%;font:inherit;color:inherit;background:var(--bg);border:1px solid var(--field);border-radius:.5rem;padding:.625rem .75rem;margin-bottom:1rem}
input[type=text]{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
textarea{min-height:5.5rem;resize:vertical}
[aria-invalid=true]{border-color:var(--bad);border-width:2px}
input[type=checkbox][aria-invalid=true]{outline:2px solid var(--bad);outline-offset:0;border-radius:.25rem}
.buttons{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}
button{font:inherit;font-weight:600;min-height:3rem;padding:.5rem .75rem;border-radius:.5rem;border:2px solid transparent;cursor:pointer}
button.approve{background:var(--accent);color:var(--on-accent)}
button.reject{background:transparent;color:var(--bad);border-color:var(--bad)}
button:hover{filter:brightness(1.06)}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.problems{border:2px solid var(--bad);border-radius:.5rem;padding:.75rem 1rem;margin-bottom:1rem}
.problems p{font-weight:600;margin-bottom:.25rem}
@media (min-width:62rem){
#decision{position:sticky;top:1rem;max-height:calc(100vh - 2rem);overflow-y:auto;padding-bottom:0}
.sign{position:sticky;bottom:0;background:var(--card);border-top:1px solid var(--line);padding:.75rem 0 1.25rem}
.sign input[type=text]{margin-bottom:.75rem}
label.box{padding:.375rem 0;min-height:2.25rem}
textarea{min-height:4rem}}
@media print{.aside form{display:none}}
`;

export const STYLE = [COLOURS, BASE, FORM, CHART_STYLE].join("").trim();
