/** Runs one case: the plan's promotions in their world, with what goes wrong, until everything has come to rest. */

import { promotionName } from "../../functions/domain/promotion/starts.ts";
import { sha256 } from "../../functions/runtime/dependencies.ts";
import type { Fault } from "../aws/faults.ts";
import type { CallRecord } from "../aws/router.ts";
import { MACHINES, machineArn } from "../host/deployment.ts";
import { Sandbox, type SandboxOptions } from "../sandbox.ts";
import type { Line } from "../timeline.ts";
import { type FaultCase, hasDeed, PATIENCE_MS, QUIET_MS } from "./cases.ts";
import { Deeds, type Done } from "./deeds.ts";
import { type Visit, Visits } from "./observe.ts";
import { type FaultPlan, plannedMs, worldPlanOf } from "./plans.ts";
import { Starts } from "./starts.ts";
import { openPromotions } from "./table-dump.ts";
import { Witness } from "./witness.ts";

/** How a case left the world. */
export interface Trial {
  readonly case: FaultCase;
  readonly plan: FaultPlan;
  readonly sandbox: Sandbox;
  /** Executions of the plan's promotions, in the plan's order. */
  readonly promotions: readonly string[];
  readonly visits: readonly Visit[];
  readonly calls: readonly CallRecord[];
  /** How often each handler was invoked until all was over. */
  readonly invocations: ReadonlyMap<string, number>;
  /** How often each machine was started by another, likewise. */
  readonly starts: ReadonlyMap<string, number>;
  readonly done: readonly Done[];
  /** When anything went wrong that the case asks for (epoch ms), in order. */
  readonly struck: readonly number[];
  /** What the simulated AWS saw. */
  readonly seen: Pick<Witness, "codes" | "turns" | "intents" | "runs" | "latest">;
  /** Every change of every alias, by whom. */
  readonly changes: Witness["changes"];
  /** When nothing was left to do (epoch ms); null: that was still not so when patience ended. */
  readonly settledAt: number | null;
  /** Status and body of every approval link that was mailed, when all was over. */
  readonly links: readonly { readonly link: string; readonly status: number; readonly body: string }[];
}

const LOOK_EVERY_MS = 30_000;

/** What is otherwise than deployed in a trial. */
export type Sabotage = Pick<SandboxOptions, "functions" | "editMachine">;

export async function run(
  plan: FaultPlan,
  what: FaultCase,
  onLine?: (line: Line) => void,
  sabotage: Sabotage = {},
): Promise<Trial> {
  const visits = new Visits();
  const seen = new Witness();
  const acting: Deeds[] = [];
  const starts = new Starts(what.starts, () => sandbox.clock.now());
  const sandbox: Sandbox = new Sandbox({
    ...worldOf(plan, what),
    nestedStarts: { beforeNestedStart: starts.before, afterNestedStart: starts.after },
    onEvent: (event, executionArn) => {
      const visit = visits.take(event, executionArn);
      if (visit !== undefined) for (const deeds of acting) deeds.entered(visit, executionArn);
    },
    onInvocation: (record) => seen.ran(record),
    ...(onLine === undefined ? {} : { onLine }),
    ...sabotage,
  });
  const calls = what.calls.map((fault) => sinceStart(fault, plan.scenario.startsAt));
  for (const fault of calls) sandbox.aws.faults.add(fault);
  seen.watch(sandbox);
  const promotions = plan.starts.map((start, index) => sandbox.arnOf(nameOf(start, index)));
  const [first = ""] = promotions;
  const deeds = new Deeds(sandbox, what.happenings, first);
  acting.push(new Deeds(sandbox, plan.happenings, first), deeds);
  const end = await sandbox.live(async () => {
    for (const one of acting) one.schedule();
    return live(sandbox, plan);
  });
  seen.noteCodes();
  const { done } = deeds;
  return {
    case: what,
    plan,
    sandbox,
    seen,
    promotions,
    visits: visits.all,
    calls: sandbox.aws.calls,
    starts: starts.counts,
    done,
    struck: struckIn(sandbox, what, { done, calls, starts }),
    changes: seen.changes,
    ...end,
  };
}

function worldOf(plan: FaultPlan, what: FaultCase): SandboxOptions {
  const { scenario, policy, sweepEverySeconds } = plan;
  const handlerFaults = [...scenario.handlerFaults, ...what.handlers];
  return {
    scenario: { ...scenario, seed: what.seed ?? scenario.seed, handlerFaults },
    policy,
    plan: worldPlanOf(plan),
    sweepEveryMs: sweepEverySeconds * 1_000,
    childStopLoss: what.deafChildren === true ? 1 : 0,
  };
}

interface Asked {
  readonly done: readonly Done[];
  readonly calls: readonly Fault[];
  readonly starts: Starts;
}

/** When what the case asks for took place (epoch ms), in order. Losing events is no trouble before there is one. */
function struckIn(sandbox: Sandbox, what: FaultCase, { done, calls, starts }: Asked): number[] {
  const deeds = done.filter(({ deed }) => deed.do !== "alarm-events");
  const fired = sandbox.aws.faults.fired.filter(({ fault }) => calls.includes(fault));
  const all = [
    ...[...deeds, ...fired].map(({ at }) => at),
    ...starts.struck,
    ...(hasDeed(what, "alarm-events") ? sandbox.alarmEvents.struck : []),
    ...(what.handlers.length > 0 ? sandbox.host.struck : []),
  ];
  return all.toSorted((one, other) => one - other);
}

/** The fault with its times counted from the world's beginning. */
function sinceStart({ from = 0, to, ...fault }: Fault, startsAt: number): Fault {
  return { ...fault, from: startsAt + from, ...(to === undefined ? {} : { to: startsAt + to }) };
}

type Start = FaultPlan["starts"][number];

/** Name of the execution. */
function nameOf({ by, release }: Start, index: number): string {
  return by === "api" ? promotionName(sha256, release, 1) : `case-${index + 1}`;
}

type End = Pick<Trial, "settledAt" | "invocations" | "links">;

async function live(sandbox: Sandbox, plan: FaultPlan): Promise<End> {
  const { clock } = sandbox;
  for (const [index, start] of plan.starts.entries()) {
    await clock.sleep(Math.max(0, plan.scenario.startsAt + start.afterSeconds * 1_000 - clock.now()));
    if (start.by === "api") await startByApi(sandbox, start);
    else sandbox.start(start.release, nameOf(start, index));
  }
  while (!isSettled(sandbox)) {
    if (clock.now() - plan.scenario.startsAt > PATIENCE_MS + plannedMs(plan))
      return { settledAt: null, invocations: new Map(sandbox.host.counts), links: [] };
    await clock.sleep(LOOK_EVERY_MS);
  }
  const settledAt = clock.now();
  const invocations = new Map(sandbox.host.counts);
  await clock.sleep(QUIET_MS);
  sandbox.aws.faults.end();
  return { settledAt, invocations, links: await openLinks(sandbox) };
}

/** Whoever starts a promotion and hears of trouble does it again (ms), and not for ever. */
const STARTS_AGAIN_MS = 60_000;
const MOST_STARTS = 10;

async function startByApi(sandbox: Sandbox, { release }: Start): Promise<void> {
  const caller = `arn:aws:sts::${sandbox.place.account}:assumed-role/developer/dana`;
  for (let tries = 1; tries <= MOST_STARTS; tries++) {
    const { statusCode } = await sandbox.api.start(release, caller);
    if (statusCode < 300) return;
    await sandbox.clock.sleep(STARTS_AGAIN_MS);
  }
  throw new Error(`no start of ${MOST_STARTS} was accepted`);
}

/** Every execution has ended, and no promotion is listed as open any more. */
function isSettled(sandbox: Sandbox): boolean {
  return runningExecutions(sandbox).length === 0 && openPromotions(sandbox).length === 0;
}

export function runningExecutions(sandbox: Sandbox): string[] {
  return MACHINES.flatMap((machine) =>
    sandbox.executions
      .listExecutions({
        stateMachineArn: machineArn(sandbox.place, machine),
        statusFilter: "RUNNING",
        maxResults: 1_000,
      })
      .executions.map(({ executionArn }) => executionArn),
  );
}

const LINK = /\/approvals\/([0-9a-f]{64})/g;

/** Follows every link that was ever mailed. */
async function openLinks(sandbox: Sandbox): Promise<Trial["links"]> {
  const links = new Set(
    sandbox.sns.mailbox.flatMap(({ body }) => [...body.matchAll(LINK)].map(([, link = ""]) => link)),
  );
  const seen = [];
  for (const link of links) {
    const { status, body } = await sandbox.api.visit("GET", link, null);
    seen.push({ link, status, body });
  }
  return seen;
}
