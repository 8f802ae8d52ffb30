/** Where the time went: the whole promotion as one bar, to scale, with its long waits. */
import { linear, px, type Scale, timeLabel, timeTicks } from "../../functions/pages/charts/scale.ts";
import { type Html, html } from "../../functions/pages/html.ts";
import type { Wait } from "../timeline.ts";
import type { EnvironmentData, ReportData } from "./data.ts";
import { inBothSizes, type Size, WIDTHS } from "./rollout-charts.ts";
import { scrolling } from "./tables.ts";
import { day, span, wallClock } from "./times.ts";

const PARTS = [
  { kind: "active", name: "Active", about: "checking, deploying, shifting, watching" },
  { kind: "people", name: "Waiting for people", about: "approvals, and holds that a person ends" },
  { kind: "window", name: "Waiting for the change window", about: "" },
  { kind: "queue", name: "Queued", about: "behind another promotion of the same resources" },
] as const;

export function overviewCard(data: ReportData): Html {
  const { split, virtualMs } = data.figures;
  const rows = PARTS.filter(({ kind }) => split[kind] > 0).map(
    ({ kind, name, about }) =>
      html`<tr><th scope="row"><span class="swatch bar-${kind}"></span>${name}${about !== "" && html` <span class="soft">(${about})</span>`}</th><td class="num">${span(split[kind])}</td><td class="num">${percent(split[kind], virtualMs)}</td></tr>`,
  );
  return html`<section class="card" id="time"><h2>Where the time went</h2>
${inBothSizes((size) => bar(data, size))}
${scrolling("Where the time went", html`<table><thead><tr><th scope="col">Part</th><th scope="col" class="num">Time</th><th scope="col" class="num">Share</th></tr></thead><tbody>${rows}</tbody></table>`)}
</section>`;
}

const percent = (part: number, whole: number) => `${whole === 0 ? "0.0" : ((100 * part) / whole).toFixed(1)} %`;

const BAR = { left: 6, right: 6, top: 44, height: 30, bottom: 24 } as const;

function bar(data: ReportData, size: Size): Html {
  const { startedAt, endedAt } = data.ended;
  const width = WIDTHS[size];
  const height = BAR.top + BAR.height + BAR.bottom;
  const x = linear([startedAt, endedAt], [BAR.left, width - BAR.right]);
  const id = `overview-${size}`;
  const seam = (endedAt - startedAt) * SEAM;
  const waits = joined(data.waits, seam).map(({ kind, from, to }) => piece(x, kind, from, to));
  return html`<svg class="chart wide" role="img" aria-labelledby="${id}-title ${id}-desc" viewBox="0 0 ${width} ${height}"><title id="${id}-title">The whole promotion</title><desc id="${id}-desc">${descriptionOf(data)}</desc>${data.environments.map((one) => bracket(data, one, x))}${piece(x, "active", startedAt, endedAt)}${waits}${ticksOf(data, x, size)}</svg>`;
}

/** A wait that is only looked at (a reminder, one of two approvals) goes on: no seam in the bar, as a share of it. */
const SEAM = 0.003;

function joined(waits: readonly Wait[], seam: number): Wait[] {
  const result: Wait[] = [];
  for (const wait of waits) {
    const last = result.at(-1);
    if (last?.kind === wait.kind && wait.from - last.to <= seam) result[result.length - 1] = { ...last, to: wait.to };
    else result.push(wait);
  }
  return result;
}

/** Even a second of a day has to be seen. */
const THINNEST = 1.5;

function piece(x: Scale, kind: string, from: number, to: number): Html {
  const extent = Math.max(THINNEST, x.at(to) - x.at(from));
  return html`<rect class="bar-${kind}" x="${px(x.at(from))}" y="${BAR.top}" width="${px(extent)}" height="${BAR.height}"/>`;
}

/** From entering an environment to leaving it. */
function bracket(data: ReportData, { head, plan }: EnvironmentData, x: Scale): Html | string {
  if (head === null) return "";
  const next = data.environments.find((one) => (one.head?.enteredAt ?? 0) > head.enteredAt);
  const [from, to] = [x.at(head.enteredAt), x.at(next?.head?.enteredAt ?? data.ended.endedAt)];
  const y = BAR.top - 8;
  return html`<path class="bracket" d="M${px(from + 1)} ${y + 5}V${y}H${px(to - 1)}V${y + 5}"/><text x="${px(from + 1)}" y="${y - 8}">${plan.environment}</text>`;
}

function ticksOf({ ended, zone }: ReportData, x: Scale, size: Size): Html[] {
  const offset = wallClock(ended.startedAt, zone) - ended.startedAt;
  const ticks = timeTicks(ended.startedAt + offset, ended.endedAt + offset, size === "narrow" ? 4 : 9);
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0);
  const y = BAR.top + BAR.height;
  return ticks.map((tick) => {
    const place = x.at(tick - offset);
    const midnight = tick % 86_400_000 === 0;
    const label = midnight && step < 86_400_000 ? day(tick - offset, zone) : timeLabel(tick, step);
    const anchor = place > WIDTHS[size] - 40 ? "end" : place < 40 ? "start" : "middle";
    return html`<line class="axis" x1="${px(place)}" x2="${px(place)}" y1="${y}" y2="${y + 5}"/><text x="${px(place)}" y="${y + 18}" text-anchor="${anchor}">${label}</text>`;
  });
}

function descriptionOf({ figures, environments }: ReportData): string {
  const { split, virtualMs } = figures;
  const entered = environments.filter(({ head }) => head !== null).map(({ plan }) => plan.environment);
  return `${span(virtualMs)} through ${entered.join(", ")}: ${span(split.active)} active, ${span(split.people)} waiting for people, ${span(split.window)} waiting for the change window.`;
}
