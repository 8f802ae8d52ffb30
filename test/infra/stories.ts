/** Promotions in the sandbox that make each function do all that it ever does, and what of AWS it asks for meanwhile. */
import { readFileSync } from "node:fs";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { FUNCTIONS } from "../../infra/functions.ts";
import type { Call, Operation, SimulatedService } from "../../sandbox/aws/service.ts";
import { faultPlanOf, worldPlanOf } from "../../sandbox/faults/plans.ts";
import { TOPIC } from "../../sandbox/host/deployment.ts";
import { apiEvent } from "../../sandbox/host/gateway.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import { type HandlerCall, lambdaRequests, ledgerRequests, otherRequests } from "./permissions.ts";

/** The policy that the deployment under test is made from. */
export const POLICY_FILE = "test/infra/permissions-policy.json";

export interface Story {
  readonly name: string;
  /** How the execution ends. */
  readonly outcome: string;
  readonly scenario?: object;
  readonly errorRate?: number;
  /** Requests a minute. */
  readonly traffic?: number;
  /** Once the promotion has ended another one follows, and then some hours. */
  readonly successor?: true;
  /** The first approval is given by the signed route, so long (ms) after the start. */
  readonly signedAfter?: number;
  /** So long after the start (ms) somebody ends all links. */
  readonly rotatedAfter?: number;
  /** Mail goes by SES. */
  readonly mailBy?: "ses";
  /** Somebody whom nobody deployed is subscribed to people's mail for so long (ms) from the start. */
  readonly strangerFor?: number;
  /** Another promotion of the same service starts so long (ms) after the first one. */
  readonly rivalAfter?: number;
}

const operators = (...actions: readonly (readonly [at: string, verb: string])[]) => ({
  operators: actions.map(([at, verb]) => ({ at, verb, environment: "prod", reason: "the story says so" })),
});
/** The tech-lead, who is asked at 50 %, says nothing for an hour. */
const SILENT_LEAD = {
  people: [
    { who: "ops@shop.example", answers: "approve", after: "30s" },
    { who: "lead@shop.example", answers: "never" },
  ],
};
const SHOP = { account: "444455556666", function: "shop-order" };
const GUARD = { name: "guard", account: "444455556666", threshold: 0 };

export const STORIES: readonly Story[] = [
  { name: "a good candidate", outcome: "promoted" },
  {
    name: "a good candidate that is started through the API",
    outcome: "promoted",
    scenario: { startedBy: "arn:aws:sts::111122223333:assumed-role/Release/sam" },
  },
  { name: "a bad candidate", outcome: "rolled-back", errorRate: 0.3 },
  { name: "no traffic, and nobody who decides", outcome: "rolled-back", traffic: 1 },
  {
    name: "a red alarm while people are asked at 50 %",
    outcome: "rolled-back",
    scenario: { ...SILENT_LEAD, alarms: [{ ...GUARD, turns: [{ at: "20m", to: "ALARM" }] }] },
  },
  {
    name: "an alarm that loses its data while people are asked at 50 %",
    outcome: "rolled-back",
    scenario: { ...SILENT_LEAD, alarms: [{ ...GUARD, turns: [{ at: "20m", to: "INSUFFICIENT_DATA" }] }] },
  },
  {
    name: "an alarm that is red for a moment, whose event is late",
    outcome: "rolled-back",
    scenario: {
      alarms: [
        {
          ...GUARD,
          turns: [
            { at: "200s", to: "ALARM" },
            { at: "205s", to: "OK" },
          ],
        },
      ],
      cloudwatch: { eventDelay: "1h" },
    },
  },
  {
    name: "an operator who holds, resumes and skips",
    outcome: "promoted",
    scenario: operators(["3m", "hold"], ["6m", "resume"], ["7m", "skip-bake"], ["9m", "promote-now"]),
  },
  {
    name: "an operator who takes it back while people are asked at 50 %, and releases what is not held yet",
    outcome: "rolled-back",
    scenario: { ...SILENT_LEAD, ...operators(["20m", "roll-back"], ["25m", "release-hold"]) },
  },
  {
    name: "an operator who takes it back at 50 % while no worker can be started",
    outcome: "rolled-back",
    scenario: {
      ...SILENT_LEAD,
      ...operators(["20m", "roll-back"]),
      faults: [
        {
          call: "lambda:Invoke",
          handler: "operate",
          nth: "always",
          action: { error: "ServiceException", status: 500 },
        },
      ],
    },
  },
  {
    name: "a hand on the alias",
    outcome: "rollback-failed",
    scenario: { moves: [{ ...SHOP, at: "3m", version: "6" }] },
  },
  {
    name: "an execution that is stopped",
    outcome: "stopped",
    scenario: operators(["200s", "stop"]),
  },
  {
    name: "an execution that is stopped while people are asked",
    outcome: "stopped",
    scenario: {
      ...operators(["1m", "stop"]),
      people: [{ who: "ops@shop.example", answers: "never" }],
    },
  },
  {
    name: "an execution that is stopped as the sweeper comes round",
    outcome: "stopped",
    scenario: operators(["3m", "stop"]),
  },
  {
    name: "an approver who says no",
    outcome: "rejected",
    scenario: { people: [{ who: "ops@shop.example", answers: "reject", comment: "no" }] },
  },
  { name: "a stranger who is subscribed to people's mail", outcome: "promoted", strangerFor: 150_000 },
  { name: "an approval by the signed route", outcome: "promoted", signedAfter: 20_000 },
  {
    name: "links that end while people are asked",
    outcome: "promoted",
    rotatedAfter: 40_000,
    scenario: {
      people: ["ops@shop.example", "lead@shop.example"].map((who) => ({ who, answers: "approve", after: "5m" })),
    },
  },
  { name: "a release that is replaced, and its version deleted", outcome: "promoted", successor: true },
  { name: "a newer release in the queue", outcome: "promoted", rivalAfter: 180_000 },
];

const RELEASE = {
  apiVersion: "headgate/v1",
  service: "shop",
  version: "v2",
  commit: "0a1b2c3d",
  requestedBy: "dev@shop.example",
  risk: "low",
  summary: "Faster checkout.",
  artifacts: { order: { bucket: "shop-artifacts", key: "order/{version}.zip", versionId: "abc" } },
  environments: ["prod"],
};

/** Every call that a handler made in the course of a story, how the promotion ended, and what it left behind. */
export async function callsOf(story: Story): Promise<{ calls: HandlerCall[]; outcome: string; sandbox: Sandbox }> {
  const {
    errorRate = 0.001,
    traffic = 300,
    scenario = {},
    rivalAfter,
    signedAfter,
    strangerFor,
    rotatedAfter,
    successor = false,
  } = story;
  const rival = { ...RELEASE, version: "v3" };
  const releases = [RELEASE, ...(rivalAfter === undefined && !successor ? [] : [rival])];
  const plan = faultPlanOf(story.name, {
    about: story.name,
    badFromWeight: null,
    policy: JSON.parse(readFileSync(POLICY_FILE, "utf8")),
    starts: releases.map((release) => ({ afterSeconds: 0, release })),
    expect: releases.map(() => ({ outcome: "promoted" })),
    scenario: {
      name: story.name,
      about: "",
      startsAt: "2026-01-13T10:00:10Z",
      traffic: [{ perMinute: traffic, history: "30m" }],
      behaviour: [
        { version: "baseline", errorRate: 0.001 },
        { version: "candidate", errorRate },
      ],
      cloudwatch: { lag: "5s", partial: 0 },
      people: ["ops@shop.example", "lead@shop.example"].map((who) => ({ who, answers: "approve", after: "30s" })),
      ...scenario,
    },
  });
  const sandbox = new Sandbox({
    scenario: plan.scenario,
    policy: plan.policy,
    plan: worldPlanOf(plan),
    sweepEveryMs: 60_000,
    mailBy: story.mailBy ?? "sns",
  });
  const calls = callsIn(sandbox);
  if (rivalAfter !== undefined) sandbox.clock.after(rivalAfter, "rival", async () => sandbox.start(rival, "rival"));
  if (strangerFor !== undefined) letListen(sandbox, strangerFor);
  if (signedAfter !== undefined) sandbox.clock.after(signedAfter, "signed route", () => approveBySignature(sandbox));
  if (rotatedAfter !== undefined) {
    const rotate = () =>
      sandbox.api.rotate("a mailbox was read", "arn:aws:sts::111122223333:assumed-role/operator/olga");
    sandbox.clock.after(rotatedAfter, "rotation", async () => void (await rotate()));
  }
  if (successor) return { calls, outcome: await outliveBy(sandbox, rival), sandbox };
  const { outcome } = await sandbox.promote(RELEASE, "story");
  return { calls, outcome, sandbox };
}

/** Promotes, promotes the other one after it, and lets two hours pass; returns how both ended, if they ended alike. */
async function outliveBy(sandbox: Sandbox, rival: unknown): Promise<string> {
  const outcomes = await sandbox.live(async () => {
    const ended: string[] = [];
    for (const [name, release] of [["story", RELEASE] as const, ["rival", rival] as const]) {
      sandbox.start(release, name);
      await sandbox.executions.closed(sandbox.arnOf(name)).wait();
      const { status, error } = sandbox.executions.describeExecution({ executionArn: sandbox.arnOf(name) });
      ended.push(status === "SUCCEEDED" ? "promoted" : (error ?? status));
    }
    await sandbox.clock.sleep(2 * 3_600_000);
    return ended;
  });
  return [...new Set(outcomes)].join(", ");
}

const OLGA = "arn:aws:sts::111122223333:assumed-role/operator/olga";

/** Subscribes a stranger to everybody's mail as soon as there is a topic, and ends that after so long (ms). */
function letListen({ sns, clock, place: { account, region } }: Sandbox, ms: number): void {
  clock.after(0, "a stranger subscribes", async () => {
    const subscription = sns.subscribe(`arn:aws:sns:${region}:${account}:${TOPIC}`, { email: "eve@example.com" });
    clock.after(ms, "the stranger's subscription is ended", async () => sns.unsubscribe(subscription));
  });
}

/** Has a link sent again, takes somebody out and in again, and approves. */
async function approveBySignature(sandbox: Sandbox): Promise<void> {
  const [open] = await sandbox.ledger.list(keys.open("").pk, "PROMOTION#");
  const promotionId = String(open?.promotionId);
  await lookBySignature(sandbox, promotionId);
  for (const verb of ["revoke", "reinstate"] as const) {
    const { statusCode } = await sandbox.api.sayOf(verb, "lead@shop.example", "a test", OLGA);
    if (statusCode !== 200) throw new Error(`the signed route said ${statusCode} of ${verb}`);
  }
  const role = "operations";
  await sayOfApproval(sandbox, promotionId, OLGA, { action: "resend", role, address: "ops@shop.example" });
  const ops = "arn:aws:iam::111122223333:user/ops@shop.example";
  await sayOfApproval(sandbox, promotionId, ops, { action: "decide", role, decision: "approved", version: "v2" });
}

async function sayOfApproval(sandbox: Sandbox, promotionId: string, caller: string, said: object): Promise<void> {
  const path = `/promotions/${promotionId}/environments/prod/approvals/before`;
  const pathParameters = { promotionId, environment: "prod", approval: "before" };
  const event = { method: "POST", path, pathParameters, contentType: "application/json", caller } as const;
  const { statusCode } = await sandbox.api.request("decide", apiEvent({ ...event, body: JSON.stringify(said) }));
  if (statusCode !== 200) throw new Error(`the signed route said ${statusCode}`);
}

async function lookBySignature({ api }: Sandbox, promotionId: string): Promise<void> {
  const one = `/promotions/${promotionId}`;
  for (const path of [one, `${one}?since=0`, "/promotions"]) {
    const { statusCode } = await api.look(path, "arn:aws:sts::111122223333:assumed-role/reader/rita");
    if (statusCode !== 200) throw new Error(`the signed route said ${statusCode} of ${path}`);
  }
}

function callsIn({ dynamoDb, lambda, aws }: Sandbox): HandlerCall[] {
  const calls: HandlerCall[] = [];
  const known = new Set(FUNCTIONS.map(({ name }) => name));
  const note = ({ handler, account }: Pick<Call, "handler" | "account">, requests: HandlerCall["requests"]): void => {
    if (known.has(handler)) calls.push({ handler, account, requests });
  };
  aws.register(listening(dynamoDb.service, (call, input) => note(call, ledgerRequests(call.operation, input))));
  aws.register(listening(lambda.service, (call, input) => note(call, lambdaRequests(call, input))));
  aws.onCall((call) => {
    if (call.service === "dynamodb" || call.service === "lambda") return;
    const named = Object.fromEntries([...call.summary.matchAll(/(\w+)=(\S+)/g)].map(([, key, value]) => [key, value]));
    note(call, otherRequests(call.service, call.operation, named));
  });
  return calls;
}

/** The same service, telling of each call before it carries it out. */
function listening(service: SimulatedService, tell: (call: Call, input: object) => void): SimulatedService {
  const operations = Object.entries(service.operations).map(([name, operation]): [string, Operation] => [
    name,
    (input: never, call) => {
      tell(call, input);
      return operation(input, call);
    },
  ]);
  return { ...service, operations: Object.fromEntries(operations) };
}
