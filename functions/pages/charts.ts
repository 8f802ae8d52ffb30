/**
 * Charts as inline SVG: no script, no style attribute (a strict content policy forbids both), readable by a screen reader
 * through title and description. Pages that show one include `CHART_STYLE`.
 */
import { oddsInWords } from "../domain/judge/evidence.ts";
import { linear, niceTicks, numberLabel, px, type Scale, timeLabel, timeTicks } from "./chart-scale.ts";
import { type Html, html } from "./html.ts";

export type Tone = "baseline" | "candidate" | "third" | "fourth";

export interface Point {
  /** Epoch ms. */
  readonly x: number;
  /** Null: nothing was measured here; the line has a gap, since no datapoint is not a zero. */
  readonly y: number | null;
}

export interface LineSeries {
  readonly name: string;
  readonly tone: Tone;
  readonly points: readonly Point[];
}

export interface YTick {
  readonly y: number;
  readonly label: string;
}

export interface LineChart {
  /** Unique in the page; letters, digits and dashes. */
  readonly id: string;
  readonly title: string;
  /** One or two sentences with what the chart shows, for those who cannot see it. */
  readonly description: string;
  readonly series: readonly LineSeries[];
  /** Epoch ms; taken from the points when absent. */
  readonly from?: number;
  readonly to?: number;
  readonly yLabel?: string;
  readonly yMin?: number;
  readonly yMax?: number;
  /** Marks of the vertical axis; round numbers unless said. */
  readonly yTicks?: readonly YTick[];
  readonly limits?: readonly { readonly y: number; readonly label: string }[];
  readonly events?: readonly { readonly x: number; readonly label: string }[];
  readonly bands?: readonly {
    readonly from: number;
    readonly to: number;
    readonly label?: string;
    readonly bad?: boolean;
  }[];
  readonly width?: number;
  readonly height?: number;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly x: Scale;
  readonly y: Scale;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** As wide as a phone: wider pages show it larger, which keeps its words readable on both. */
const WIDTH = 380;
/** From this width on a chart fills its page, however wide. */
const WIDE = 500;

const MARGIN = { left: 44, right: 12, top: 56, bottom: 22 } as const;

/** Any number of lines over time, with limits, events and bands. */
export function lineChart(chart: LineChart): Html {
  const frame = frameOf(chart);
  const body = html`${bandsOf(chart, frame)}${yGrid(chart, frame)}${xGrid(frame)}${eventsOf(chart, frame)}${limitsOf(chart, frame)}${chart.series.map((series) => lineOf(series, frame))}${legendOf(chart.series)}`;
  return svg(chart, frame, body);
}

function frameOf(chart: LineChart): Frame {
  const width = chart.width ?? WIDTH;
  const height = chart.height ?? 200;
  const points = chart.series.flatMap((series) => series.points);
  const xs = points.map((point) => point.x);
  const ys = [...points.flatMap(({ y }) => (y === null ? [] : [y])), ...(chart.limits ?? []).map(({ y }) => y)];
  const from = chart.from ?? least(xs, 0);
  const to = chart.to ?? greatest(xs, 1);
  const [low, high] = [chart.yMin ?? Math.min(0, least(ys, 0)), chart.yMax ?? greatest(ys, 1)];
  const ticks = chart.yTicks === undefined ? niceTicks(low, high) : [low, high];
  const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, height - MARGIN.bottom];
  const x = linear([from, to], [left, right]);
  const y = linear([ticks[0] ?? 0, ticks.at(-1) ?? 1], [bottom, top]);
  return { width, height, x, y, left, right, top, bottom };
}

// Not Math.min(...values): a long bake has more points than a call may have arguments.
const least = (values: readonly number[], none: number) =>
  values.length === 0 ? none : values.reduce((a, b) => Math.min(a, b));
const greatest = (values: readonly number[], none: number) =>
  values.length === 0 ? none : values.reduce((a, b) => Math.max(a, b));

function yGrid({ yTicks }: LineChart, { y, left, right }: Frame): Html[] {
  const ticks = yTicks ?? niceTicks(y.from, y.to).map((tick) => ({ y: tick, label: numberLabel(tick) }));
  return ticks.map(({ y: tick, label }) => {
    const place = px(y.at(tick));
    return html`<line class="grid" x1="${px(left)}" x2="${px(right)}" y1="${place}" y2="${place}"/><text x="${px(left - 6)}" y="${px(y.at(tick) + 4)}" text-anchor="end">${label}</text>`;
  });
}

/** One label for every 70 pixels, so that they do not run into each other on a phone. */
function xGrid({ x, left, right, bottom }: Frame): Html[] {
  const ticks = timeTicks(x.from, x.to, Math.max(2, Math.floor((right - left) / 70)));
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0);
  return ticks.map((tick) => {
    const place = x.at(tick);
    const anchor = place > right - 18 ? "end" : place < left + 18 ? "start" : "middle";
    return html`<line class="axis" x1="${px(place)}" x2="${px(place)}" y1="${px(bottom)}" y2="${px(bottom + 4)}"/><text x="${px(place)}" y="${px(bottom + 16)}" text-anchor="${anchor}">${timeLabel(tick, step)}</text>`;
  });
}

function bandsOf(chart: LineChart, { x, top, bottom, width }: Frame): Html[] {
  return (chart.bands ?? []).map(({ from, to, label, bad }) => {
    const start = x.at(from);
    const extent = Math.max(1, x.at(to) - start);
    const name = fitting(label ?? "", Math.min(extent, width - start) - 8);
    return html`<rect class="${bad === true ? "band-bad" : "band"}" x="${px(start)}" y="${px(top)}" width="${px(extent)}" height="${px(bottom - top)}"/>${name !== "" && html`<text x="${px(start + 4)}" y="${px(top + 12)}">${name}</text>`}`;
  });
}

/** Events are named above the plot, where no line runs through their words; each has the room up to the next. */
function eventsOf(chart: LineChart, { x, top, bottom, width }: Frame): Html[] {
  const events = chart.events ?? [];
  return events.map((event, index) => {
    const place = x.at(event.x);
    const next = events[index + 1];
    const room = (next === undefined ? width : x.at(next.x)) - place;
    return html`<line class="event" x1="${px(place)}" x2="${px(place)}" y1="${px(top - 10)}" y2="${px(bottom)}"/><text x="${px(place + 3)}" y="${px(top - 4)}">${fitting(event.label, room - 4)}</text>`;
  });
}

/** Words that would stand in the row of the events' names go below their line. */
function limitsOf(chart: LineChart, { y, left, right, top }: Frame): Html[] {
  return (chart.limits ?? []).map(({ y: value, label }) => {
    const place = y.at(value);
    const words = place - 4 - TEXT_HEIGHT < top ? place + TEXT_HEIGHT : place - 4;
    return html`<line class="limit" x1="${px(left)}" x2="${px(right)}" y1="${px(place)}" y2="${px(place)}"/><text class="limit-text" x="${px(right)}" y="${px(words)}" text-anchor="end">${fitting(label, right - left)}</text>`;
  });
}

const TEXT_HEIGHT = 12;

/** Average width of a letter at 11 px, to keep words inside the picture without measuring them. */
const LETTER = 6.2;

function fitting(text: string, room: number): string {
  const most = Math.floor(room / LETTER);
  if (text.length <= most) return text;
  return most < 3 ? "" : `${text.slice(0, most - 1)}…`;
}

function lineOf({ tone, points }: LineSeries, { x, y }: Frame): Html {
  const runs = runsOf(points);
  const path = runs
    .filter((run) => run.length > 1)
    .map((run) => `M${run.map((point) => `${px(x.at(point.x))} ${px(y.at(point.y))}`).join("L")}`)
    .join("");
  const alone = runs.filter((run) => run.length === 1).flat();
  return html`${path !== "" && html`<path class="line tone-${tone}" d="${path}"/>`}${alone.map(
    (point) => html`<circle class="dot fill-${tone}" cx="${px(x.at(point.x))}" cy="${px(y.at(point.y))}" r="2.5"/>`,
  )}`;
}

interface Measured {
  readonly x: number;
  readonly y: number;
}

/** Stretches of points without a gap, in order of time. */
function runsOf(points: readonly Point[]): Measured[][] {
  const runs: Measured[][] = [[]];
  for (const { x, y } of points) {
    if (y === null || !Number.isFinite(y)) runs.push([]);
    else runs.at(-1)?.push({ x, y });
  }
  return runs.filter((run) => run.length > 0);
}

function legendOf(series: readonly LineSeries[]): Html[] {
  let place: number = MARGIN.left;
  return series.map(({ name, tone }) => {
    const start = place;
    place += 30 + name.length * LETTER;
    return html`<line class="line tone-${tone}" x1="${px(start)}" x2="${px(start + 16)}" y1="32" y2="32"/><text x="${px(start + 21)}" y="36">${name}</text>`;
  });
}

function svg(
  chart: Pick<LineChart, "id" | "title" | "description"> & { readonly yLabel?: string },
  { width, height }: Pick<Frame, "width" | "height">,
  body: Html,
): Html {
  const heading = chart.yLabel === undefined ? chart.title : `${chart.title} (${chart.yLabel})`;
  return html`<svg class="${width < WIDE ? "chart" : "chart wide"}" role="img" aria-labelledby="${chart.id}-title ${chart.id}-desc" viewBox="0 0 ${width} ${height}"><title id="${chart.id}-title">${chart.title}</title><desc id="${chart.id}-desc">${chart.description}</desc><text class="heading" x="4" y="14">${fitting(heading, width - 8)}</text>${body}</svg>`;
}

/** Candidate beside baseline, the pair that every judgement is about. */
export function twoArms(
  chart: Omit<LineChart, "series"> & { readonly baseline: readonly Point[]; readonly candidate: readonly Point[] },
): Html {
  const { baseline, candidate, ...rest } = chart;
  return lineChart({
    ...rest,
    series: [
      { name: "baseline", tone: "baseline", points: baseline },
      { name: "candidate", tone: "candidate", points: candidate },
    ],
  });
}

/**
 * The judge's evidence (ln E) over time, with the line ln(1/alpha) at which it brings traffic back. Its axis says what
 * people are told: 100 is "1 in 100". Below 1 the evidence speaks for the candidate, which is bounded by nothing; what
 * matters is how near it comes to the line, so that it is drawn no further down than the line is up.
 */
export function evidenceLine(
  chart: Pick<LineChart, "id" | "from" | "to" | "events" | "width" | "height"> & {
    readonly title: string;
    readonly points: readonly Point[];
    readonly line: number;
  },
): Html {
  const { points, line, ...rest } = chart;
  const odds = oddsInWords(line) ?? "its line";
  const shown = points.map(({ x, y }) => ({ x, y: y === null ? null : Math.min(MOST_EVIDENCE, Math.max(y, -line)) }));
  const yMax = shown.reduce((most, { y }) => Math.max(most, y ?? 0), line) * 1.05;
  return lineChart({
    ...rest,
    description: `Evidence against the candidate, on a logarithmic scale: how rarely a candidate as good as the baseline would ever show as much. Traffic goes back at ${odds}. Below 1 it speaks for the candidate.`,
    yLabel: "1 in ...",
    yMin: -line,
    yMax,
    yTicks: oddsTicks(yMax),
    series: [{ name: "evidence", tone: "candidate", points: shown }],
    limits: [{ y: line, label: `traffic goes back at ${odds}` }],
  });
}

/** One in a thousand million: beyond, nobody is told the exact number. */
const MOST_EVIDENCE = 9 * Math.LN10;
const MOST_TICKS = 5;

/** Powers of ten from 1 on, not too many of them. */
function oddsTicks(yMax: number): YTick[] {
  const decades = Math.floor(yMax / Math.LN10);
  const step = Math.max(1, Math.ceil(decades / (MOST_TICKS - 1)));
  return Array.from({ length: Math.floor(decades / step) + 1 }, (_, index) => {
    const decade = index * step;
    return {
      y: decade * Math.LN10,
      label: `${10 ** (decade % 3)}${["", "k", "M", "bn"][Math.floor(decade / 3)] ?? ""}`,
    };
  });
}

/** The share of traffic over the rollout's steps, drawn to the scale of their bakes. */
export function stepWeights(chart: {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly steps: readonly { readonly weight: number; readonly seconds: number; readonly label: string }[];
  readonly width?: number;
  readonly height?: number;
}): Html {
  const [width, height] = [chart.width ?? WIDTH, chart.height ?? 150];
  // A step without a bake is an instant, and still has to be seen; a tenth of the longest is enough.
  const longest =
    greatest(
      chart.steps.map(({ seconds }) => seconds),
      1,
    ) || 1;
  const extents = chart.steps.map(({ seconds }) => Math.max(seconds, longest / 10));
  const x = linear([0, extents.reduce((sum, one) => sum + one, 0)], [MARGIN.left, width - MARGIN.right]);
  const y = linear([0, 100], [height - MARGIN.bottom, 26]);
  let start = 0;
  const stairs = chart.steps.map(({ weight, label }, index) => {
    const [left, right] = [x.at(start), x.at(start + (extents[index] ?? 0))];
    start += extents[index] ?? 0;
    const middle = px((left + right) / 2);
    return html`<rect class="area" x="${px(left)}" y="${px(y.at(weight))}" width="${px(right - left)}" height="${px(y.at(0) - y.at(weight))}"/><line class="line tone-candidate" x1="${px(left)}" x2="${px(right)}" y1="${px(y.at(weight))}" y2="${px(y.at(weight))}"/><text x="${middle}" y="${px(y.at(weight) - 5)}" text-anchor="middle">${weight} %</text><text x="${middle}" y="${px(height - 6)}" text-anchor="middle">${fitting(label, right - left)}</text>`;
  });
  const base = html`<line class="axis" x1="${MARGIN.left}" x2="${width - MARGIN.right}" y1="${px(y.at(0))}" y2="${px(y.at(0))}"/>`;
  return svg(chart, { width, height }, html`${stairs}${base}`);
}
