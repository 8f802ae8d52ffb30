/** Lines over time. */
import { type Html, html } from "../html.ts";
import { fitting, greatest, LETTER, least, MARGIN, svg, WIDTH } from "./frame.ts";
import { linear, niceTicks, numberLabel, px, type Scale, timeLabel, timeTicks } from "./scale.ts";

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
