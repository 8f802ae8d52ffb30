/** Everything that a report tells, read once: the ledger as an onlooker reads it, and the simulated AWS's own state. */
import type { ApprovalRecord, Decision } from "../../functions/domain/approval/approval.ts";
import { findApproval, loadDecisions } from "../../functions/domain/approval/load.ts";
import type { BakeRecord } from "../../functions/domain/judge/bake.ts";
import { loadBakes, loadLooks } from "../../functions/domain/judge/load.ts";
import { loadRecording } from "../../functions/domain/judge/load-recording.ts";
import type { Recording } from "../../functions/domain/judge/recording.ts";
import type { KeptLook } from "../../functions/domain/judge/store.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { type AuditRecord, brokenAt } from "../../functions/domain/ledger/audit.ts";
import { asHead, type Head, type TargetRecord } from "../../functions/domain/ledger/journal-records.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadTargets } from "../../functions/domain/ledger/load.ts";
import type { EnvironmentPlan, PromotionPlan } from "../../functions/domain/plan.ts";
import { sha256 } from "../../functions/runtime/dependencies.ts";
import { simulated } from "../host/targets.ts";
import type { Figures, Rehearsed } from "../rehearsal.ts";
import type { Ended, Sandbox } from "../sandbox.ts";
import type { Line, Wait } from "../timeline.ts";
import type { ShareHistory } from "../world/shares.ts";
import { folded } from "./fold.ts";
import { zoneOf } from "./times.ts";

export interface AskedApproval {
  readonly record: ApprovalRecord;
  readonly decisions: readonly Decision[];
}

/** One environment of the promotion, as far as it came. */
export interface EnvironmentData {
  readonly plan: EnvironmentPlan;
  /** Null: never entered. */
  readonly head: Head | null;
  readonly targets: readonly TargetRecord[];
  /** By target: shares of traffic as the simulated AWS has served them. */
  readonly weights: Readonly<Record<string, ShareHistory>>;
  readonly bakes: readonly BakeRecord[];
  readonly looks: readonly KeptLook[];
  /** Null: nothing was judged. */
  readonly recording: Recording | null;
  readonly approvals: readonly AskedApproval[];
}

/** Where one target's traffic stands at the end. */
export interface Serving {
  readonly environment: string;
  readonly target: string;
  /** `version 8`, `version 7, 10 % on 8`. */
  readonly route: string;
}

export interface ReportData {
  readonly world: string;
  readonly plan: PromotionPlan;
  readonly zone: string;
  readonly ended: Ended;
  readonly figures: Figures;
  /** Null: the ledger never heard of it. */
  readonly promotionId: string | null;
  readonly environments: readonly EnvironmentData[];
  readonly serving: readonly Serving[];
  readonly lines: readonly Line[];
  readonly waits: readonly Wait[];
  readonly trail: readonly AuditRecord[];
  /** First entry at which the trail's chain is broken; null: every link holds. */
  readonly trailBrokenAt: number | null;
}

/** Reads what there is to tell. Throws what the ledger throws. */
export async function loadReportData(result: Rehearsed, world: string): Promise<ReportData> {
  const { plan, ended, figures, sandbox } = result;
  const promotionId = promotionOf(sandbox, ended);
  return sandbox.inspect(async () => {
    const environments: EnvironmentData[] = [];
    for (const environment of plan.environments) {
      environments.push(await loadEnvironment(sandbox, promotionId, environment));
    }
    const trail = promotionId === null ? [] : await loadAudit(sandbox.ledger, promotionId);
    return {
      world,
      plan,
      zone: zoneOf(plan.environments),
      ended,
      figures,
      promotionId,
      environments,
      serving: servingNow(result),
      lines: folded(sandbox.timeline.lines),
      waits: sandbox.timeline.waits,
      trail,
      trailBrokenAt: brokenAt(sha256, trail),
    };
  });
}

/** The promotion's id, from the header that its execution wrote; null where it came to write none. */
function promotionOf(sandbox: Sandbox, { executionArn }: Ended): string | null {
  const headers = Object.values(sandbox.dynamoDb.dump())
    .flat()
    .filter(({ sk }) => text(sk) === "HEADER");
  const header = headers.find((one) => text(one.executionArn) === executionArn);
  return header === undefined ? null : text(header.promotionId);
}

const text = (value: object | undefined) => (value !== undefined && "S" in value ? String(value.S) : "");

async function loadEnvironment(
  sandbox: Sandbox,
  promotionId: string | null,
  plan: EnvironmentPlan,
): Promise<EnvironmentData> {
  const weights = Object.fromEntries(
    plan.targets.map((target) => [target.name, simulated(target).history(sandbox, plan, target)]),
  );
  const nothing = { plan, head: null, targets: [], weights, bakes: [], looks: [], recording: null, approvals: [] };
  if (promotionId === null) return nothing;
  const { ledger } = sandbox;
  const { environment } = plan;
  const head = await ledger.read(keys.head(promotionId, environment));
  if (head === undefined) return nothing;
  const bakes = await loadBakes(ledger, promotionId, environment);
  return {
    plan,
    head: asHead(head),
    targets: await loadTargets(ledger, promotionId, environment),
    weights,
    bakes,
    looks: await loadLooks(ledger, promotionId, environment),
    recording: bakes.length === 0 ? null : await loadRecording(ledger, promotionId, environment),
    approvals: await loadApprovals(sandbox, promotionId, plan),
  };
}

async function loadApprovals(sandbox: Sandbox, promotionId: string, plan: EnvironmentPlan): Promise<AskedApproval[]> {
  const asked: AskedApproval[] = [];
  for (const { id: approval } of plan.approvals) {
    const name = { promotionId, environment: plan.environment, approval };
    const record = await findApproval(sandbox.ledger, name);
    if (record !== undefined) asked.push({ record, decisions: await loadDecisions(sandbox.ledger, name) });
  }
  return asked;
}

/** The recordings of all environments that were judged, for `headgate replay`. */
export async function loadRecordings({ plan, ended, sandbox }: Rehearsed): Promise<Recording[]> {
  const promotionId = promotionOf(sandbox, ended);
  if (promotionId === null) return [];
  return sandbox.inspect(async () => {
    const recordings: Recording[] = [];
    for (const { environment } of plan.environments) {
      if ((await loadBakes(sandbox.ledger, promotionId, environment)).length === 0) continue;
      recordings.push(await loadRecording(sandbox.ledger, promotionId, environment));
    }
    return recordings;
  });
}

/** Where the traffic of every target stands now, as the simulated AWS serves it. */
export function servingNow({ plan, sandbox }: Pick<Rehearsed, "plan" | "sandbox">): Serving[] {
  return plan.environments.flatMap((environment) =>
    environment.targets.map((target) => {
      const weights = simulated(target).history(sandbox, environment, target).at(-1)?.weights ?? {};
      return { environment: environment.environment, target: target.name, route: routeInWords(weights) };
    }),
  );
}

/** The version with most traffic first, the others with their shares. */
function routeInWords(weights: Readonly<Record<string, number>>): string {
  const shares = Object.entries(weights)
    .filter(([, share]) => share > 0)
    .sort(([a, one], [b, other]) => other - one || Number(b) - Number(a));
  const [first, ...others] = shares;
  if (first === undefined) return "no version";
  const rest = others.map(([version, share]) => `, ${Number((share * 100).toPrecision(3))} % on ${version}`);
  return `version ${first[0]}${rest.join("")}`;
}
