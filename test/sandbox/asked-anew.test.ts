/** On the real machines: whoever said yes is revoked before what they said yes to has begun. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import { readScenario } from "../../sandbox/world/scenario.ts";

const WORLD = JSON.parse(readFileSync(new URL("../faults/plans/mid-approval.json", import.meta.url), "utf8"));
const FIRST = "ops@shop.example";
const SECOND = "olga@shop.example";
const MINUTE = 60_000;

interface Story {
  /** When in the rollout one of the two operators is asked, and for how long. */
  readonly approval: { readonly when: "before" | number; readonly expiresAfter: string };
  /** How long after being asked each of them says yes. */
  readonly after: readonly [first: string, second: string];
  readonly operators?: readonly { readonly by: string; readonly at: string; readonly verb: "hold" | "resume" }[];
  readonly tighten?: unknown;
  readonly revokedAtMs: number;
  /** Whose states are written down, and which. */
  readonly machine: string;
  readonly states: readonly string[];
}

/** Plays it until the promotion has ended: how, through which states, and whom a link was mailed to how often. */
async function play({ approval, after, operators = [], tighten, revokedAtMs, machine, states }: Story) {
  const policy = structuredClone(WORLD.policy);
  policy.people.operations = [FIRST, SECOND];
  policy.environments.prod.approvals = [{ ...approval, roles: { operations: 1 } }];
  const people = [FIRST, SECOND].map((who, index) => ({ who, answers: "approve", after: after[index] }));
  const scenario = readScenario({ ...WORLD.scenario, people, operators });
  const release = { ...WORLD.starts[0].release, ...(tighten === undefined ? {} : { tighten }) };
  const resolution = resolvePlan(policy, release, { now: scenario.startsAt });
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems));
  const entered: string[] = [];
  const sandbox = new Sandbox({
    scenario,
    policy,
    plan: resolution.plan,
    onEvent: ({ stateEnteredEventDetails }, executionArn) => {
      const { name = "" } = stateEnteredEventDetails ?? {};
      if (states.includes(name) && executionArn.includes(`:headgate-${machine}:`)) entered.push(name);
    },
  });
  const ops = "arn:aws:iam::111122223333:user/security";
  sandbox.clock.after(revokedAtMs, "revocation", async () => {
    expect((await sandbox.api.sayOf("revoke", FIRST, "left the company", ops)).statusCode).toBe(200);
  });
  const { outcome } = await sandbox.promote(release, "one");
  const asked = [FIRST, SECOND].map(
    (who) => sandbox.sns.mailbox.filter(({ to, body }) => to === who && body.includes("/approvals/")).length,
  );
  return { outcome, entered, asked };
}

const PATIENCE = { timeout: 60_000 };

test(
  "while the rollout waits to begin: people are asked anew in an execution of their own, and it goes on by the other's yes",
  PATIENCE,
  async () => {
    const { outcome, entered, asked } = await play({
      approval: { when: "before", expiresAfter: "4h" },
      after: ["2m", "20m"],
      tighten: { prod: { notBefore: "2026-01-13T11:00:00Z" } },
      revokedAtMs: 30 * MINUTE,
      machine: "promotion",
      states: ["Get approval", "Ask anew", "Roll out"],
    });

    expect({ outcome, asked }).toEqual({ outcome: "promoted", asked: [1, 2] });
    expect(entered).toEqual(["Get approval", "Ask anew", "Get approval", "Roll out"]);
  },
);

test(
  "while traffic is held at half: people are asked anew, traffic stays, and the shift waits for the other's yes",
  PATIENCE,
  async () => {
    const { outcome, entered, asked } = await play({
      approval: { when: 50, expiresAfter: "8h" },
      after: ["20m", "70m"],
      operators: [
        { by: "olu", at: "15m", verb: "hold" },
        { by: "olu", at: "60m", verb: "resume" },
      ],
      revokedAtMs: 40 * MINUTE,
      machine: "rollout",
      states: ["Shift traffic", "Ask approval", "Bake"],
    });

    expect({ outcome, asked }).toEqual({ outcome: "promoted", asked: [1, 2] });
    expect(entered).toEqual([
      ...["Shift traffic", "Bake"],
      ...["Ask approval", "Bake"],
      "Bake",
      ...["Ask approval", "Bake"],
      ...["Shift traffic", "Bake"],
    ]);
  },
);
