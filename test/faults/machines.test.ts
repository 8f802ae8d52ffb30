/** The rules see a state machine's alias as they see a function's: each is shown to fire on one. */
import { beforeAll, describe, expect, it, vi } from "vitest";
import { cleanCase } from "../../sandbox/faults/cases.ts";
import { type Facts, factsOf } from "../../sandbox/faults/facts.ts";
import { readFaultPlan } from "../../sandbox/faults/plans.ts";
import { everyReplacementWasMeant, everyWriteWasMeant } from "../../sandbox/faults/rules/journalled.ts";
import { risesOf } from "../../sandbox/faults/rules/rises.ts";
import { latestIsWhatServes } from "../../sandbox/faults/rules/versions.ts";
import { run } from "../../sandbox/faults/trial.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const PATIENCE_MS = 60_000;

let facts: Facts;
beforeAll(async () => {
  facts = factsOf(await run(readFaultPlan("workflow"), cleanCase("workflow")));
}, PATIENCE_MS);

const withSeen = (seen: Partial<Facts["seen"]>): Facts => ({
  ...facts,
  seen: {
    codes: facts.seen.codes,
    turns: facts.seen.turns,
    intents: facts.seen.intents,
    runs: facts.seen.runs,
    latest: facts.seen.latest,
    ...seen,
  },
});

describe("the rules of the matrix", () => {
  it("see how the machine's alias was moved", () => {
    expect(risesOf(facts).map(({ from, to }) => [from, to])).toEqual([
      [0, 10],
      [10, 25],
    ]);
    expect(facts.aliases).toMatchObject([{ functionName: "shop-order", baseline: "7", version: "7", split: false }]);
  });

  it("miss the intent of each write to it", () => {
    expect(everyWriteWasMeant(facts)).toEqual([]);
    const writes = facts.aliases[0]?.changes.filter(({ by }) => by === "call").length;
    expect(writes).toBeGreaterThanOrEqual(3);
    expect(everyWriteWasMeant(withSeen({ intents: [] }))).toHaveLength(writes ?? 0);
  });

  it("see a definition that nobody promoted", () => {
    expect(latestIsWhatServes(facts)).toEqual([]);
    const latest = facts.seen.latest.map((one) => ({ ...one, ended: "of somebody else" }));
    expect(latestIsWhatServes(withSeen({ latest }))).toHaveLength(1);
  });

  it("see a definition that was replaced without a word before", () => {
    const call = { at: 0, service: "states", operation: "UpdateStateMachine", account: "444455556666" };
    const summary = "stateMachineArn=arn:aws:states:eu-west-1:444455556666:stateMachine:shop-order";
    const [known] = facts.sandbox.aws.calls;
    if (known === undefined) throw new Error("nothing was called");
    expect(everyReplacementWasMeant(facts)).toEqual([]);
    facts.sandbox.aws.calls.push({ ...known, ...call, summary });
    expect(everyReplacementWasMeant(facts)).toHaveLength(1);
    facts.sandbox.aws.calls.pop();
  });
});
