/** Approvals on the real machines, in virtual time: what the graph shows, who is mailed when, and where traffic ends. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import { apiEvent } from "../../sandbox/host/gateway.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import { readScenario } from "../../sandbox/world/scenario.ts";

/** People are asked before the rollout (operations), and at 50 % (tech-lead). */
const WORLD = JSON.parse(readFileSync(new URL("../faults/plans/mid-approval.json", import.meta.url), "utf8"));
const RELEASE = WORLD.starts[0].release;
const OPS = "ops@shop.example";
const LEAD = "lead@shop.example";
const DEV = "dev@shop.example";
const PATIENCE_MS = 60_000;
const MINUTE = 60_000;

interface Change {
  /** Instead of the two approvals. */
  readonly approvals?: readonly object[];
  readonly onConflict?: "supersede";
  readonly scenario?: object;
}

interface Seen {
  readonly sandbox: Sandbox;
  readonly startsAt: number;
  /** States that approval machines entered; when, as epoch ms; when, in minutes since the world began. */
  readonly states: readonly string[];
  readonly enteredAt: (name: string) => number[];
  readonly statesAt: (name: string) => number[];
}

function world({ approvals, onConflict, scenario = {} }: Change): Seen {
  const policy = structuredClone(WORLD.policy);
  if (approvals !== undefined) policy.environments.prod.approvals = approvals;
  if (onConflict !== undefined) policy.environments.prod.onConflict = onConflict;
  const read = readScenario({ ...WORLD.scenario, ...scenario });
  const resolution = resolvePlan(policy, RELEASE, { now: read.startsAt });
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems));
  const entered: { name: string; at: number }[] = [];
  const sandbox = new Sandbox({
    scenario: read,
    policy,
    plan: resolution.plan,
    sweepEveryMs: 5 * MINUTE,
    onEvent: ({ stateEnteredEventDetails, timestamp }, executionArn) => {
      const { name } = stateEnteredEventDetails ?? {};
      if (name !== undefined && executionArn.includes(":headgate-approval:")) entered.push({ name, at: timestamp });
    },
  });
  const enteredAt = (name: string) => entered.filter((one) => one.name === name).map(({ at }) => at);
  return {
    sandbox,
    startsAt: read.startsAt,
    get states() {
      return entered.map(({ name }) => name);
    },
    enteredAt,
    statesAt: (name) => enteredAt(name).map((at) => minutes(at - read.startsAt)),
  };
}

const minutes = (ms: number) => Math.round(ms / MINUTE);

/** Minute and subject of each mail to an address. */
const mailsTo = ({ sandbox, startsAt }: Seen, address: string) =>
  sandbox.sns.mailbox
    .filter(({ to }) => to === address)
    .map(({ at, subject }) => `${minutes(at - startsAt)} ${subject}`);

const linkOf = ({ sandbox }: Seen, address: string) => {
  const bodies = sandbox.sns.mailbox.filter(({ to }) => to === address).map(({ body }) => body);
  return bodies.flatMap((body) => /\/approvals\/([0-9a-f]{64})/.exec(body)?.[1] ?? []);
};

const saidBy = ({ sandbox }: Seen, address: string) =>
  sandbox.timeline.lines.filter(({ kind, what }) => kind === "person" && what === address).map(({ text }) => text);

/** Shares of the candidate that the alias ever served, in percent. */
const shares = ({ sandbox }: Seen) =>
  sandbox.lambda
    .weightHistory({ account: "444455556666", region: "eu-west-1", functionName: "shop-order", alias: "live" })
    .map(({ weights }) => Math.round((weights["8"] ?? 0) * 100));

describe("before the rollout", () => {
  test(
    "silence is reminded of, escalated, and answered by who stands in; the graph shows each of it",
    async () => {
      const approval = {
        when: "before",
        roles: { operations: 1 },
        expiresAfter: "6h",
        remindEvery: "1h",
        escalateAfter: "150m",
        escalateTo: "tech-lead",
      };
      const people = [
        { who: OPS, answers: "never" },
        { who: LEAD, answers: "approve", after: "15m", comment: "For operations, who are away" },
      ];
      const seen = world({ approvals: [approval], scenario: { people } });

      const { outcome } = await seen.sandbox.promote(RELEASE, "one");

      expect(outcome).toBe("promoted");
      expect(mailsTo(seen, OPS)).toEqual([
        "0 Approve shop v2 for prod?",
        "60 Reminder: Approve shop v2 for prod?",
        "120 Reminder: Approve shop v2 for prod?",
      ]);
      expect(mailsTo(seen, LEAD)).toEqual(["150 Approve shop v2 for prod?"]);
      expect(saidBy(seen, LEAD)).toEqual(['approved: "For operations, who are away"']);
      expect(seen.statesAt("Ask approval")).toEqual([0]);
      expect(seen.statesAt("Wait for decision")).toEqual([0, 60, 120, 150]);
      expect(seen.statesAt("Settle approval")).toEqual([60, 120, 150, 165]);
      expect(seen.states.at(-1)).toBe("Decided");
    },
    PATIENCE_MS,
  );

  test(
    "nobody answers: it expires to the minute, everybody concerned is told, and nothing was touched",
    async () => {
      const seen = world({ scenario: { people: [{ who: OPS, answers: "never" }] } });

      const { outcome, summary } = await seen.sandbox.promote(RELEASE, "one");

      expect(outcome).toBe("expired");
      expect(summary).toContain("without an answer from operations");
      expect(seen.statesAt("Decided")).toEqual([60]);
      expect(mailsTo(seen, OPS).at(-1)).toBe("60 shop v2 for prod: approval expired");
      expect(mailsTo(seen, DEV)).toContain("60 shop v2 for prod: approval expired");
      expect(new Set(shares(seen))).toEqual(new Set([0]));
    },
    PATIENCE_MS,
  );

  test(
    "a rejection ends it with the reason, and what was left open is on record",
    async () => {
      const checklists = { operations: ["Capacity is there", "On-call knows"] };
      const approval = { when: "before", roles: { operations: 1 }, checklists };
      const people = [{ who: OPS, answers: "reject", after: "2m", comment: "On-call does not know" }];
      const seen = world({ approvals: [approval], scenario: { people } });

      const { outcome } = await seen.sandbox.promote(RELEASE, "one");

      expect(outcome).toBe("rejected");
      expect(saidBy(seen, OPS)).toEqual(['rejected: "On-call does not know"']);
      const [link = ""] = linkOf(seen, OPS);
      const page = await seen.sandbox.inspect(() => seen.sandbox.api.visit("GET", link, null));
      expect(page.status).toBe(200);
      expect(page.body).toContain("not ticked: On-call knows");
      expect(page.body).toContain("No traffic has moved, and none will.");
    },
    PATIENCE_MS,
  );

  test(
    "a newer promotion supersedes one that waits: its link is gone, its people are told, theirs is asked anew",
    async () => {
      const people = [
        { who: OPS, answers: "approve", after: "20m" },
        { who: LEAD, answers: "approve", after: "1m" },
      ];
      const seen = world({ onConflict: "supersede", scenario: { people } });
      const { sandbox } = seen;
      const sameCode = { order: { ...RELEASE.artifacts.order, key: "order/v2.zip" } };
      const newer = { ...RELEASE, version: "v3", artifacts: sameCode };

      await sandbox.live(async () => {
        sandbox.start(RELEASE, "older");
        await sandbox.clock.sleep(10 * MINUTE);
        sandbox.start(newer, "newer");
        await sandbox.executions.closed(sandbox.arnOf("newer")).wait();
      });

      const ended = (name: string) => sandbox.executions.describeExecution({ executionArn: sandbox.arnOf(name) });
      expect(ended("older")).toMatchObject({ status: "FAILED", error: "superseded" });
      expect(ended("newer").status).toBe("SUCCEEDED");
      expect(mailsTo(seen, OPS)).toEqual([
        "0 Approve shop v2 for prod?",
        "10 shop v2 for prod: no approval needed any more",
        "10 Approve shop v3 for prod?",
      ]);
      expect(saidBy(seen, OPS)).toEqual(["opens the link and finds nothing to decide (410)", "approved"]);
    },
    PATIENCE_MS,
  );

  test(
    "the last answer wakes the machine within two seconds",
    async () => {
      const people = [
        { who: OPS, answers: "approve", after: "2m" },
        { who: LEAD, answers: "approve", after: "1m" },
      ];
      const seen = world({ scenario: { people } });

      await seen.sandbox.promote(RELEASE, "one");

      const answered = seen.sandbox.timeline.lines.find(({ kind, what }) => kind === "person" && what === OPS);
      const [settling = Number.NaN] = seen.enteredAt("Settle approval");
      const seconds = (settling - (answered?.at ?? Number.NaN)) / 1_000;
      expect(seconds).toBeGreaterThan(-2);
      expect(seconds).toBeLessThan(2);
    },
    PATIENCE_MS,
  );

  test.each([
    ["whose settling cannot be begun", { call: "lambda:Invoke", handler: "approval-page" }],
    ["whose callback is lost", { call: "states:SendTaskSuccess", handler: "settle-approval" }],
  ])(
    "a decision %s is found by the sweeper, and goes on",
    async (_what, site) => {
      const lost = { ...site, action: "timeout-before", nth: "always", to: "8m" };
      const people = [
        { who: OPS, answers: "approve", after: "2m" },
        { who: LEAD, answers: "approve", after: "1m" },
      ];
      const seen = world({ scenario: { people, faults: [lost] } });

      const { outcome } = await seen.sandbox.promote(RELEASE, "one");

      expect(outcome).toBe("promoted");
      expect(saidBy(seen, OPS)).toEqual(["approved"]);
      // Two minutes after the mail it was decided; the sweeper comes every five.
      expect(seen.statesAt("Decided")).toEqual([5]);
    },
    PATIENCE_MS,
  );

  test(
    "whoever has the task token can wake the machine, which reads the ledger and sleeps on",
    async () => {
      const seen = world({ scenario: { people: [{ who: OPS, answers: "never" }] } });
      const { sandbox } = seen;
      sandbox.clock.after(10 * MINUTE, "a stranger calls back", async () => {
        const taskToken = await tokenOf(seen);
        sandbox.executions.sendTaskSuccess({ taskToken, output: '{"state":"approved","outcome":"approved"}' });
      });

      const { outcome } = await sandbox.promote(RELEASE, "one");

      expect(outcome).toBe("expired");
      expect(seen.statesAt("Wait for decision")).toEqual([0, 10]);
      expect(new Set(shares(seen))).toEqual(new Set([0]));
    },
    PATIENCE_MS,
  );

  test(
    "whoever has the task token and calls it failed ends the promotion as errored, with nothing touched",
    async () => {
      const seen = world({ scenario: { people: [{ who: OPS, answers: "never" }] } });
      const { sandbox } = seen;
      sandbox.clock.after(10 * MINUTE, "a stranger calls back", async () => {
        sandbox.executions.sendTaskFailure({ taskToken: await tokenOf(seen), error: "approved", cause: "approved" });
      });

      const { outcome } = await sandbox.promote(RELEASE, "one");

      expect(outcome).toBe("errored");
      expect(new Set(shares(seen))).toEqual(new Set([0]));
    },
    PATIENCE_MS,
  );

  test(
    "mail that never arrives is made up for by the signed route, on record under the caller",
    async () => {
      const seen = world({
        scenario: {
          people: [{ who: LEAD, answers: "approve", after: "1m" }],
          faults: [{ call: "sns:Publish", action: "refuse", nth: "always", to: "5m" }],
        },
      });
      const { sandbox } = seen;
      const caller = `arn:aws:iam::111122223333:user/${OPS}`;
      const answers: string[] = [];
      sandbox.clock.after(10 * MINUTE, "operations decide by the API", async () => {
        answers.push(await decide(seen, caller, { decision: "approved", version: "v2" }));
      });

      const { outcome } = await sandbox.promote(RELEASE, "one");

      expect(outcome).toBe("promoted");
      expect(mailsTo(seen, OPS)).toEqual([]);
      expect(answers).toEqual(['200 {"state":"approved","decision":"approved"}']);
    },
    PATIENCE_MS,
  );
});

/** The token under which the only promotion waits, as whoever may read the execution's history sees it. */
async function tokenOf({ sandbox }: Seen): Promise<string> {
  const [open] = await sandbox.ledger.list("OPEN", "PROMOTION#");
  const pause = await sandbox.ledger.read(keys.pause(String(open?.promotionId), "prod", "approval-before"));
  return String(pause?.token);
}

/** What `headgate approve` sends about the first approval of the only promotion. */
async function decide({ sandbox }: Seen, caller: string, said: object): Promise<string> {
  const [open] = await sandbox.ledger.list("OPEN", "PROMOTION#");
  const pathParameters = { promotionId: String(open?.promotionId), environment: "prod", approval: "before" };
  const path = `/promotions/${pathParameters.promotionId}/environments/prod/approvals/before`;
  const body = JSON.stringify({ action: "decide", role: "operations", ...said });
  const event = apiEvent({ method: "POST", path, pathParameters, contentType: "application/json", body, caller });
  const { statusCode, body: answer } = await sandbox.api.request("decide", event);
  return `${statusCode} ${answer}`;
}

describe("in the middle of the rollout", () => {
  const before = { who: OPS, answers: "approve", after: "2m" };

  test(
    "the canary is watched while people are asked: a bad verdict brings traffic back without them",
    async () => {
      const behaviour = [
        { version: "baseline", errorRate: 0.001 },
        { version: "candidate", errorRate: 0.001, changes: [{ afterServing: "10m", errorRate: 0.4 }] },
      ];
      const seen = world({ scenario: { people: [before, { who: LEAD, answers: "never" }], behaviour } });

      const { outcome } = await seen.sandbox.promote(RELEASE, "one");

      expect(outcome).toBe("rolled-back");
      expect(shares(seen)).toEqual([0, 50, 0]);
      const subjects = mailsTo(seen, LEAD).map((line) => line.replace(/^\d+ /, ""));
      expect(subjects).toEqual(["Approve shop v2 for prod?", "shop v2 for prod: no approval needed any more"]);
      const [link = ""] = linkOf(seen, LEAD);
      const page = await seen.sandbox.inspect(() => seen.sandbox.api.visit("GET", link, null));
      expect(page.status).toBe(410);
      expect(page.body).toContain("The approval behind this link was called off");
    },
    PATIENCE_MS,
  );

  test.each([
    ["a rejection", { answers: "reject", after: "5m", comment: "Orders look odd" }, `rejected by ${LEAD}`],
    ["silence until the expiry", { answers: "never" }, "expired without an answer from tech-lead"],
  ])(
    "%s brings traffic back, and the promotion says why",
    async (_what, answer, why) => {
      const seen = world({ scenario: { people: [before, { who: LEAD, ...answer }] } });

      const { outcome, summary } = await seen.sandbox.promote(RELEASE, "one");

      expect(outcome).toBe("rolled-back");
      expect(summary).toContain(why);
      expect(shares(seen)).toEqual([0, 50, 0]);
    },
    PATIENCE_MS,
  );

  test(
    "reminders and the escalation come on time there too, and the answer lets it go on",
    async () => {
      const approval = {
        when: 50,
        roles: { "tech-lead": 1 },
        expiresAfter: "3h",
        remindEvery: "30m",
        escalateAfter: "1h",
        escalateTo: "operations",
      };
      const people = [
        { who: LEAD, answers: "never" },
        { who: OPS, answers: "approve", after: "15m" },
      ];
      const seen = world({ approvals: [approval], scenario: { people } });

      const { outcome } = await seen.sandbox.promote(RELEASE, "one");

      expect(outcome).toBe("promoted");
      expect(shares(seen)).toEqual(expect.arrayContaining([50, 100]));
      const [asked = 0, ...later] = mailsTo(seen, LEAD).map((line) => Number.parseInt(line, 10));
      const escalated = mailsTo(seen, OPS).map((line) => Number.parseInt(line, 10));
      // The first mail came in the last second of its minute, the others in the first of theirs.
      expect([...later, ...escalated.slice(0, 1)].map((at) => at - asked)).toEqual([31, 61, 61]);
    },
    PATIENCE_MS,
  );
});
