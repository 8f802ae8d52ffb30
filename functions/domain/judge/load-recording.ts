/** A promotion's recording, read from the ledger. */
import type * as z from "zod";
import { loadPlanAsStored, loadPlanHeaderAsStored } from "../ledger/load.ts";
import type { Ledger } from "../ports.ts";
import { loadReferences } from "./capture-reference.ts";
import { loadBakes, loadLooks } from "./load.ts";
import { RECORDING_FORMAT, type Recording, type spanSchema } from "./recording.ts";
import type { KeptLook, KeptPeriod } from "./store.ts";

/** Everything that was seen in one environment of a promotion. */
export async function loadRecording(ledger: Ledger, promotionId: string, environment: string): Promise<Recording> {
  const header = await loadPlanHeaderAsStored(ledger, promotionId);
  const plan = await loadPlanAsStored(ledger, promotionId, environment);
  const looks = await loadLooks(ledger, promotionId, environment);
  const bakes = await loadBakes(ledger, promotionId, environment);
  return {
    format: RECORDING_FORMAT,
    promotionId,
    service: header.service,
    version: header.version,
    environment,
    analysis: plan.analysis,
    steps: plan.steps,
    references: (await loadReferences(ledger, promotionId, environment)) ?? {},
    spans: spansOf(bakes),
    bakes: bakes.map(({ phase, startedAt, endedAt, result, acted, summary }) => {
      return { phase, startedAt, endedAt, result, acted, summary };
    }),
    samples: samplesOf(looks),
    synthetic: syntheticOf(looks),
  };
}

type Span = z.output<typeof spanSchema>;

function spansOf(bakes: readonly { readonly span: Span | null }[]): Span[] {
  const spans = bakes.flatMap(({ span }) => span ?? []);
  return spans.filter((span, index) => index === 0 || (spans[index - 1]?.from ?? 0) < span.from);
}

function syntheticOf(looks: readonly KeptLook[]): Recording["synthetic"] {
  const byWatch = new Map<string, [number, number, number][]>();
  for (const { at, synthetic } of looks) {
    for (const [watch, { requests, errors }] of Object.entries(synthetic)) {
      byWatch.set(watch, [...(byWatch.get(watch) ?? []), [at, requests, errors]]);
    }
  }
  return Object.fromEntries(byWatch);
}

/** A period that was looked at twice counts as the later look has it. */
function samplesOf(looks: readonly KeptLook[]): Recording["samples"] {
  const byWatch = new Map<string, Map<number, KeptPeriod>>();
  for (const { periods } of looks) {
    for (const [watch, kept] of Object.entries(periods)) {
      const known = byWatch.get(watch) ?? new Map<number, KeptPeriod>();
      for (const period of kept) known.set(period[0], period);
      byWatch.set(watch, known);
    }
  }
  return Object.fromEntries(
    [...byWatch].map(([watch, kept]) => [watch, [...kept.values()].sort((a, b) => a[0] - b[0])]),
  );
}
