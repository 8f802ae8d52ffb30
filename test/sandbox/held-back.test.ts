/** A subscription that nobody deployed, on the real machines: it gets no link, and people are asked once it has gone. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import { readScenario } from "../../sandbox/world/scenario.ts";

/** People are asked before the rollout (operations), and at 50 % (tech-lead), where the judge is at it meanwhile. */
const WORLD = JSON.parse(readFileSync(new URL("../faults/plans/mid-approval.json", import.meta.url), "utf8"));
const RELEASE = WORLD.starts[0].release;
const TOPIC = "arn:aws:sns:eu-west-1:111122223333:headgate";
const MINUTE = 60_000;
const LINK = /\/approvals\/[0-9a-f]{64}/;

test("a stranger's subscription gets no link; those on call hear of it once per approval, and people once it has gone", async () => {
  const scenario = readScenario(WORLD.scenario);
  const resolution = resolvePlan(WORLD.policy, RELEASE, { now: scenario.startsAt });
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems));
  const sandbox = new Sandbox({ scenario, policy: WORLD.policy, plan: resolution.plan, sweepEveryMs: 5 * MINUTE });
  const listens = (from: number, to: number) => {
    sandbox.clock.after(from * MINUTE, "eve subscribes", async () => {
      const arn = sandbox.sns.subscribe(TOPIC, { email: "eve@example.com" });
      sandbox.clock.after((to - from) * MINUTE, "eve is taken out", async () => sandbox.sns.unsubscribe(arn));
    });
  };
  listens(0, 12);
  listens(17, 38);

  const { outcome } = await sandbox.promote(RELEASE, "one");

  const minute = (at: number) => Math.floor((at - scenario.startsAt) / MINUTE);
  const seen = sandbox.sns.mailbox.map(({ at, to, subject, body }) => ({ at: minute(at), to, subject, body }));
  expect(outcome).toBe("promoted");
  // The sweeper comes every five minutes; in the middle of the rollout the judge tries each time that it looks.
  expect(seen.filter(({ body }) => LINK.test(body)).map(({ at, to }) => `${at} ${to}`)).toEqual([
    "15 ops@shop.example",
    "38 lead@shop.example",
  ]);
  const pages = seen.filter(({ to, subject }) => to === "oncall@shop.example" && subject.startsWith("PAGE"));
  expect(pages.map(({ at }) => at)).toEqual([0, 21]);
}, 60_000);
