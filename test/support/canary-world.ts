/**
 * A promotion in the middle of its rollout, for tests of the judge: a ledger with its plan, targets and intents, a clock
 * that the test moves, and a CloudWatch whose minutes follow from what the test says each version does.
 */
import { createHash } from "node:crypto";
import type { Header } from "../../functions/domain/ledger/header.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import type { Head, Intent, TargetRecord } from "../../functions/domain/ledger/journal-records.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { planChanges, planHashesOf } from "../../functions/domain/ledger/plan-parts.ts";
import type {
  EnvironmentPlan,
  MetricPlan,
  PromotionPlan,
  RulePlan,
  SequentialPlan,
  TargetPlan,
} from "../../functions/domain/plan.ts";
import type {
  AlarmState,
  AlarmStatus,
  Alarms,
  Dependencies,
  Mail,
  Metrics,
  RedTurn,
  Route,
  RouteState,
  Series,
  SeriesQuery,
} from "../../functions/domain/ports.ts";
import { promises } from "../../functions/runtime/concurrency.ts";
import type { LambdaAliasPlan } from "../../functions/targets/lambda-alias/kind.ts";
import { MemoryLedger } from "./memory-ledger.ts";

export const MINUTE = 60_000;
/** A Tuesday, 18:00 UTC. */
export const START = Date.UTC(2026, 2, 3, 18, 0, 0);
export const PROMOTION = "p-1";
export const ENVIRONMENT = "prod";

export const rule = (over: Partial<RulePlan>): RulePlan => ({
  sustainedSeconds: 0,
  minSamples: 0,
  onBreach: "rollback",
  hard: false,
  ...over,
});

export const sequential = (over: Partial<SequentialPlan> = {}): SequentialPlan => ({
  weight: 1,
  rho: 1,
  delta: 0.0005,
  slo: null,
  passDelta: 0.02,
  warmupMinutes: 0,
  warmupDelta: 0.05,
  phiBurst: null,
  latencyMargin: null,
  ...over,
});

export const metric = (over: Partial<MetricPlan> = {}): MetricPlan => ({
  name: "errors",
  target: "order",
  source: { preset: "lambda-error-rate" },
  periodSeconds: 60,
  settleSeconds: 120,
  rules: [],
  dryRun: false,
  ...over,
});

export const judged = (over: Partial<MetricPlan> = {}): MetricPlan => metric({ sequential: sequential(), ...over });

export function environmentPlan(over: Partial<EnvironmentPlan> = {}): EnvironmentPlan {
  return {
    environment: ENVIRONMENT,
    account: "111122223333",
    region: "eu-west-1",
    roleArn: null,
    drive: "driven",
    targets: [
      {
        name: "order",
        kind: "lambda-alias",
        functionName: "shop-order",
        alias: "live",
        resource: "arn:aws:lambda:eu-west-1:111122223333:function:shop-order:live",
        resources: ["arn:aws:lambda:eu-west-1:111122223333:function:shop-order:live"],
        artifact: { from: "version", version: "8" },
        reversible: true,
      },
    ] as readonly LambdaAliasPlan[],
    steps: [10, 25, 50, 100].map((weight) => ({ weight, bakeSeconds: 900 })),
    analysis: {
      alpha: 0.05,
      metrics: [judged()],
      onInconclusive: "hold",
      extendSeconds: 600,
      holdSeconds: 86_400,
      earlyPass: false,
      referenceSeconds: 86_400,
      mustSeePoints: null,
      ifBlind: "warn",
      syntheticPerMinute: 0,
    },
    window: null,
    checks: [],
    approvals: [],
    alarms: [],
    monitor: { forSeconds: 7_200, onFail: "roll-back" },
    keepPreviousSeconds: 86_400,
    retirePrevious: false,
    onConflict: "refuse",
    notBefore: null,
    notices: [],
    pageTo: [],
    ...over,
  };
}

/** What a version does in one minute. */
export interface Minute {
  readonly requests: number;
  readonly errors?: number;
  readonly throttles?: number;
  /** Milliseconds at the metric's quantiles, and the share of requests slower than a bound. */
  readonly p95?: number;
  readonly slower?: (thresholdMs: number) => number;
  /** Milliseconds at a quantile, such as p50; every one is `p95` where this is not said. */
  readonly quantile?: (statistic: string) => number;
}
/** By version (or "alias" for the whole), for the minute that starts at `at`; undefined: no datapoints. */
export type Traffic = (version: string, at: number) => Minute | undefined;

/** CloudWatch, as far as the judge asks it. `reads` keeps what was asked for. */
export class SimulatedMetrics implements Metrics {
  readonly reads: { queries: readonly SeriesQuery[]; from: number; to: number }[] = [];
  traffic: Traffic;
  complete = true;
  fail: Error | null = null;

  constructor(traffic: Traffic) {
    this.traffic = traffic;
  }

  async read(queries: readonly SeriesQuery[], from: number, to: number): Promise<Series[]> {
    this.reads.push({ queries, from, to });
    if (this.fail !== null) throw this.fail;
    return queries.map((query) => ({ id: query.id, points: this.#points(query, from, to), complete: this.complete }));
  }

  #points(query: SeriesQuery, from: number, to: number): Map<number, number> {
    const points = new Map<number, number>();
    const step = query.periodSeconds * 1000;
    for (let at = from; at < to; at += step) {
      const minute = this.traffic(versionOf(query), at);
      const value = minute === undefined ? undefined : pointOf(query, minute);
      if (value !== undefined) points.set(at, value);
    }
    return points;
  }
}

const versionOf = ({ dimensions }: SeriesQuery): string =>
  new Map(Object.entries(dimensions)).get("ExecutedVersion") ?? "alias";

function pointOf({ metricName, statistic }: SeriesQuery, minute: Minute): number | undefined {
  if (metricName === "Invocations") return minute.requests;
  if (metricName === "Errors") return minute.errors ?? 0;
  if (metricName === "Throttles") return minute.throttles ?? 0;
  if (statistic === "SampleCount") return minute.requests;
  const bound = /^TC\(:(.+)\)$/.exec(statistic)?.[1];
  if (bound === undefined) return minute.quantile?.(statistic) ?? minute.p95;
  return minute.requests * (1 - (minute.slower?.(Number(bound)) ?? 0));
}

/** Alarms that stand as they are set, and were red when `turns` says so. */
export class SimulatedAlarms implements Alarms {
  readonly red = new Map<string, AlarmState>();
  /** Since when an alarm is as it is (epoch ms): before everything, unless said otherwise. */
  readonly since = new Map<string, number | null>();
  readonly turns: RedTurn[] = [];
  readonly historyReads: { readonly names: readonly string[]; readonly from: number }[] = [];
  fail: Error | null = null;
  failHistory: Error | null = null;

  async states(names: readonly string[]): Promise<ReadonlyMap<string, AlarmStatus>> {
    if (this.fail !== null) throw this.fail;
    return new Map(
      names.flatMap((name) => {
        const state = this.red.get(name);
        const since = this.since.has(name) ? (this.since.get(name) ?? null) : 0;
        return state === undefined ? [] : [[name, { state, since }] as const];
      }),
    );
  }

  async redTurns(names: readonly string[], from: number): Promise<RedTurn[]> {
    if (this.failHistory !== null) throw this.failHistory;
    this.historyReads.push({ names, from });
    return this.turns.filter(({ name, at }) => names.includes(name) && at >= from);
  }

  /** Red from `at` on for so long, and green again. */
  flap(name: string, at: number, forMs: number): void {
    this.turns.push({ name, at, reason: "" });
    this.red.set(name, "OK");
    this.since.set(name, at + forMs);
  }
}

export interface World {
  readonly deps: Dependencies;
  readonly ledger: MemoryLedger;
  readonly metrics: SimulatedMetrics;
  readonly alarms: SimulatedAlarms;
  readonly inbox: Mail[];
  /** Moves the clock to so many seconds after the start. */
  at(seconds: number): void;
  /** Sets traffic, as a shift that took effect now would have left it in the ledger. */
  shift(weight: number): Promise<void>;
  finish(): Promise<void>;
  /** What the aliases show, whatever the ledger says: somebody else's move, or a service that does not answer. */
  readonly aliases: { moved: Route | null; fail: Error | null; reads: number };
  signal(kind: string, by?: string): Promise<void>;
  head(state: Head["state"]): Promise<void>;
}

/** Version 7 serves, version 8 is the candidate; nothing is shifted yet. */
export async function canaryWorld(plan: EnvironmentPlan, traffic: Traffic): Promise<World> {
  const ledger = new MemoryLedger();
  const metrics = new SimulatedMetrics(traffic);
  const alarms = new SimulatedAlarms();
  const inbox: Mail[] = [];
  let now = START;
  const parts = {
    ledger,
    clock: { now: () => now, sleep: async () => {} },
    concurrency: promises,
    metrics: () => metrics,
    alarms: () => alarms,
    mailer: { send: async (mail: Mail) => void inbox.push(mail) },
  };
  const rest = {
    hash: (text: string) => createHash("sha256").update(text).digest("hex"),
    log: { info: () => {}, warn: () => {} },
    executions: { wake: async () => true },
    settings: { baseUrl: "https://headgate.example", deployment: "headgate", pastDays: 1 },
  };
  const aliases: World["aliases"] = { moved: null, fail: null, reads: 0 };
  let written: RouteState = { route: { primary: "7", secondary: null }, revision: "0", marker: "" };
  const read = async (): Promise<RouteState> => {
    aliases.reads += 1;
    if (aliases.fail !== null) throw aliases.fail;
    return aliases.moved === null ? written : { ...written, route: aliases.moved, revision: "theirs" };
  };
  const target = (_place: unknown, bound: TargetPlan) => ({
    plan: bound,
    traffic: { read, readBack: { reads: 2, everyMs: 0 } },
  });
  // The judge reaches for nothing else; a test in which it did would fail on `undefined`.
  const deps = { ...parts, ...rest, target } as unknown as Dependencies;
  const whole = promotionPlan(plan);
  const header: Header = { ...HEADER, ...planHashesOf(rest.hash, whole) };
  await ledger.write([...planChanges(PROMOTION, whole), { put: item(keys.header(PROMOTION), header) }]);
  let sequence = 0;
  const route = async (to: Route) => {
    sequence += 1;
    const state = { route: to, revision: String(sequence), marker: "" };
    written = state;
    const baseline = { route: { primary: "7", secondary: null }, revision: "0", marker: "" };
    for (const { name, kind, resource } of plan.targets) {
      const record: TargetRecord = {
        target: name,
        kind,
        resource,
        fence: 1,
        baseline,
        candidate: "8",
        candidateSha256: null,
        sequence,
        last: state,
        restored: null,
      };
      const intent: Intent = {
        target: name,
        sequence,
        purpose: "shift",
        from: baseline.route,
        to,
        revision: "0",
        marker: "",
        fence: 1,
        at: now,
        deadline: now,
        result: { outcome: "applied", found: state, at: now },
      };
      await ledger.write([
        { put: item(keys.target(PROMOTION, ENVIRONMENT, name), record) },
        { put: item(keys.intent(PROMOTION, ENVIRONMENT, name, sequence), intent) },
      ]);
    }
  };
  const head = (state: Head["state"]) =>
    ledger.write([{ put: item(keys.head(PROMOTION, ENVIRONMENT), headOf(state)) }]);
  await head("open");
  for (const { name, kind, resource } of plan.targets) {
    const baseline = { route: { primary: "7", secondary: null }, revision: "0", marker: "" };
    const record: TargetRecord = {
      target: name,
      kind,
      resource,
      fence: 1,
      baseline,
      candidate: null,
      candidateSha256: null,
      sequence: 0,
      last: baseline,
      restored: null,
    };
    await ledger.write([{ put: item(keys.target(PROMOTION, ENVIRONMENT, name), record) }]);
  }
  return {
    deps,
    ledger,
    metrics,
    alarms,
    inbox,
    aliases,
    head,
    at: (seconds) => {
      now = START + seconds * 1000;
    },
    shift: (weight) => route({ primary: "7", secondary: { version: "8", percent: weight } }),
    finish: () => route({ primary: "8", secondary: null }),
    signal: (kind, by = "ann") => {
      const signal = `${now}-${kind}`;
      return ledger.write([
        { put: item(keys.signal(PROMOTION, signal), { signal, kind, by, reason: "because", at: now }) },
      ]);
    },
  };
}

const headOf = (state: Head["state"]): Head => ({
  promotionId: PROMOTION,
  environment: ENVIRONMENT,
  state,
  enteredAt: START,
  firstShiftAt: START,
  trip: state === "tripped" ? { by: "alarm", reason: "the alarm listener", at: START } : null,
  outcome: null,
  summary: "",
});

const HEADER: Header = {
  promotionId: PROMOTION,
  service: "shop",
  version: "v8",
  state: "open",
  executionArn: "arn",
  openedAt: START,
  requestedBy: "bob@example.com",
  startedBy: null,
  policyHash: "",
  planHash: "",
  environments: [ENVIRONMENT],
  outcome: null,
  summary: "",
  closedAt: null,
};

const promotionPlan = (plan: EnvironmentPlan): PromotionPlan => ({
  service: "shop",
  version: "v8",
  commit: "abc",
  ticket: null,
  requestedBy: "bob@example.com",
  risk: "low",
  summary: "",
  evidence: {},
  emergency: null,
  environments: [plan],
});
