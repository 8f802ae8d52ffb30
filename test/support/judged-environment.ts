/** An environment that was baked and judged, written as the judge writes it, for pages that show it. */

import type { BakeRecord } from "../../functions/domain/judge/bake.ts";
import type { Finding } from "../../functions/domain/judge/finding.ts";
import type { KeptLook, KeptPeriod } from "../../functions/domain/judge/store.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import type { Ledger } from "../../functions/domain/ports.ts";

const MINUTE = 60_000;
const STEPS = [10, 25, 50, 100] as const;
const BAKE_MINUTES = 15;

/** A curve without randomness: two waves that never repeat within an hour. */
const wobble = (minute: number, phase: number) => Math.sin(minute * 0.7 + phase) + Math.sin(minute * 0.31 + 2 * phase);

function finding(watch: string, unit: string, candidate: number, baseline: number): Finding {
  const metric = watch.split(": ")[1] ?? watch;
  const same = { watch, metric, target: "order", dryRun: false, verdict: "pass", reason: null, unit } as const;
  return { ...same, candidate, baseline, samples: 5_400, rules: [], logE: -0.7, logPass: 1.2 };
}

const FINDINGS = [finding("order: error rate", " %", 0.41, 0.44), finding("order: p95 duration", " ms", 212, 208)];

/** Four steps of a quarter of an hour that began at `from` (epoch ms), all passed. */
export async function judge(ledger: Ledger, promotionId: string, environment: string, from: number): Promise<void> {
  for (const [index, weight] of STEPS.entries()) {
    const startedAt = from + index * BAKE_MINUTES * MINUTE;
    const endedAt = startedAt + BAKE_MINUTES * MINUTE;
    const phase = `step-${weight}`;
    const span = { from: startedAt, weight, finished: false };
    const bake: BakeRecord = {
      phase,
      span,
      startedAt,
      since: startedAt,
      plannedSeconds: 900,
      endsAt: endedAt,
      extended: false,
      chunk: 0,
      revision: 15,
      parts: 1,
      alarmsReadTo: endedAt,
      verdict: "pass",
      acted: null,
      reasons: [],
      warnings: [],
      findings: FINDINGS,
      logE: -0.7,
      line: Math.log(20),
      evidence: "no evidence against the candidate",
      result: "passed",
      endedAt,
      summary: `${weight} % for 15m: error rate 0.41 % against 0.44 %, p95 212 ms against 208 ms`,
    };
    await ledger.write([{ put: item(keys.bake(promotionId, environment, phase), bake) }]);
    await writeLooks(ledger, promotionId, environment, bake);
  }
}

async function writeLooks(ledger: Ledger, promotionId: string, environment: string, bake: BakeRecord): Promise<void> {
  for (let minute = 0; minute < BAKE_MINUTES; minute++) {
    const at = bake.startedAt + minute * MINUTE;
    const elapsed = (at - bake.startedAt) / MINUTE + bake.startedAt / MINUTE;
    const value = (base: number, spread: number, phase: number): KeptPeriod[1] => [
      120,
      1,
      base + spread * wobble(elapsed, phase),
    ];
    const look: KeptLook = {
      phase: bake.phase,
      at: at + 3 * MINUTE,
      span: bake.span,
      verdict: "pass",
      logE: -0.6 + 0.4 * wobble(elapsed, 1),
      line: Math.log(20),
      synthetic: {},
      periods: {
        "order: error rate": [[at, value(0.5, 0.15, 0), value(0.52, 0.1, 2)]],
        // Ten minutes in, CloudWatch had nothing on the candidate.
        "order: p95 duration": [[at, minute === 10 ? null : value(212, 14, 1), value(208, 10, 3)]],
      },
    };
    await ledger.write([{ put: item(keys.samples(promotionId, environment, bake.phase, minute), look) }]);
  }
}
