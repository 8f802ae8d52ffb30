/**
 * The ledger's items and their keys. One table; everything of a promotion shares a partition, so that one query reads
 * its whole story.
 *
 * | pk | sk | what |
 * |---|---|---|
 * | POLICY | CURRENT, VERSION#hash | the policy in force and every one before it |
 * | PROMOTION#id | HEADER | who, what, open or closed, outcome |
 * | PROMOTION#id | PLAN#environment#part | the resolved plan, cut into parts below the item limit |
 * | PROMOTION#id | HEAD#environment | head of the journal: open, tripped, closed |
 * | PROMOTION#id | TARGET#environment#target | baseline, candidate, last read-back |
 * | PROMOTION#id | INTENT#environment#target#seq | one write: intent, then result |
 * | PROMOTION#id | BAKE#environment#phase, SAMPLE#... | judge state, and the samples behind each verdict |
 * | PROMOTION#id | APPROVAL#..., DECISION#..., DECIDER#... | what was asked and answered |
 * | PROMOTION#id | SIGNAL#..., PAUSE#... | operators' words, and the tokens that wait for them |
 * | PROMOTION#id | ADVICE#environment | what the bakes can see at last week's traffic |
 * | PROMOTION#id | GATES#environment#when, HOLD#environment#phase, ENDING | check results, why it stands still, why it ends |
 * | PROMOTION#id | SENT#notice, PAGE#environment#about | which mails went out, and of what people were paged |
 * | PROMOTION#id | COUNTED#outcome | that it was counted in the metrics |
 * | PROMOTION#id | AUDIT#seq, AUDITID#id, AUDITHEAD | the hash-chained trail |
 * | LOCK#resource | LOCK | owner and fence |
 * | LINK#hash | LINK | an approver's link |
 * | ALARM#account#region#name | PROMOTION#id#environment | who wants to know of this alarm |
 * | OPEN | PROMOTION#id | promotions that are not closed, for the sweeper |
 * | START#execution | START | who started this execution through the API |
 * | KEPT | due#promotion#environment | previous versions that are deleted once they were kept for long enough |
 * | DEPLOYMENT#environment#service | VERSION#version#promotion, ACTIVE, HELD#version | the version registry |
 */
import { BrokenRecord } from "../errors.ts";
import type { Outcome, TrippedBy } from "../outcomes.ts";
import type { EnvironmentPlan, PromotionPlan } from "../plan.ts";
import type { Change, CodeState, Item, Key, Place, Route, RouteState } from "../ports.ts";

export const promotion = (id: string) => `PROMOTION#${id}`;

const padded = (sequence: number) => String(sequence).padStart(6, "0");

export const keys = {
  policyCurrent: (): Key => ({ pk: "POLICY", sk: "CURRENT" }),
  policy: (hash: string): Key => ({ pk: "POLICY", sk: `VERSION#${hash}` }),
  header: (id: string): Key => ({ pk: promotion(id), sk: "HEADER" }),
  planPart: (id: string, environment: string, part: number): Key => ({
    pk: promotion(id),
    sk: `PLAN#${environment}#${padded(part)}`,
  }),
  head: (id: string, environment: string): Key => ({ pk: promotion(id), sk: `HEAD#${environment}` }),
  target: (id: string, environment: string, target: string): Key => ({
    pk: promotion(id),
    sk: `TARGET#${environment}#${target}`,
  }),
  intent: (id: string, environment: string, target: string, sequence: number): Key => ({
    pk: promotion(id),
    sk: `INTENT#${environment}#${target}#${padded(sequence)}`,
  }),
  bake: (id: string, environment: string, phase: string): Key => ({
    pk: promotion(id),
    sk: `BAKE#${environment}#${phase}`,
  }),
  samples: (id: string, environment: string, phase: string, part: number): Key => ({
    pk: promotion(id),
    sk: `SAMPLE#${environment}#${phase}#${padded(part)}`,
  }),
  reference: (id: string, environment: string): Key => ({ pk: promotion(id), sk: `REFERENCE#${environment}` }),
  approval: (id: string, environment: string, approval: string): Key => ({
    pk: promotion(id),
    sk: `APPROVAL#${environment}#${approval}`,
  }),
  decision: (id: string, environment: string, approval: string, role: string, address: string): Key => ({
    pk: promotion(id),
    sk: `DECISION#${environment}#${approval}#${role}#${address}`,
  }),
  decider: (id: string, environment: string, approval: string, address: string): Key => ({
    pk: promotion(id),
    sk: `DECIDER#${environment}#${approval}#${address}`,
  }),
  start: (executionArn: string): Key => ({ pk: `START#${executionArn}`, sk: "START" }),
  link: (hash: string): Key => ({ pk: `LINK#${hash}`, sk: "LINK" }),
  signal: (id: string, signal: string): Key => ({ pk: promotion(id), sk: `SIGNAL#${signal}` }),
  pause: (id: string, environment: string, pause: string): Key => ({
    pk: promotion(id),
    sk: `PAUSE#${environment}#${pause}`,
  }),
  due: (id: string): Key => ({ pk: promotion(id), sk: "DUE" }),
  sent: (id: string, notice: string): Key => ({ pk: promotion(id), sk: `SENT#${notice}` }),
  counted: (id: string, outcome: Outcome): Key => ({ pk: promotion(id), sk: `COUNTED#${outcome}` }),
  page: (id: string, environment: string, about: string): Key => ({
    pk: promotion(id),
    sk: `PAGE#${environment}#${about}`,
  }),
  /** Prefix of all pages of a promotion. */
  pages: (id: string): Key => ({ pk: promotion(id), sk: "PAGE#" }),
  auditHead: (id: string): Key => ({ pk: promotion(id), sk: "AUDITHEAD" }),
  audit: (id: string, sequence: number): Key => ({ pk: promotion(id), sk: `AUDIT#${padded(sequence)}` }),
  auditId: (id: string, entry: string): Key => ({ pk: promotion(id), sk: `AUDITID#${entry}` }),
  lock: (resource: string): Key => ({ pk: `LOCK#${resource}`, sk: "LOCK" }),
  alarm: (place: Place, name: string, id: string, environment: string): Key => ({
    pk: `ALARM#${place.account}#${place.region}#${name}`,
    sk: `PROMOTION#${id}#${environment}`,
  }),
  kept: (dueAt: number, id: string, environment: string): Key => ({
    pk: "KEPT",
    sk: `${new Date(dueAt).toISOString()}#${id}#${environment}`,
  }),
  open: (id: string): Key => ({ pk: "OPEN", sk: `PROMOTION#${id}` }),
  deployed: (environment: string, service: string, version: string, id: string): Key => ({
    pk: `DEPLOYMENT#${environment}#${service}`,
    sk: `VERSION#${version}#${id}`,
  }),
  ending: (id: string): Key => ({ pk: promotion(id), sk: "ENDING" }),
  advice: (id: string, environment: string): Key => ({ pk: promotion(id), sk: `ADVICE#${environment}` }),
  gates: (id: string, environment: string, when: string): Key => ({
    pk: promotion(id),
    sk: `GATES#${environment}#${when}`,
  }),
  hold: (id: string, environment: string, phase: string): Key => ({
    pk: promotion(id),
    sk: `HOLD#${environment}#${phase}`,
  }),
  active: (environment: string, service: string): Key => ({ pk: `DEPLOYMENT#${environment}#${service}`, sk: "ACTIVE" }),
  held: (environment: string, service: string, version: string): Key => ({
    pk: `DEPLOYMENT#${environment}#${service}`,
    sk: `HELD#${version}`,
  }),
} as const;

export interface Header {
  readonly promotionId: string;
  readonly service: string;
  readonly version: string;
  readonly state: "open" | "closed";
  readonly executionArn: string;
  readonly openedAt: number;
  readonly requestedBy: string;
  /** IAM identity that started the promotion through the API, and decides no approval; null: nobody is on record. */
  readonly startedBy: string | null;
  readonly policyHash: string;
  readonly planHash: string;
  readonly environments: readonly string[];
  readonly outcome: Outcome | null;
  readonly summary: string;
  readonly closedAt: number | null;
}

/** Why a promotion ends without being promoted; the first one noted stands. */
export interface Ending {
  readonly outcome: Outcome;
  readonly summary: string;
  readonly at: number;
}

/**
 * Why a rollout stands still, and until when (epoch ms; null: until somebody resumes). A window opens then; a verdict is
 * waited for no longer, and traffic goes back.
 */
export interface Hold {
  readonly why: "operator" | "window" | "verdict";
  readonly until: number | null;
  readonly summary: string;
  readonly at: number;
}

export interface Trip {
  readonly by: TrippedBy;
  readonly reason: string;
  readonly at: number;
}

/** Head of one environment's journal. `closed` is for good: nothing of this promotion writes here any more. */
export interface Head {
  readonly promotionId: string;
  readonly environment: string;
  readonly state: "open" | "tripped" | "closed";
  readonly enteredAt: number;
  /** First instant at which candidate traffic was intended; null: untouched. */
  readonly firstShiftAt: number | null;
  readonly trip: Trip | null;
  /** How this environment ended, once closed. */
  readonly outcome: Outcome | null;
  readonly summary: string;
}

/** What is known of one traffic target. Baseline and previous code never change within a promotion. */
export interface TargetRecord {
  readonly target: string;
  readonly resource: string;
  readonly fence: number;
  readonly baseline: RouteState;
  readonly candidate: string | null;
  readonly candidateSha256: string | null;
  readonly previousCode: CodeState | null;
  /** Number of the newest intent. */
  readonly sequence: number;
  /** The last journalled read-back: its revision is the one the next write must use. */
  readonly last: RouteState;
  readonly restored: "verified" | "refused" | null;
}

export type Purpose = "shift" | "finish" | "restore";

/** `overtaken`: a restore wrote after it, and looked again once it could no longer take effect. */
export type IntentResult = "applied" | "not-applied" | "moved" | "foreign" | "overtaken";

export interface Intent {
  readonly target: string;
  readonly sequence: number;
  readonly purpose: Purpose;
  readonly from: Route;
  readonly to: Route;
  readonly revision: string | null;
  readonly marker: string;
  readonly fence: number;
  readonly at: number;
  /** The call is given up before this instant (epoch ms). */
  readonly deadline: number;
  readonly result: { readonly outcome: IntentResult; readonly found: RouteState; readonly at: number } | null;
}

export interface Lock {
  /** Promotion that holds it; null: free. The item stays, so that the fence only ever grows. */
  readonly owner: string | null;
  readonly environment: string | null;
  readonly executionArn: string | null;
  readonly fence: number;
}

export const SIGNALS = ["hold", "resume", "roll-back", "abort", "skip-bake", "promote-now", "supersede"] as const;

export type SignalKind = (typeof SIGNALS)[number];

export interface Signal {
  readonly signal: string;
  readonly kind: SignalKind;
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

/** A waiting token. It only wakes: whoever wakes reads the ledger. */
export interface Pause {
  readonly pause: string;
  readonly token: string;
  readonly until: number;
}

/** An item that was read and must be there. Throws `BrokenRecord`. */
export function there(item: Item | undefined, key: Key): Item {
  if (item === undefined) throw new BrokenRecord(`the ledger has no ${key.sk} under ${key.pk}`);
  return item;
}

// Items are written by the functions of this package alone, through typed puts; reading them back is a change of view.
export const asHeader = (item: Item) => item as unknown as Header & Key;

export const asHead = (item: Item) => item as unknown as Head & Key;

export const asTarget = (item: Item) => item as unknown as TargetRecord & Key;

export const asIntent = (item: Item) => item as unknown as Intent & Key;

export const asLock = (item: Item) => item as unknown as Lock & Key;

export const asSignal = (item: Item) => item as unknown as Signal & Key;

export const asEnding = (item: Item) => item as unknown as Ending & Key;

export const asHold = (item: Item) => item as unknown as Hold & Key;

export const asPause = (item: Item) => item as unknown as Pause & Key;

/** An item of these fields under this key. */
export function item<T extends object>(key: Key, fields: T): Item {
  return { ...(fields as Record<string, unknown>), ...key };
}

/** Largest piece of a plan kept in one item, in UTF-16 units; DynamoDB's limit is 400 KB of UTF-8. */
const PART_LENGTH = 90_000;

/** What of the plan is the promotion's, not one environment's. */
export type PlanHeader = Omit<PromotionPlan, "environments">;

export const PLAN_HEADER = "";

export function planChanges(id: string, plan: PromotionPlan): Change[] {
  const { environments, ...header } = plan;
  const parts = (environment: string, value: unknown) => {
    const json = JSON.stringify(value);
    const count = Math.ceil(json.length / PART_LENGTH);
    return Array.from({ length: count }, (_, part) => ({
      put: item(keys.planPart(id, environment, part), {
        json: json.slice(part * PART_LENGTH, (part + 1) * PART_LENGTH),
        parts: count,
      }),
    }));
  };
  return [
    ...parts(PLAN_HEADER, header satisfies PlanHeader),
    ...environments.flatMap((environment) => parts(environment.environment, environment)),
  ];
}

/** Where an environment's resources live. */
export function placeOf(plan: EnvironmentPlan): Place {
  return { account: plan.account, region: plan.region, roleArn: plan.roleArn };
}
