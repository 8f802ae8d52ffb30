/** What the judge saw in an environment, for people: each bake's verdict, the last findings, the series behind them. */

import type { BakeRecord } from "../../domain/judge/bake.ts";
import type { Finding } from "../../domain/judge/finding.ts";
import { loadBakes, loadLooks } from "../../domain/judge/load.ts";
import type { KeptLook, KeptPeriod } from "../../domain/judge/store.ts";
import type { Ledger } from "../../domain/ports.ts";
import type { Point } from "../charts/line-chart.ts";

export interface SeriesView {
  readonly name: string;
  readonly unit: string;
  readonly baseline: readonly Point[];
  readonly candidate: readonly Point[];
}

export interface VerdictView {
  readonly environment: string;
  readonly bakes: readonly Pick<
    BakeRecord,
    "phase" | "span" | "verdict" | "result" | "summary" | "startedAt" | "endedAt"
  >[];
  /** Of the newest bake, worst first. */
  readonly findings: readonly Pick<
    Finding,
    "watch" | "verdict" | "unit" | "candidate" | "baseline" | "samples" | "cold" | "effect"
  >[];
  readonly from: number;
  readonly to: number;
  /** When the candidate's share changed. */
  readonly shifts: readonly { readonly x: number; readonly label: string }[];
  readonly series: readonly SeriesView[];
  readonly evidence: { readonly points: readonly Point[]; readonly line: number } | null;
}

/** More than this many charts are scrolled past; the findings list names every metric. */
const MOST_CHARTS = 3;
/** As many as a chart has pixels to show apart. */
const MOST_POINTS = 240;

/** Null where nothing was baked. */
export async function loadVerdictView(
  ledger: Ledger,
  promotionId: string,
  environment: string,
): Promise<VerdictView | null> {
  const bakes = await loadBakes(ledger, promotionId, environment);
  const [first] = bakes;
  const last = bakes.at(-1);
  if (first === undefined || last === undefined) return null;
  const looks = await loadLooks(ledger, promotionId, environment);
  const to = looks.at(-1)?.at ?? last.endedAt ?? last.startedAt + 1;
  return {
    environment,
    bakes,
    findings: last.findings,
    from: first.startedAt,
    to,
    shifts: bakes.flatMap(({ span }) => (span === null ? [] : [{ x: span.from, label: `${span.weight} %` }])),
    series: last.findings.slice(0, MOST_CHARTS).map((finding) => seriesOf(finding, looks)),
    evidence: evidenceOf(looks),
  };
}

/** The newest word on each period of one metric, thinned to what a chart can show. */
function seriesOf({ watch, unit }: Finding, looks: readonly KeptLook[]): SeriesView {
  const newest = new Map<number, KeptPeriod>();
  for (const look of looks) {
    for (const period of look.periods[watch] ?? []) newest.set(period[0], period);
  }
  const periods = [...newest.values()].sort(([a], [b]) => a - b);
  const arm = (index: 1 | 2) => thinned(periods.map((one) => ({ x: one[0], y: measuredOf(one[index]) })));
  return { name: watch, unit: unit.trim(), candidate: arm(1), baseline: arm(2) };
}

/** What no request reached has no value. */
const measuredOf = (arm: KeptPeriod[1]): number | null => (arm === null || arm[0] === 0 ? null : arm[2]);

function evidenceOf(looks: readonly KeptLook[]): VerdictView["evidence"] {
  const line = looks.at(-1)?.line;
  if (line === undefined) return null;
  return { points: thinned(looks.map(({ at, logE }) => ({ x: at, y: logE }))), line };
}

/** Neighbours as one point, the highest of them: a thinned chart may look worse than what was measured, never better. */
export function thinned(points: readonly Point[], most = MOST_POINTS): Point[] {
  const size = Math.ceil(points.length / most);
  if (size <= 1) return [...points];
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) => {
    const group = points.slice(index * size, (index + 1) * size);
    return group.reduce((worst, point) => ((point.y ?? -Infinity) > (worst.y ?? -Infinity) ? point : worst));
  });
}
