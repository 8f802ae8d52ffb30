import { describe, expect, it } from "vitest";
import type { Assessment } from "../../../functions/domain/judge/assess.ts";
import type { BakeRecord } from "../../../functions/domain/judge/bake.ts";
import type { Finding } from "../../../functions/domain/judge/finding.ts";
import { loadBakes, loadEvidence, loadLooks } from "../../../functions/domain/judge/load.ts";
import { type EvidenceState, NO_EVIDENCE } from "../../../functions/domain/judge/state.ts";
import { evidenceChanges, sampleChanges, worstFindings } from "../../../functions/domain/judge/store.ts";
import type { Verdict } from "../../../functions/domain/judge/verdicts.ts";
import { item } from "../../../functions/domain/ledger/items.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { Conflict } from "../../../functions/domain/ports.ts";
import { MemoryLedger } from "../../support/memory-ledger.ts";

const span = { from: 0, weight: 10, finished: false };
/** Evidence of many targets, each with a tail of minutes. */
const evidenceOf = (targets: number): EvidenceState => {
  const sample = { candidate: [60.123, 1.5, 0.123456789] as const, baseline: [540.9, 1.5, 0.987654321] as const };
  const tail = Array.from({ length: 15 }, (_, minute) => ({
    at: minute,
    span,
    newest: sample,
    worst: sample,
    certain: false,
  }));
  const progress = {
    step: 0,
    rules: [],
    monitor: null,
    rank: null,
    totals: { samples: 0, sum: 0, baselineSamples: 0, baselineSum: 0 },
  };
  const watches = Array.from(
    { length: targets },
    (_, index) => [`errors@${index}`, { next: 0, tail, progress }] as const,
  );
  return { ...NO_EVIDENCE, spans: [span], watches: Object.fromEntries(watches) };
};

describe("stored evidence", () => {
  it("is cut into items below DynamoDB's limit, and read back whole", async () => {
    const ledger = new MemoryLedger();
    const state = evidenceOf(200);
    await ledger.write(evidenceChanges("p", "prod", await loadEvidence(ledger, "p", "prod"), state));
    const items = ledger.items();
    expect(items.length).toBeGreaterThan(3);
    for (const stored of items) expect(JSON.stringify(stored).length).toBeLessThan(200_000);
    expect(await loadEvidence(ledger, "p", "prod")).toEqual({ state, revision: 1 });
  });

  it("that has shrunk leaves no tail of what it was", async () => {
    const ledger = new MemoryLedger();
    await ledger.write(evidenceChanges("p", "prod", await loadEvidence(ledger, "p", "prod"), evidenceOf(200)));
    const state = evidenceOf(1);
    await ledger.write(evidenceChanges("p", "prod", await loadEvidence(ledger, "p", "prod"), state));
    expect(await loadEvidence(ledger, "p", "prod")).toEqual({ state, revision: 2 });
  });

  it("is written over the revision it was made from, or not at all", async () => {
    const ledger = new MemoryLedger();
    const before = await loadEvidence(ledger, "p", "prod");
    expect(before).toEqual({ state: NO_EVIDENCE, revision: null });
    await ledger.write(evidenceChanges("p", "prod", before, evidenceOf(1)));
    await expect(ledger.write(evidenceChanges("p", "prod", before, evidenceOf(2)))).rejects.toThrow(Conflict);
    const first = await loadEvidence(ledger, "p", "prod");
    await ledger.write(evidenceChanges("p", "prod", first, evidenceOf(2)));
    await expect(ledger.write(evidenceChanges("p", "prod", first, evidenceOf(3)))).rejects.toThrow(Conflict);
  });
});

describe("the bakes of an environment", () => {
  it("come in the order in which they began, without the evidence that lies beside them", async () => {
    const ledger = new MemoryLedger();
    for (const [phase, startedAt] of [
      ["step-100", 1],
      ["step-25", 2],
      ["hold-1", 3],
    ] as const) {
      await ledger.write([{ put: item(keys.bake("p", "prod", phase), { phase, startedAt }) }]);
    }
    await ledger.write(evidenceChanges("p", "prod", await loadEvidence(ledger, "p", "prod"), evidenceOf(1)));
    const bakes = await loadBakes(ledger, "p", "prod");
    expect(bakes.map(({ phase }) => phase)).toEqual(["step-100", "step-25", "hold-1"]);
  });
});

describe("kept samples", () => {
  const bake = { phase: "step-10", span, parts: 4 } as BakeRecord;
  const sample = { candidate: [60, 1, 1.6] as const, baseline: null };
  const assessment = (targets: number, state: EvidenceState): Assessment => {
    const folded = Object.fromEntries(
      Array.from({ length: targets }, (_, index) => [`errors@${index}`, [{ at: 5, span, sample }]]),
    );
    return { verdict: "pass", evidence: { logE: -1, line: 3 }, folded, synthetic: {}, state } as unknown as Assessment;
  };

  it("of many targets are cut into items, numbered after those before", async () => {
    const ledger = new MemoryLedger();
    const changes = sampleChanges("p", "prod", bake, assessment(6_000, NO_EVIDENCE), 1_000_000, false);
    await ledger.write(changes);
    const items = ledger.items();
    expect(items.length).toBeGreaterThan(1);
    expect(items[0]?.sk).toBe("SAMPLE#prod#step-10#000004");
    expect(items[1]?.sk).toBe("SAMPLE#prod#step-10#000005");
    for (const stored of items) expect(JSON.stringify(stored).length).toBeLessThan(200_000);
    const looks = await loadLooks(ledger, "p", "prod");
    expect(looks.flatMap(({ periods }) => Object.keys(periods))).toHaveLength(6_000);
    expect(looks[0]?.periods["errors@0"]).toEqual([[5, [60, 1, 1.6], null]]);
  });

  it("are none when nothing became certain, but for the last look", () => {
    const idle = { ...assessment(0, evidenceOf(1)), folded: { "errors@0": [] } };
    expect(sampleChanges("p", "prod", bake, idle, 0, false)).toEqual([]);
    const [last] = sampleChanges("p", "prod", bake, idle, 5_500, true);
    expect(last).toMatchObject({ put: { periods: { "errors@0": { length: 15 } }, expiresAtSeconds: 5 + 90 * 86_400 } });
  });

  it("hold requests of our own once, with or without a minute beside them", async () => {
    const ledger = new MemoryLedger();
    const synthetic = { "errors@0": { requests: 40, errors: 1 } };
    const idle = { ...assessment(0, NO_EVIDENCE), synthetic };
    await ledger.write(sampleChanges("p", "prod", bake, idle, 7, false));
    const many = { ...assessment(6_000, NO_EVIDENCE), synthetic };
    await ledger.write(sampleChanges("p", "prod", { ...bake, parts: 5 }, many, 8, false));
    const [first, second, ...others] = await loadLooks(ledger, "p", "prod");
    expect(first).toMatchObject({ at: 7, periods: {}, synthetic });
    expect(second).toMatchObject({ at: 8, synthetic });
    expect(others.length).toBeGreaterThan(0);
    expect(others.every((look) => Object.keys(look.synthetic).length === 0)).toBe(true);
  });

  it("leave out minutes that were never read", () => {
    const state = evidenceOf(1);
    const [watch] = Object.values(state.watches);
    const unread = watch?.tail.map((reading) => ({ ...reading, newest: null })) ?? [];
    const watches = { "errors@0": { ...watch, tail: unread } } as unknown as EvidenceState["watches"];
    const idle = { ...assessment(0, { ...state, watches }), folded: { "errors@0": [] } };
    expect(sampleChanges("p", "prod", bake, idle, 0, true)).toEqual([]);
  });
});

describe("findings in a record", () => {
  const finding = (watch: string, verdict: Verdict, dryRun = false) => ({ watch, verdict, dryRun }) as Finding;

  it("are the worst first, dry runs last, as many as an item should hold", () => {
    const order = worstFindings([
      finding("dry", "fail", true),
      finding("a", "pass"),
      finding("b", "inconclusive"),
      finding("c", "fail"),
      finding("d", "pass"),
      finding("e", "error"),
    ]).map(({ watch }) => watch);
    expect(order).toEqual(["c", "e", "b", "a", "d", "dry"]);
    expect(worstFindings(Array.from({ length: 100 }, () => finding("x", "pass")))).toHaveLength(60);
  });
});
