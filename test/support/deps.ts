/**
 * A whole deployment in memory: everything that a handler may reach, and a promotion that stands where the test wants it,
 * brought there by the real handlers.
 */
import { createHash } from "node:crypto";
import { captureBaseline } from "../../functions/capture-baseline.ts";
import { deployCandidate } from "../../functions/deploy-candidate.ts";
import type { Header } from "../../functions/domain/ledger/header.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { planChanges, planHashesOf } from "../../functions/domain/ledger/plan-parts.ts";
import type { Signal, SignalKind } from "../../functions/domain/ledger/signals.ts";
import type { Outcome } from "../../functions/domain/outcomes.ts";
import type { EnvironmentPlan, PromotionPlan } from "../../functions/domain/plan.ts";
import type {
  AlarmState,
  AlarmStatus,
  Dependencies,
  ExecutionStatus,
  Ledger,
  Mail,
  RedTurn,
  Series,
  SeriesQuery,
} from "../../functions/domain/ports.ts";
import { enterEnvironment } from "../../functions/enter-environment.ts";
import { finishRollout } from "../../functions/finish-rollout.ts";
import { recordEnvironment } from "../../functions/record-environment.ts";
import { hmacSha256 } from "../../functions/runtime/dependencies.ts";
import { shiftTraffic } from "../../functions/shift-traffic.ts";
import type { LambdaAliasPlan } from "../../functions/targets/lambda-alias/kind.ts";
import { FakeCode, FakeProber, FakeTarget, type FakeTargetOptions, FakeVersions } from "./fake-target.ts";
import { ManualClock, oneAfterTheOther } from "./manual-clock.ts";
import { MemoryLedger } from "./memory-ledger.ts";
import { isMetric } from "./queries.ts";

/** Thursday 26 November 2026, 08:00 UTC. */
export const START = Date.UTC(2026, 10, 26, 8);
export const P1 = "shop-v2-1";
export const ENV = "prod";
export const IN_PROD = { promotionId: P1, environment: ENV };
export const BASELINE = { primary: "7", secondary: null };
export const CANDIDATE = { primary: "8", secondary: null };
export const OLD_CODE = `${"0".repeat(63)}7`;
export const NEW_CODE = `${"0".repeat(63)}8`;

export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

export function targetPlan(name: string, change: Partial<LambdaAliasPlan> = {}): LambdaAliasPlan {
  const function_ = `arn:aws:lambda:af-south-1:111122223333:function:shop-${name}`;
  return {
    name,
    kind: "lambda-alias",
    functionName: `shop-${name}`,
    alias: "live",
    resource: `${function_}:live`,
    resources: [`${function_}:live`, function_],
    artifact: { from: "s3", bucket: "artifacts", key: `${name}/v2.zip`, versionId: "one", sha256: NEW_CODE },
    reversible: true,
    ...change,
  };
}

export function environmentPlan(change: Partial<EnvironmentPlan> = {}): EnvironmentPlan {
  return {
    environment: ENV,
    account: "111122223333",
    region: "af-south-1",
    roleArn: null,
    drive: "driven",
    targets: [targetPlan("cart"), targetPlan("order")],
    steps: [10, 50, 100].map((weight) => ({ weight, bakeSeconds: 900 })),
    analysis: {
      alpha: 0.05,
      metrics: [],
      onInconclusive: "hold",
      extendSeconds: 600,
      holdSeconds: 86_400,
      earlyPass: false,
      referenceSeconds: 3_600,
      mustSeePoints: null,
      ifBlind: "warn",
      syntheticPerMinute: 0,
    },
    window: null,
    checks: [],
    approvals: [],
    alarms: ["errors"],
    monitor: null,
    keepPreviousSeconds: 86_400,
    retirePrevious: false,
    onConflict: "refuse",
    notBefore: null,
    notices: ["team@shop.example"],
    pageTo: ["oncall@shop.example"],
    ...change,
  };
}

export function promotionPlan(environments: readonly EnvironmentPlan[]): PromotionPlan {
  return {
    service: "shop",
    version: "v2",
    commit: "0a1b2c3d",
    ticket: null,
    requestedBy: "dev@shop.example",
    risk: "low",
    summary: "Faster checkout.",
    evidence: { coverage: 87, suite: "412 passed", signed: true },
    emergency: null,
    environments,
  };
}

export interface WorldOptions {
  readonly target?: FakeTargetOptions;
  readonly plan?: Partial<EnvironmentPlan>;
  /** The candidate's code stands there already: deploying replaces nothing, so nothing of it has to go back. */
  readonly uploaded?: boolean;
}

/** The outside of all handlers. What the fakes hold is the truth; what a test asserts about traffic, it asserts there. */
export class World {
  readonly clock = new ManualClock(START);
  readonly ledger = new MemoryLedger();
  readonly inbox: Mail[] = [];
  readonly woken: string[] = [];
  readonly warnings: string[] = [];
  readonly counted: Outcome[] = [];
  readonly statuses = new Map<string, ExecutionStatus>();
  /** Inputs of executions that handlers started, by ARN. */
  readonly started = new Map<string, string>();
  startTrouble: Error | null = null;
  /** Promotions that a worker was asked to restore, and has not yet: `restoreTraffic` is what it runs. */
  readonly restoring: string[] = [];
  workerTrouble: Error | null = null;
  readonly alarms = new Map<string, AlarmState>([["errors", "OK"]]);
  /** The alarms' history. */
  readonly redTurns: RedTurn[] = [];
  readonly objects = new Map<string, { versionId: string; sha256: string | null }>();
  readonly pages = new Map<string, { status: number; body: string; ms: number }>();
  /** Datapoints of a series, by start of period. */
  points: (query: SeriesQuery, from: number, to: number) => ReadonlyMap<number, number> = () => new Map();
  complete = true;
  mailTrouble: Error | null = null;
  wakeTrouble: Error | null = null;
  remainingMs = 900_000;
  readonly deps: Dependencies;
  readonly #targets = new Map<string, FakeTarget>();
  readonly #codes = new Map<string, FakeCode>();
  readonly #versions = new Map<string, FakeVersions>();
  readonly #probers = new Map<string, FakeProber>();
  readonly #target: FakeTargetOptions;
  #ids = 0;

  constructor({ target = {} }: WorldOptions = {}) {
    this.#target = target;
    this.deps = this.#dependencies();
  }

  /** The traffic target of a function, by the target's name. */
  target(name: string): FakeTarget {
    return found(this.#targets, name, () => new FakeTarget(this.clock, BASELINE, this.#target));
  }

  code(name: string): FakeCode {
    return found(this.#codes, name, () => new FakeCode(this.clock, OLD_CODE, { "7": OLD_CODE }));
  }

  versions(name: string): FakeVersions {
    return found(this.#versions, name, () => new FakeVersions());
  }

  prober(name: string): FakeProber {
    return found(this.#probers, name, () => new FakeProber());
  }

  /** Everything that the tests of idempotence compare: the ledger, and what was done to targets, code and people. */
  dump() {
    return structuredClone({
      ledger: this.ledger.items(),
      effects: [...this.#targets].map(([name, { effects }]) => ({ name, effects })),
      calls: [...this.#targets].map(([name, { calls }]) => ({ name, calls })),
      updates: [...this.#codes].map(([name, { updates }]) => ({ name, updates })),
      inbox: this.inbox,
    });
  }

  mailsTo(address: string): Mail[] {
    return this.inbox.filter(({ to }) => to === address);
  }

  async signal(kind: SignalKind, promotionId = P1): Promise<void> {
    const at = this.clock.now();
    const signal: Signal = { signal: `${kind}-${at}`, kind, by: "ann", reason: "because", at };
    await this.ledger.write([{ put: item(keys.signal(promotionId, signal.signal), signal) }]);
  }

  #dependencies(): Dependencies {
    const { clock, ledger } = this;
    return {
      clock,
      concurrency: oneAfterTheOther,
      ledger,
      entropy: { id: (bytes) => sha256(`seed ${this.#ids++}`).slice(0, 2 * bytes) },
      hash: sha256,
      mac: hmacSha256,
      log: { info: () => {}, warn: (message, about) => this.warnings.push(`${message} ${JSON.stringify(about)}`) },
      mailer: {
        kind: "mail",
        send: async (mail) => {
          if (this.mailTrouble !== null) throw this.mailTrouble;
          this.inbox.push(mail);
        },
        reach: async (addresses) => new Map(addresses.map((address) => [address, "confirmed" as const])),
        listeners: async () => [],
      },
      executions: {
        wake: async (token) => {
          if (this.wakeTrouble !== null) throw this.wakeTrouble;
          this.woken.push(token);
          return true;
        },
        status: async (arn) => this.statuses.get(arn),
        start: async (name, input) => this.#start(arnOf(name), JSON.stringify(input)),
        arnOf,
      },
      restoreWorker: {
        start: async (promotionId) => {
          if (this.workerTrouble !== null) throw this.workerTrouble;
          this.restoring.push(promotionId);
        },
      },
      settleWorker: {
        start: async () => {
          throw new Error("nobody decides here");
        },
      },
      web: { get: async (url) => this.pages.get(url) ?? { status: 404, body: "", ms: 5 } },
      target: (_place, plan) => ({
        plan,
        traffic: this.target(plan.name),
        code: this.code(plan.name),
        versions: this.versions(plan.name),
        prober: this.prober(plan.name),
      }),
      metrics: () => ({
        read: async (queries, from, to) => queries.filter(isMetric).map((query) => this.#series(query, from, to)),
      }),
      logs: () => ({ search: async () => "search", found: async () => ({ lines: [], complete: true }) }),
      alarms: () => ({
        states: async (names, prefix) => this.#states(names, prefix),
        redTurns: async (names, from) => this.redTurns.filter(({ name, at }) => names.includes(name) && at >= from),
      }),
      artifacts: () => ({
        object: async (bucket, key, versionId) => this.objects.get(`${bucket}/${key}/${versionId}`),
      }),
      prober: (_place, functionName) => this.prober(functionName),
      countOutcome: (outcome) => this.counted.push(outcome),
      remainingMs: () => this.remainingMs,
      settings: { baseUrl: "https://headgate.example.com/live", deployment: "headgate-test" },
    };
  }

  /** As Step Functions does: the same input while it runs is the first start. */
  #start(arn: string, input: string): "started" | "taken" {
    if (this.startTrouble !== null) throw this.startTrouble;
    if (this.statuses.has(arn)) {
      return this.statuses.get(arn) === "RUNNING" && this.started.get(arn) === input ? "started" : "taken";
    }
    this.statuses.set(arn, "RUNNING");
    this.started.set(arn, input);
    return "started";
  }

  #series(query: SeriesQuery, from: number, to: number): Series {
    return { id: query.id, points: this.points(query, from, to), complete: this.complete };
  }

  #states(names: readonly string[], prefix: string | undefined): Map<string, AlarmStatus> {
    const asked = ([name]: readonly [string, AlarmState]) =>
      names.includes(name) || (prefix !== undefined && name.startsWith(prefix));
    return new Map([...this.alarms].filter(asked).map(([name, state]) => [name, { state, since: null }]));
  }
}

function found<T>(all: Map<string, T>, name: string, make: () => T): T {
  const known = all.get(name) ?? make();
  all.set(name, known);
  return known;
}

export const arnOf = (promotionId: string) =>
  `arn:aws:states:af-south-1:111122223333:execution:promotion:${promotionId}`;

/** A promotion that is open: header, plan and the sweeper's index stand in the ledger, its execution runs. */
export async function opened(
  world: World,
  plan: PromotionPlan = promotionPlan([environmentPlan()]),
  change: Partial<Header> = {},
): Promise<void> {
  const promotionId = change.promotionId ?? P1;
  const header: Header = {
    promotionId,
    service: plan.service,
    version: plan.version,
    state: "open",
    executionArn: arnOf(promotionId),
    openedAt: world.clock.now(),
    requestedBy: plan.requestedBy,
    startedBy: null,
    policyHash: "a policy's hash",
    ...planHashesOf(sha256, plan),
    environments: plan.environments.map(({ environment }) => environment),
    outcome: null,
    summary: "",
    closedAt: null,
    ...change,
  };
  const { executionArn } = header;
  await world.ledger.write([
    { put: item(keys.header(promotionId), header) },
    { put: item(keys.open(promotionId), { promotionId, executionArn }) },
    ...planChanges(promotionId, plan),
  ]);
  world.statuses.set(executionArn, "RUNNING");
}

/** Locks taken, journal open, baseline captured, candidate published at weight 0. */
export async function deployed(world: World, promotionId = P1, environment = ENV, position = 0): Promise<void> {
  const promotion = { promotionId, environment };
  await enterEnvironment(world.deps)({ promotionId, position });
  const { targets } = await captureBaseline(world.deps)(promotion);
  for (const target of targets) {
    await deployCandidate(world.deps)({ ...promotion, target }).catch(() => world.clock.advance(10_000));
    await deployCandidate(world.deps)({ ...promotion, target });
  }
}

/** A promotion with its candidate published and so many percent of traffic on it; 0 leaves traffic alone. */
export async function rollingOut(weight = 0, options: WorldOptions = {}): Promise<World> {
  const world = new World(options);
  const plan = environmentPlan(options.plan);
  if (options.uploaded === true) for (const { name } of plan.targets) world.code(name).replaceByHand(NEW_CODE);
  await opened(world, promotionPlan([plan]));
  await deployed(world);
  if (weight > 0) await shiftTraffic(world.deps)({ ...IN_PROD, weight });
  return world;
}

/** The candidate serves all of the traffic; the journal is still open. */
export async function finished(options: WorldOptions = {}): Promise<World> {
  const world = await rollingOut(100, options);
  await finishRollout(world.deps)(IN_PROD);
  return world;
}

/** The environment is recorded as promoted, its journal closed. */
export async function promoted(options: WorldOptions = {}): Promise<World> {
  const world = await finished(options);
  await recordEnvironment(world.deps)({ ...IN_PROD, position: 0 });
  return world;
}

/** The same deployment, seen through another ledger: for actors whose turns a test decides. */
export const through = (deps: Dependencies, ledger: Ledger): Dependencies => ({ ...deps, ledger });
