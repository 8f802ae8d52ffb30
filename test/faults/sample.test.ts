/** A sample of the fault matrix, and the walks through all of one kind of fault; `npm run faults` runs every case. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { Random } from "../../sandbox/chance/random.ts";
import { cleanCase, type FaultCase } from "../../sandbox/faults/cases.ts";
import { enumerateCases, thinned } from "../../sandbox/faults/enumerate.ts";
import { factsOf } from "../../sandbox/faults/facts.ts";
import { planNames, readFaultPlan } from "../../sandbox/faults/plans.ts";
import { run, type Trial } from "../../sandbox/faults/trial.ts";
import { judgeCase, judgeTrial, type Verdict } from "../../sandbox/faults/verdict.ts";
import { deployedFunctions, MACHINES } from "../../sandbox/host/deployment.ts";
import { isUntold } from "../support/self-driving.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const SEED = 5;
const SAMPLE = 12;
const PATIENCE_MS = 240_000;

/** Each plan's run without a fault. */
const clean = new Map<string, Trial>();

beforeAll(async () => {
  for (const name of planNames()) clean.set(name, await run(readFaultPlan(name), cleanCase(name)));
}, PATIENCE_MS);

function cleanOf(name: string): Trial {
  const trial = clean.get(name);
  if (trial === undefined) throw new Error(`there is no plan ${name}`);
  return trial;
}

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
  it.each(planNames())("the plan %s ends as it says", (name) => {
    const { violations, outcomes } = judgeTrial(cleanOf(name));
    expect(violations).toEqual([]);
    expect(outcomes).toEqual(readFaultPlan(name).expect.map(({ outcome }) => outcome));
  });
});

describe("all plans together", () => {
  it("come by every state of every machine", () => {
    const visited = new Set([...clean.values()].flatMap(({ visits }) => visits.map(inWords)));
    const all = MACHINES.flatMap((machine) =>
      statesOf(machine)
        .filter((state) => machine !== "rollout" || !isUntold(state))
        .map((state) => inWords({ machine, state })),
    );
    expect(all.filter((state) => !visited.has(state))).toEqual([]);
  });

  it("invoke every function", () => {
    const invoked = new Set([...clean.values()].flatMap(({ invocations }) => [...invocations.keys()]));
    expect([...deployedFunctions().keys()].filter((name) => !invoked.has(name) && !isUntold(name))).toEqual([]);
  });

  it("have thousands of cases", () => {
    const known = new Set<string>();
    const cases = planNames().flatMap((name) =>
      thinned(enumerateCases(cleanOf(name)), known, readFaultPlan(name).againOneIn),
    );
    expect(cases.length).toBeGreaterThan(4_000);
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
  });
});

const inWords = ({ machine, state }: { readonly machine: string; readonly state: string }) => `${machine}: ${state}`;

interface States {
  readonly [name: string]: {
    readonly Iterator?: { readonly States: States };
    readonly ItemProcessor?: { readonly States: States };
  };
}

function statesOf(machine: string): string[] {
  const file = new URL(`../../statemachine/${machine}.asl.json`, import.meta.url);
  return namesIn((JSON.parse(readFileSync(file, "utf8")) as { readonly States: States }).States);
}

function namesIn(states: States): string[] {
  return Object.entries(states).flatMap(([name, { Iterator: iterator, ItemProcessor: processor }]) => [
    name,
    ...namesIn({ ...iterator?.States, ...processor?.States }),
  ]);
}

describe("with one fault", () => {
  it("a sample of all cases breaks no rule", { timeout: PATIENCE_MS }, async () => {
    const known = new Set<string>();
    const cases = planNames().flatMap((name) =>
      thinned(enumerateCases(cleanOf(name)), known, readFaultPlan(name).againOneIn),
    );
    expect(await broken(sampled(cases, SAMPLE))).toEqual([]);
  });
});

describe("an API that is gone", () => {
  const onCall = "oncall@shop.example";

  it.each([
    { action: { kind: "refuse" as const }, how: "refused" },
    { action: { kind: "throttle" as const }, how: "throttled" },
  ])(
    "and $how: paged, never called safe, and brought back once it returns",
    { timeout: PATIENCE_MS },
    async ({ action }) => {
      const plan = readFaultPlan("regression");
      const from = firstBad(cleanOf("regression")) - plan.scenario.startsAt + 1_000;
      const to = from + 40 * 60_000;
      const calls = [{ service: "lambda", operation: "UpdateAlias", nth: "always" as const, from, to, action }];
      const trial = await run(plan, { ...cleanCase("regression"), kind: "gone", calls });
      const { facts, aliases, sandbox } = factsOf(trial);
      const returnsAt = plan.scenario.startsAt + to;

      expect(judgeTrial(trial)).toMatchObject({ violations: [], outcomes: ["rolled-back"], paged: true });
      const [promotion] = facts;
      expect(promotion).toMatchObject({ status: "FAILED", error: "rollback-failed" });
      const said = (subject: RegExp) => sandbox.sns.mailbox.filter((mail) => subject.test(mail.subject));
      expect(said(/^PAGE: .* not known to be safe$/).map((page) => page.to)).toEqual([onCall]);
      expect(said(/: rolled-back$/).every(({ at }) => at > returnsAt)).toBe(true);
      const [back] = aliases.flatMap(({ changes }) => changes.slice(-1));
      expect(back).toMatchObject({ weights: { "7": 1 }, by: "call" });
      expect((back?.at ?? 0) - returnsAt).toBeGreaterThan(0);
      // The sweeper's next round, and its own retries.
      expect((back?.at ?? 0) - returnsAt).toBeLessThan(2 * 60_000);
    },
  );

  /** When the weight was set from which the candidate is bad. */
  function firstBad({ changes }: Trial): number {
    return changes.find(({ weights }) => weights["8"] === 0.25)?.at ?? 0;
  }
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
    // The first link that was mailed ended with all others, the second one decided, and the lead's is moot.
    expect(trial.links.map(({ status }) => status)).toEqual([410, 200, 410]);
  });
});
