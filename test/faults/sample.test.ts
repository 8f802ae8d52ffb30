/** A sample of the fault matrix, and two walks through all of one kind of fault; `npm run faults` runs every case. */
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { FaultCase } from "../../infra/local/faults/cases.ts";
import { cleanCase } from "../../infra/local/faults/cases.ts";
import { enumerateCases, thinned } from "../../infra/local/faults/enumerate.ts";
import { planNames, readFaultPlan } from "../../infra/local/faults/plans.ts";
import { run, type Trial } from "../../infra/local/faults/trial.ts";
import { judgeCase, type Verdict } from "../../infra/local/faults/verdict.ts";
import { Random } from "../../infra/local/world/random.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const SEED = 5;
const SAMPLE = 40;
const PATIENCE_MS = 240_000;

const clean = (plan: string) => run(readFaultPlan(plan), cleanCase(plan));

/** The same cases for the same seed, in random order. */
function sampled(cases: readonly FaultCase[], count: number): FaultCase[] {
  const chance = (what: FaultCase) => Random.of(SEED, what.id).uniform();
  return cases.toSorted((one, other) => chance(one) - chance(other)).slice(0, count);
}

async function broken(cases: readonly FaultCase[]): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const what of cases) verdicts.push(await judgeCase(what));
  return verdicts.filter(({ violations }) => violations.length > 0);
}

describe("without a fault", () => {
  it.each(planNames())("the plan %s ends as it says", { timeout: PATIENCE_MS }, async (name) => {
    const verdict = await judgeCase(cleanCase(name));
    expect(verdict.violations).toEqual([]);
    expect(verdict.outcomes).toEqual(readFaultPlan(name).starts.map(({ outcome }) => outcome));
  });
});

describe("with one fault", () => {
  it("a sample of all cases breaks no rule", { timeout: PATIENCE_MS }, async () => {
    const known = new Set<string>();
    const cases: FaultCase[] = [];
    for (const name of planNames()) cases.push(...thinned(enumerateCases(await clean(name)), known));
    expect(await broken(sampled(cases, SAMPLE))).toEqual([]);
  });
});

describe("a candidate that fails", () => {
  let regression: Trial;
  beforeAll(async () => {
    regression = await clean("regression");
  });

  it("ends on the baseline whichever single handler call is killed", { timeout: PATIENCE_MS }, async () => {
    for (const [handler, count] of regression.invocations) {
      for (let nth = 1; nth <= count; nth++) {
        const id = `regression/killed/${handler}.${nth}`;
        const handlers = [{ handler, nth, action: "crash-before" as const }];
        const verdict = await judgeCase({ ...cleanCase("regression"), id, handlers });
        expect(verdict).toMatchObject({ id, outcomes: ["rolled-back"], violations: [] });
      }
    }
  });
});

describe("a person who is asked in mid-rollout", () => {
  it("is told when an alarm acts, and the link is dead", { timeout: PATIENCE_MS }, async () => {
    const asked = { at: "state", machine: "rollout", state: "Ask approval", nth: 1, ms: 60_000 } as const;
    const alarm = { when: asked, deed: { do: "alarm", name: "guard" } } as const;
    const trial = await run(readFaultPlan("mid-approval"), { ...cleanCase("mid-approval"), happenings: [alarm] });
    const toLead = trial.sandbox.sns.mailbox.filter(({ to }) => to === "lead@shop.example");
    expect(toLead.map(({ subject }) => subject)).toEqual([
      "Approve shop v2 for prod?",
      "shop v2 for prod: no approval needed any more",
    ]);
    expect(trial.links.map(({ status }) => status)).toEqual([200, 410]);
  });
});
