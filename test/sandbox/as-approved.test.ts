/** What was approved is swapped in the table before it is made: the real machines end in Fail, and traffic is where it was. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import { itemsOf } from "../../sandbox/faults/table-dump.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import { readScenario } from "../../sandbox/world/scenario.ts";
import { rewritePlanAndHeader } from "../support/tampering.ts";

const WORLD = JSON.parse(readFileSync(new URL("../faults/plans/mid-approval.json", import.meta.url), "utf8"));
const RELEASE = WORLD.starts[0].release;
const PATIENCE_MS = 60_000;

test(
  "an artifact that is swapped between the yes and its making, with the header's hashes, is never made",
  async () => {
    const people = [
      { who: "ops@shop.example", answers: "approve", after: "2m" },
      { who: "lead@shop.example", answers: "approve", after: "1m" },
    ];
    const scenario = readScenario({ ...WORLD.scenario, people });
    const resolution = resolvePlan(WORLD.policy, RELEASE, { now: scenario.startsAt });
    if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems));
    let swapped = 0;
    const sandbox: Sandbox = new Sandbox({
      scenario,
      policy: WORLD.policy,
      plan: resolution.plan,
      sweepEveryMs: 60_000,
      onEvent: ({ stateEnteredEventDetails }) => {
        if (stateEnteredEventDetails?.name === "Check window") sandbox.clock.after(0, "a hand in the table", swap);
      },
    });
    const swap = async () => {
      const [header] = itemsOf(sandbox, "PROMOTION#", "HEADER");
      const place = { promotionId: String(header?.promotionId), environment: "prod" };
      await rewritePlanAndHeader(sandbox.ledger, place, (json) => json.replace("order/v2.zip", "order/theirs.zip"));
      swapped += 1;
    };

    const { outcome } = await sandbox.promote(RELEASE, "one");

    expect(swapped).toBe(1);
    expect(outcome).toBe("errored");
    const { error, cause } = sandbox.executions.describeExecution({ executionArn: sandbox.arnOf("one") });
    expect(error).toBe("errored");
    expect(cause).toContain('NotAsApproved: approval "before" of prod was given for something else');
    const alias = { account: "444455556666", region: "eu-west-1", functionName: "shop-order", alias: "live" };
    expect(sandbox.lambda.weightHistory(alias)).toHaveLength(1);
    expect(itemsOf(sandbox, "PROMOTION#", "REPLACEMENT#")).toEqual([]);
  },
  PATIENCE_MS,
);
