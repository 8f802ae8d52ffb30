/** One rollout on one time axis: traffic, both arms' figures, and the judge's evidence, with what happened marked. */
import type { BakeRecord, BakeResult } from "../../functions/domain/judge/bake.ts";
import { ruleInWords } from "../../functions/domain/judge/thresholds.ts";
import { evidenceLine, twoArms } from "../../functions/pages/charts/judged.ts";
import { type LineChart, lineChart, type Point } from "../../functions/pages/charts/line-chart.ts";
import { type Html, html } from "../../functions/pages/html.ts";
import { thinned } from "../../functions/pages/promotion/verdict-view.ts";
import { type Axis, shareChanges } from "./axis.ts";
import type { EnvironmentData, ReportData } from "./data.ts";
import { metricName } from "./look-words.ts";
import { type ArmSeries, pooledSeries, seriesByTarget } from "./series.ts";

/** Two drawings of each chart: a phone gets words as large as a desk. */
export const WIDTHS = { narrow: 380, wide: 960 } as const;
export type Size = keyof typeof WIDTHS;

/** Draws for both sizes; the style sheet shows the one that fits. */
export function inBothSizes(draw: (size: Size) => Html | readonly Html[]): Html {
  return html`<div class="only-narrow">${draw("narrow")}</div><div class="only-wide">${draw("wide")}</div>`;
}

type Marks = NonNullable<LineChart["events"]>;

/** More metrics than these are told in the table alone. */
const MOST_METRICS = 4;

export function rolloutCharts(data: ReportData, environment: EnvironmentData, axis: Axis): Html {
  return inBothSizes((size) => {
    const marks = marksOf(data, environment, axis, size);
    const lines = marks.map(({ x }) => ({ x, label: "" }));
    const series = environment.recording === null ? [] : pooledSeries(environment.recording);
    return [
      weightChart(environment, axis, size, marks),
      ...series.slice(0, MOST_METRICS).map((one) => armsChart(one, { environment, axis, size, lines })),
      ...evidenceChart(environment, axis, size, lines),
    ];
  });
}

const frame = (axis: Axis, size: Size) => ({ from: axis.at(axis.from), to: axis.at(axis.to), width: WIDTHS[size] });

const chartId = ({ plan }: EnvironmentData, name: string, size: Size) =>
  `${plan.environment}-${name}-${size}`.replace(/[^A-Za-z0-9-]/g, "-");

function weightChart(environment: EnvironmentData, axis: Axis, size: Size, marks: Marks): Html {
  const changes = shareChanges(environment, axis.from);
  const told = changes.map(({ weight }) => `${weight} %`).join(", ");
  return lineChart({
    ...frame(axis, size),
    id: chartId(environment, "weight", size),
    title: "Traffic on the candidate",
    description: `Share of traffic on the candidate in ${environment.plan.environment}: ${told}. Grey bands are bakes with their verdicts, red ones brought traffic back.`,
    yLabel: "%",
    yMin: 0,
    yMax: 100,
    height: 190,
    series: [{ name: "candidate", tone: "candidate", points: stairs(environment, axis) }],
    events: marks,
    bands: environment.bakes.flatMap((bake) => bandOf(bake, axis, size)),
  });
}

function stairs(environment: EnvironmentData, axis: Axis): Point[] {
  let weight = 0;
  const steps = shareChanges(environment, axis.from).flatMap((change) => {
    const x = axis.at(change.at);
    const step = [
      { x, y: weight },
      { x, y: change.weight },
    ];
    weight = change.weight;
    return step;
  });
  return [{ x: axis.at(axis.from), y: 0 }, ...steps, { x: axis.at(axis.to), y: weight }];
}

const BAD: ReadonlySet<BakeResult | null> = new Set(["failed", "tripped", "rejected"]);

function bandOf(bake: BakeRecord, axis: Axis, size: Size): NonNullable<LineChart["bands"]> {
  if (bake.endedAt === null) return [];
  const bad = BAD.has(bake.result);
  const sign = bad ? "✗" : "✓";
  const label = size === "narrow" ? sign : `${sign} ${bake.result}`;
  return [{ from: axis.at(bake.startedAt), to: axis.at(bake.endedAt), label, bad }];
}

const BACK: Readonly<Record<Size, string>> = { narrow: "back", wide: "rolled back" };

/** Marks this close together (share of the axis) have one label. */
const CLOSE = 0.012;

/** Shifts, and what else happened between them: approvals, alarms, words of operators, the way back. */
function marksOf(data: ReportData, environment: EnvironmentData, axis: Axis, size: Size): Marks {
  const shifts = shareChanges(environment, axis.from).map(({ at, weight }, index) => ({
    at,
    label: weight === 0 && index > 0 ? BACK[size] : size === "narrow" ? `${weight}` : `${weight} %`,
  }));
  const others = data.trail
    .filter((entry) => entry.environment === environment.plan.environment && TOLD[entry.kind] !== undefined)
    .map(({ at, kind }) => ({ at, label: TOLD[kind] ?? kind }));
  const marks = [...shifts, ...others]
    .filter(({ at }) => at >= axis.firstShiftAt && at <= axis.to)
    .sort((a, b) => a.at - b.at);
  return joined(marks, (axis.to - axis.from) * CLOSE).map(({ at, label }) => ({ x: axis.at(at), label }));
}

/** Kinds of the trail's entries that are marked. */
const TOLD: Readonly<Record<string, string>> = {
  alarm: "alarm",
  conflict: "conflict",
  asked: "asked",
  approved: "approved",
  rejected: "rejected",
  signal: "operator",
};

interface Mark {
  readonly at: number;
  readonly label: string;
}

function joined(marks: readonly Mark[], closeMs: number): Mark[] {
  const result: Mark[] = [];
  for (const mark of marks) {
    const last = result.at(-1);
    if (last === undefined || mark.at - last.at > closeMs) result.push(mark);
    else if (!last.label.includes(mark.label))
      result[result.length - 1] = { ...last, label: `${last.label}, ${mark.label}` };
  }
  return result;
}

interface Scene {
  readonly environment: EnvironmentData;
  readonly axis: Axis;
  readonly size: Size;
  readonly lines: Marks;
}

function armsChart(series: ArmSeries, { environment, axis, size, lines }: Scene, name = series.metric): Html {
  const many = series.targets.length > 1;
  const approximate = many && series.unit !== "%" ? ", mean of the targets" : many ? ", all targets" : "";
  const moved = (points: readonly Point[]) => points.map(({ x, y }) => ({ x: axis.at(x), y }));
  return twoArms({
    ...frame(axis, size),
    id: chartId(environment, name, size),
    title: `${titleOf(series.metric)}${many ? approximate : ` of ${series.targets.join("")}`}`,
    description: `${metricName(series.metric)} of candidate and baseline in ${environment.plan.environment}, minute by minute; ${rangeInWords(series)}.`,
    ...(series.unit === "" ? {} : { yLabel: series.unit }),
    height: 200,
    candidate: moved(series.candidate),
    baseline: moved(series.baseline),
    limits: limitsNear(series),
    events: lines,
  });
}

/** `Error rate`, `Duration p95`, or the metric's own name. */
function titleOf(metric: string): string {
  const name = metricName(metric);
  if (/^p\d+$/.test(name)) return `Duration ${name}`;
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

function rangeInWords({ candidate, unit }: ArmSeries): string {
  const values = candidate.flatMap(({ y }) => y ?? []);
  if (values.length === 0) return "the candidate was not measured";
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => Number(value.toPrecision(3)));
  return `the candidate between ${low} and ${high} ${unit}`;
}

/** A ceiling far above everything that was measured would press the lines to the ground. */
const NEAR = 0.4;

function limitsNear({ rules, candidate, baseline, unit }: ArmSeries): { y: number; label: string }[] {
  const values = [...candidate, ...baseline].flatMap(({ y }) => y ?? []);
  const peak = values.length === 0 ? 0 : Math.max(...values);
  return rules.flatMap((rule) => {
    if (rule.max === undefined || rule.onBreach !== "rollback" || peak < rule.max * NEAR) return [];
    return [{ y: rule.max, label: ruleInWords(rule, ` ${unit}`) }];
  });
}

function evidenceChart(environment: EnvironmentData, axis: Axis, size: Size, lines: Marks): Html[] {
  const line = environment.looks.at(-1)?.line;
  if (line === undefined || !Number.isFinite(line)) return [];
  return [
    evidenceLine({
      ...frame(axis, size),
      id: chartId(environment, "evidence", size),
      title: "Evidence against the candidate",
      height: 190,
      points: thinned(environment.looks.map(({ at, logE }) => ({ x: axis.at(at), y: logE }))),
      line,
      events: lines,
    }),
  ];
}

/** More small charts than this are no help; the verdicts name every metric that matters. */
const MOST_SMALL = 12;

/** Every metric of every target by itself, as small charts on the same axis. */
export function targetCharts(environment: EnvironmentData, axis: Axis): Html[] {
  if (environment.recording === null) return [];
  return seriesByTarget(environment.recording)
    .slice(0, MOST_SMALL)
    .map((series, index) =>
      armsChart(series, { environment, axis, size: "narrow", lines: [] }, `one-${index}-${series.metric}`),
    );
}
