/** A promotion that waits for people: real handlers, a ledger in memory, a mailbox, and a workflow that counts its wakes. */
import { createHash } from "node:crypto";
import { askApproval } from "../../functions/ask-approval.ts";
import type { ApprovalName } from "../../functions/domain/approval/records.ts";
import type { Header } from "../../functions/domain/ledger/header.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { approvalPause } from "../../functions/domain/ledger/pauses.ts";
import { planChanges, planHashesOf } from "../../functions/domain/ledger/plan-parts.ts";
import { storePolicy } from "../../functions/domain/ledger/policies.ts";
import type { SignalKind } from "../../functions/domain/ledger/signals.ts";
import { storePause } from "../../functions/domain/ledger/wake-pauses.ts";
import type { ApprovalPlan, EnvironmentPlan, PromotionPlan, RolePlan } from "../../functions/domain/plan.ts";
import type { Dependencies, ExecutionStatus, Listener, Mail, Reach } from "../../functions/domain/ports.ts";
import { promises } from "../../functions/runtime/concurrency.ts";
import { hmacSha256 } from "../../functions/runtime/dependencies.ts";
import { settleApproval } from "../../functions/settle-approval.ts";
import type { LambdaAliasPlan } from "../../functions/targets/lambda-alias/kind.ts";
import { CALLERS } from "./callers.ts";
import { MemoryLedger } from "./memory-ledger.ts";

export const HOUR = 3_600_000;
/** Thursday 26 November 2026, 08:00 UTC. */
export const START = Date.UTC(2026, 10, 26, 8);
export const REQUESTER = "sam.dev@example.com";
export const LEAD = "jane.doe@example.com";
export const INFRA = "john.smith@example.com";
export const OWNER = "olu.owner@example.com";
export const MANAGER = "mia.manager@example.com";

export const role = (
  name: string,
  people: readonly string[],
  checklist: readonly string[] = [],
  needed = 1,
): RolePlan => ({
  role: name,
  needed,
  people,
  checklist,
});

export const TECH_LEAD = role(
  "tech-lead",
  [LEAD],
  [
    "SIT smoke tests all passing",
    "Performance baselines met",
    "No regressions from previous release",
    "Security scanning complete",
    "Rollback plan documented",
  ],
);
export const INFRASTRUCTURE_LEAD = role(
  "infrastructure-lead",
  [INFRA],
  ["Terraform plan reviewed", "Capacity planning adequate", "Monitoring and alerting in place"],
);

export function approvalPlan(change: Partial<ApprovalPlan> = {}): ApprovalPlan {
  return {
    id: "before",
    when: "before",
    roles: [TECH_LEAD, INFRASTRUCTURE_LEAD],
    expiresSeconds: 48 * 3_600,
    remindSeconds: 12 * 3_600,
    escalateSeconds: null,
    escalateTo: null,
    validSeconds: 7 * 86_400,
    ...change,
  };
}

export function environmentPlan(
  approvals: readonly ApprovalPlan[],
  change: Partial<EnvironmentPlan> = {},
): EnvironmentPlan {
  return {
    environment: "prod",
    account: "093646564004",
    region: "af-south-1",
    roleArn: null,
    drive: "driven",
    targets: [
      {
        name: "order",
        kind: "lambda-alias",
        functionName: "bbws-prod-order",
        alias: "live",
        resource: "arn:aws:lambda:af-south-1:093646564004:function:bbws-prod-order:live",
        resources: ["arn:aws:lambda:af-south-1:093646564004:function:bbws-prod-order:live"],
        artifact: { from: "s3", bucket: "bbws-artifacts", key: "order/1.4.0.zip", versionId: "3HL4kqtJvjVBH40Nrjfkd" },
        reversible: true,
      },
      {
        name: "order-migration",
        kind: "lambda-alias",
        functionName: "bbws-prod-order-migration",
        alias: "live",
        resource: "arn:aws:lambda:af-south-1:093646564004:function:bbws-prod-order-migration:live",
        resources: ["arn:aws:lambda:af-south-1:093646564004:function:bbws-prod-order-migration:live"],
        artifact: { from: "version", version: "17" },
        reversible: false,
      },
    ] as readonly LambdaAliasPlan[],
    steps: [10, 25, 50, 100].map((weight) => ({ weight, bakeSeconds: 900 })),
    analysis: {
      alpha: 0.05,
      metrics: [
        {
          name: "error rate",
          target: "order",
          source: { preset: "lambda-error-rate" },
          periodSeconds: 60,
          settleSeconds: 120,
          rules: [
            { max: 5, sustainedSeconds: 0, minSamples: 100, onBreach: "rollback", hard: true },
            { maxIncreasePoints: 1, sustainedSeconds: 120, minSamples: 100, onBreach: "rollback", hard: false },
          ],
          dryRun: false,
        },
        {
          name: "p95 duration",
          target: "order",
          source: { preset: "lambda-duration-p95" },
          periodSeconds: 60,
          settleSeconds: 120,
          rules: [{ maxIncreasePercent: 20, sustainedSeconds: 300, minSamples: 0, onBreach: "block", hard: false }],
          dryRun: false,
        },
      ],
      onInconclusive: "hold",
      extendSeconds: 1_800,
      holdSeconds: 86_400,
      earlyPass: false,
      referenceSeconds: 3_600,
      mustSeePoints: null,
      ifBlind: "warn",
      syntheticPerMinute: 0,
    },
    window: {
      zone: "Africa/Johannesburg",
      open: [{ days: [2, 3, 4], from: 20 * 60, to: 22 * 60 }],
      freezes: [],
      scope: "rollout",
      whenItCloses: "hold",
    },
    checks: [],
    approvals,
    alarms: ["bbws-prod-order-errors"],
    monitor: null,
    keepPreviousSeconds: 86_400,
    retirePrevious: false,
    onConflict: "refuse",
    notBefore: null,
    notices: [],
    pageTo: [],
    ...change,
  };
}

export function promotionPlan(
  environments: readonly EnvironmentPlan[],
  change: Partial<PromotionPlan> = {},
): PromotionPlan {
  return {
    service: "bbws-store",
    version: "v1.4.0",
    commit: "9f8d1114c0ffee",
    ticket: "BBWS-431",
    requestedBy: REQUESTER,
    risk: "medium",
    summary: "Orders are priced in the customer's currency; the old endpoint stays until March.",
    evidence: { coverage: 87, "integration tests": "412 passed", report: "https://ci.example.com/runs/8123" },
    evidenceHosts: ["ci.example.com"],
    emergency: null,
    environments,
    ...change,
  };
}

export interface SceneOptions {
  readonly approval?: Partial<ApprovalPlan>;
  readonly environment?: Partial<EnvironmentPlan>;
  readonly release?: Partial<PromotionPlan>;
  readonly header?: Partial<Header>;
  readonly reach?: ReadonlyMap<string, Reach>;
  /** Another scene, in whose ledger this one takes place; else it has its own. */
  readonly beside?: Scene;
}

const unused = () => {
  throw new Error("approvals have no use for this");
};

/** SHA-256 as the deployment has it. */
export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** No two scenes have an id in common. */
let scenes = 0;

export class Scene {
  readonly name: ApprovalName;
  readonly ledger: MemoryLedger;
  readonly inbox: Mail[] = [];
  readonly woken: string[] = [];
  readonly warnings: string[] = [];
  readonly deps: Dependencies;
  readonly #seed = scenes++;
  #ids = 0;
  now = START;
  status: ExecutionStatus | undefined = "RUNNING";
  /** Thrown by the next mails to these addresses, or by the next wake. */
  readonly mailTrouble = new Map<string, Error>();
  wakeTrouble: Error | null = null;
  /** Who gets mail of the topic, and what is thrown to whoever asks. */
  listeners: readonly Listener[] = [];
  listenersTrouble: Error | null = null;
  /** Thrown by the next start of settling. */
  workerTrouble: Error | null = null;

  constructor(options: SceneOptions = {}) {
    const { service = "bbws-store", version = "v1.4.0" } = options.release ?? {};
    this.ledger = options.beside?.ledger ?? new MemoryLedger();
    this.name = {
      promotionId: `${service}-${version}-1`,
      environment: "prod",
      approval: options.approval?.id ?? "before",
    };
    this.deps = this.#dependencies(options);
  }

  #dependencies({ reach }: SceneOptions): Dependencies {
    return {
      clock: { now: () => this.now, sleep: async () => {} },
      concurrency: promises,
      entropy: { id: (bytes) => sha256(`seed ${this.#seed} ${this.#ids++}`).slice(0, 2 * bytes) },
      hash: sha256,
      mac: hmacSha256,
      log: { info: () => {}, warn: (message, about) => this.warnings.push(`${message} ${JSON.stringify(about)}`) },
      ledger: this.ledger,
      mailer: {
        kind: "mail",
        send: async (mail) => {
          const trouble = this.mailTrouble.get(mail.to);
          if (trouble !== undefined) throw trouble;
          this.inbox.push(mail);
        },
        reach: async (addresses) => new Map(addresses.map((address) => [address, reach?.get(address) ?? "confirmed"])),
        listeners: async () => {
          if (this.listenersTrouble !== null) throw this.listenersTrouble;
          return this.listeners;
        },
      },
      executions: {
        wake: async (token) => {
          if (this.wakeTrouble !== null) throw this.wakeTrouble;
          this.woken.push(token);
          return true;
        },
        status: async () => this.status,
        start: unused,
        arnOf: unused,
      },
      restoreWorker: { start: unused },
      settleWorker: { start: (name) => this.#settleLater(name) },
      web: { get: unused },
      target: unused,
      metrics: unused,
      logs: unused,
      alarms: unused,
      artifacts: unused,
      prober: unused,
      countOutcome: unused,
      remainingMs: () => 60_000,
      settings: { baseUrl: "https://headgate.example.com/live", deployment: "headgate-test" },
    };
  }

  /** What Lambda does with an asynchronous invocation, but at once; its failure is nobody's who started it. */
  async #settleLater(name: ApprovalName): Promise<void> {
    if (this.workerTrouble !== null) throw this.workerTrouble;
    try {
      await settleApproval(this.deps)({ ...name, wake: true });
    } catch (error) {
      this.warnings.push(String(error));
    }
  }

  ask() {
    return askApproval(this.deps)(this.name);
  }

  settle() {
    return settleApproval(this.deps)(this.name);
  }

  /** The machine's pause, waiting on a token. */
  async pause(token = "the task token"): Promise<void> {
    const { promotionId, environment, approval } = this.name;
    await storePause(this.ledger, promotionId, environment, {
      pause: approvalPause(approval),
      token,
      until: this.now + HOUR,
    });
  }

  /** Puts a policy in force that names these people, by role, for each of these environments, and believes these callers. */
  async putPolicy(
    people: Readonly<Record<string, readonly string[]>>,
    environments = ["sit", "prod"],
    callers: unknown = CALLERS,
  ): Promise<void> {
    const places = Object.fromEntries(environments.map((name) => [name, {}]));
    await storePolicy(this.deps, { people, callers, environments: places });
  }

  async signal(kind: SignalKind, by: string, reason: string): Promise<void> {
    const signal = `${kind}-${this.now}`;
    await this.ledger.write([
      { put: item(keys.signal(this.name.promotionId, signal), { signal, kind, by, reason, at: this.now }) },
    ]);
  }

  mailsTo(address: string): Mail[] {
    return this.inbox.filter(({ to }) => to === address);
  }

  /** The opaque part of the link in the newest mail to this address. */
  linkOf(address: string): string {
    const found = this.mailsTo(address).findLast(({ body }) => LINK.test(body));
    const id = LINK.exec(found?.body ?? "")?.[1];
    if (id === undefined) throw new Error(`no mail with a link went to ${address}`);
    return id;
  }

  items(kind: string) {
    return this.ledger.items(({ sk }) => sk.startsWith(`${kind}#`));
  }
}

const LINK = /\/approvals\/([0-9a-f]{64})\n/;

/** Who holds which role, by the plan's approvals. */
export function peopleIn({ environments }: PromotionPlan): Record<string, readonly string[]> {
  const approvals = environments.flatMap((environment) => environment.approvals);
  const roles = approvals.flatMap(({ roles, escalateTo }) => (escalateTo === null ? roles : [...roles, escalateTo]));
  return Object.fromEntries(roles.map(({ role, people }) => [role, people]));
}

/** A scene whose promotion and plan are in the ledger. */
export async function scene(options: SceneOptions = {}): Promise<Scene> {
  const made = new Scene(options);
  const plan = promotionPlan([environmentPlan([approvalPlan(options.approval)], options.environment)], options.release);
  const header: Header = {
    promotionId: made.name.promotionId,
    service: plan.service,
    version: plan.version,
    state: "open",
    executionArn: "arn:aws:states:af-south-1:093646564004:execution:promotion:one",
    openedAt: START,
    requestedBy: plan.requestedBy,
    startedBy: null,
    policyHash: "a policy's hash",
    ...planHashesOf(sha256, plan),
    environments: ["sit", "prod"],
    outcome: null,
    summary: "",
    closedAt: null,
    ...options.header,
  };
  await made.ledger.write([{ put: item(keys.header(made.name.promotionId), header) }]);
  await made.ledger.write(planChanges(made.name.promotionId, plan));
  await made.putPolicy(peopleIn(plan));
  return made;
}
