/** On the real machines: whoever said yes is revoked while the rollout waits to begin. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import { readScenario } from "../../sandbox/world/scenario.ts";

const WORLD = JSON.parse(readFileSync(new URL("../faults/plans/mid-approval.json", import.meta.url), "utf8"));
const FIRST = "ops@shop.example";
const SECOND = "olga@shop.example";
const MINUTE = 60_000;

/** One of two operators approves, and the rollout may begin an hour later. */
function world() {
  const policy = structuredClone(WORLD.policy);
  policy.people.operations = [FIRST, SECOND];
  policy.environments.prod.approvals = [{ when: "before", roles: { operations: 1 }, expiresAfter: "4h" }];
  const people = [
    { who: FIRST, answers: "approve", after: "2m" },
    { who: SECOND, answers: "approve", after: "20m" },
  ];
  const scenario = readScenario({ ...WORLD.scenario, people });
  const release = { ...WORLD.starts[0].release, tighten: { prod: { notBefore: "2026-01-13T11:00:00Z" } } };
  const resolution = resolvePlan(policy, release, { now: scenario.startsAt });
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems));
  const states: string[] = [];
  const sandbox = new Sandbox({
    scenario,
    policy,
    plan: resolution.plan,
    onEvent: ({ stateEnteredEventDetails }, executionArn) => {
      const { name } = stateEnteredEventDetails ?? {};
      if (name !== undefined && executionArn.includes(":headgate-promotion:")) states.push(name);
    },
  });
  return { sandbox, release, states };
}

test("people are asked anew in an execution of their own, and the promotion goes on by the other one's yes", {
  timeout: 60_000,
}, async () => {
  const { sandbox, release, states } = world();
  const revoke = async () => {
    const ops = "arn:aws:iam::111122223333:user/security";
    expect((await sandbox.api.sayOf("revoke", FIRST, "left the company", ops)).statusCode).toBe(200);
  };
  sandbox.clock.after(30 * MINUTE, "revocation", revoke);

  const { outcome } = await sandbox.promote(release, "one");

  expect(outcome).toBe("promoted");
  expect(states.filter((name) => ["Get approval", "Ask anew", "Roll out"].includes(name))).toEqual([
    "Get approval",
    "Ask anew",
    "Get approval",
    "Roll out",
  ]);
  const asked = (who: string) =>
    sandbox.sns.mailbox.filter(({ to, body }) => to === who && body.includes("/approvals/"));
  expect([asked(FIRST).length, asked(SECOND).length]).toEqual([1, 2]);
});
