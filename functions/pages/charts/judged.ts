/** What the judge looks at, as charts: the two arms, and the evidence. */
import { oddsInWords } from "../../domain/judge/evidence.ts";
import type { Html } from "../html.ts";
import { type LineChart, lineChart, type Point, type YTick } from "./line-chart.ts";

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
