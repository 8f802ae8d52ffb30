/** On the real machines: whoever said yes in the middle of a rollout is revoked while traffic is held before the shift. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import { readScenario } from "../../sandbox/world/scenario.ts";

const WORLD = JSON.parse(readFileSync(new URL("../faults/plans/mid-approval.json", import.meta.url), "utf8"));
const FIRST = "ops@shop.example";
const SECOND = "olga@shop.example";
const MINUTE = 60_000;

/** One of two operators approves with half of the traffic on the candidate; it is held before that and goes on after an hour. */
function world() {
  const policy = structuredClone(WORLD.policy);
  policy.people.operations = [FIRST, SECOND];
  policy.environments.prod.approvals = [{ when: 50, roles: { operations: 1 }, expiresAfter: "8h" }];
  const people = [
    { who: FIRST, answers: "approve", after: "20m" },
    { who: SECOND, answers: "approve", after: "70m" },
  ];
  const operators = [
    { by: "olu", at: "15m", verb: "hold" },
    { by: "olu", at: "60m", verb: "resume" },
  ];
  const scenario = readScenario({ ...WORLD.scenario, people, operators });
  const { release } = WORLD.starts[0];
  const resolution = resolvePlan(policy, release, { now: scenario.startsAt });
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems));
  const states: string[] = [];
  const sandbox = new Sandbox({
    scenario,
    policy,
    plan: resolution.plan,
    onEvent: ({ stateEnteredEventDetails }, executionArn) => {
      const { name } = stateEnteredEventDetails ?? {};
      if (name !== undefined && executionArn.includes(":headgate-rollout:")) states.push(name);
    },
  });
  return { sandbox, release, states };
}

test("people are asked anew while half of the traffic stays where it is, and the shift waits for another one's yes", {
  timeout: 60_000,
}, async () => {
  const { sandbox, release, states } = world();
  const ops = "arn:aws:iam::111122223333:user/security";
  sandbox.clock.after(40 * MINUTE, "revocation", async () => {
    expect((await sandbox.api.sayOf("revoke", FIRST, "left the company", ops)).statusCode).toBe(200);
  });

  const { outcome } = await sandbox.promote(release, "one");

  expect(outcome).toBe("promoted");
  expect(states.filter((name) => ["Shift traffic", "Ask approval", "Bake"].includes(name))).toEqual([
    ...["Shift traffic", "Bake"],
    ...["Ask approval", "Bake"],
    "Bake",
    ...["Ask approval", "Bake"],
    ...["Shift traffic", "Bake"],
  ]);
  const asked = (who: string) =>
    sandbox.sns.mailbox.filter(({ to, body }) => to === who && body.includes("/approvals/"));
  expect([asked(FIRST).length, asked(SECOND).length]).toEqual([1, 2]);
});
