/** What the approval page shows, worked out from the ledger: every word of it, none of the markup. */

import {
  type ApprovalRecord,
  type AskedRole,
  type Decision,
  type GateResult,
  rolesAsked,
  seatOf,
  signerInWords,
} from "../../domain/approval/approval.ts";
import { type InForce, standsFor } from "../../domain/approval/in-force.ts";
import type { Link } from "../../domain/approval/link.ts";
import { loadApproval, loadDecisions } from "../../domain/approval/load.ts";
import { loadBound } from "../../domain/approval/load-bound.ts";
import { isRevoked, loadInForce } from "../../domain/approval/load-in-force.ts";
import { countedDecisions, type Settlement, settle, waitingFor } from "../../domain/approval/settlement.ts";
import { askedWhen, consequenceInWords, instantInWords, spanInWords, utc } from "../../domain/approval/words.ts";
import { formatDuration } from "../../domain/durations.ts";
import { shareAt } from "../../domain/holdback.ts";
import type { PlanAdvice } from "../../domain/judge/advice.ts";
import { loadAdvice } from "../../domain/judge/load-advice.ts";
import type { Header } from "../../domain/ledger/header.ts";
import { loadSignals } from "../../domain/ledger/load.ts";
import { claimInWords, starterInWords } from "../../domain/ledger/origin.ts";
import { samePerson } from "../../domain/people.ts";
import type { EnvironmentPlan, Risk } from "../../domain/plan.ts";
import type { PlanHeader } from "../../domain/plan-text.ts";
import type { Dependencies, Ledger } from "../../domain/ports.ts";
import { plannedSeconds } from "../../domain/windows.ts";
import {
  gateInWords,
  type MetricWords,
  metricsInWords,
  stepsInWords,
  targetInWords,
  windowInWords,
} from "../promotion/plan-words.ts";
import { loadVerdictView, type VerdictView } from "../promotion/verdict-view.ts";
import { endOfLink, type LinkEnd } from "./ended-link.ts";

/** Whether this link can decide now, and if not, why. */
export type Standing =
  | { readonly kind: "open" }
  /** This person has answered. */
  | { readonly kind: "answered" }
  /** Decided. Links of approvals that ended in another way show nothing: see `ended-link.ts`. */
  | { readonly kind: "ended"; readonly state: "approved" | "rejected"; readonly summary: string };

export interface DecisionView {
  readonly who: string;
  readonly role: string;
  readonly decision: Decision["decision"];
  readonly at: string;
  readonly comment: string;
  readonly ticked: number;
  readonly unticked: readonly string[];
  readonly via: string;
}

export interface RoleView {
  readonly role: string;
  readonly needed: number;
  readonly missing: number;
  readonly people: readonly string[];
}

export interface ApprovalView {
  readonly standing: Standing;
  readonly link: Pick<Link, "role" | "address">;
  readonly record: ApprovalRecord;
  readonly checklist: readonly string[];
  readonly service: string;
  readonly version: string;
  readonly commit: string;
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  readonly summary: string;
  readonly requestedBy: string;
  /** Whether that is a claim. */
  readonly claim: string;
  readonly startedBy: string | null;
  readonly risk: Risk;
  readonly ticket: string | null;
  readonly emergency: string | null;
  readonly point: string;
  /** What follows for traffic from how the approval stands. */
  readonly consequence: string;
  readonly deadline: { readonly words: string; readonly zone: string; readonly utc: string };
  readonly timeLeft: string;
  readonly steps: readonly { readonly weight: number; readonly seconds: number; readonly label: string }[];
  readonly stepWords: readonly string[];
  readonly takes: string;
  readonly metrics: readonly MetricWords[];
  readonly alarms: readonly string[];
  readonly window: string;
  readonly targets: readonly string[];
  readonly irreversible: readonly string[];
  readonly gates: readonly GateResult[];
  readonly advice: PlanAdvice | null;
  readonly laterGates: readonly string[];
  readonly evidence: readonly (readonly [string, string])[];
  /** Where its links may lead. */
  readonly evidenceHosts: readonly string[];
  readonly verdicts: readonly VerdictView[];
  readonly decisions: readonly DecisionView[];
  readonly roles: readonly RoleView[];
  readonly binding: string;
  /** What the promotion runs in, for a look at whether it still does. */
  readonly execution: Pick<Header, "executionArn" | "openedAt">;
}

/** Reads everything and changes nothing. Throws `BrokenRecord` where the ledger lacks what a link promises. */
export async function loadApprovalView(
  deps: Pick<Dependencies, "ledger" | "clock" | "hash">,
  link: Link,
): Promise<ApprovalView | LinkEnd> {
  if (await isRevoked(deps.ledger, link.address)) return "gone";
  const record = await loadApproval(deps.ledger, link);
  const decisions = await loadDecisions(deps.ledger, link);
  const signals = await loadSignals(deps.ledger, link.promotionId);
  const bound = await loadBound(deps, record);
  if (bound.kind === "changed") return record.state === "waiting" ? "changed" : "altered";
  const { about } = bound;
  const now = deps.clock.now();
  const inForce = await loadInForce(deps.ledger, record);
  const settlement = settle(record, decisions, signals, inForce, now);
  const standing = standingOf(link, record, about.header, decisions, inForce, settlement, now);
  if (typeof standing === "string") return standing;
  return {
    ...releaseView(about.header, about.release),
    ...planView(about.plan, record),
    standing,
    execution: about.header,
    link,
    record,
    checklist: seatOf(record, link.role, link.address)?.role.checklist ?? [],
    point: askedWhen(about.wanted.when),
    consequence: consequenceInWords(settlement.state, about.wanted.when),
    deadline: deadlineOf(record, about.plan.window?.zone ?? "UTC"),
    timeLeft: spanInWords(record.expiresAt - now),
    gates: record.gates,
    advice: await loadAdvice(deps.ledger, link.promotionId, link.environment),
    verdicts: await verdictsAround(deps.ledger, about.header, link),
    decisions: countedDecisions(record, decisions, inForce).map(decisionView),
    roles: rolesView(record, decisions, inForce),
    binding: record.binding,
  };
}

const deadlineOf = ({ expiresAt }: ApprovalRecord, zone: string): ApprovalView["deadline"] => ({
  words: instantInWords(expiresAt, zone),
  zone,
  utc: utc(expiresAt),
});

/** What was judged one environment earlier, and in this one when people are asked in the middle of a rollout. */
async function verdictsAround(ledger: Ledger, { environments }: Header, link: Link): Promise<VerdictView[]> {
  const around = environments.slice(0, environments.indexOf(link.environment) + 1).slice(-2);
  const views: VerdictView[] = [];
  for (const environment of around) {
    const view = await loadVerdictView(ledger, link.promotionId, environment);
    if (view !== null) views.push(view);
  }
  return views;
}

function standingOf(
  link: Link,
  record: ApprovalRecord,
  header: Header,
  decisions: readonly Decision[],
  inForce: InForce,
  settlement: Settlement,
  now: number,
): Standing | LinkEnd {
  if (seatOf(record, link.role, link.address)?.person.generation !== link.generation) return "replaced";
  const { state, summary } = settlement;
  const end = endOfLink(state, record, now);
  if (end !== null) return end;
  if (state === "approved" || state === "rejected") return { kind: "ended", state, summary };
  if (header.state === "closed") return "over";
  if (!standsFor(inForce, link.role, link.address)) return "gone";
  const answered = countedDecisions(record, decisions, inForce).some((one) => samePerson(one.address, link.address));
  return { kind: answered ? "answered" : "open" };
}

function releaseView(header: Header, release: PlanHeader) {
  return {
    service: release.service,
    version: release.version,
    commit: release.commit,
    summary: release.summary,
    requestedBy: release.requestedBy,
    claim: claimInWords(header),
    startedBy: starterInWords(header),
    risk: release.risk,
    ticket: release.ticket,
    emergency: release.emergency?.reason ?? null,
    evidence: Object.entries(release.evidence).map(([key, value]) => [key, String(value)] as const),
    evidenceHosts: release.evidenceHosts ?? [],
  };
}

function planView(plan: EnvironmentPlan, record: ApprovalRecord) {
  return {
    environment: plan.environment,
    account: plan.account,
    region: plan.region,
    steps: plan.steps.map(({ weight, bakeSeconds }) => ({
      weight: shareAt(plan, weight),
      seconds: bakeSeconds,
      label: bakeSeconds === 0 ? "" : formatDuration(bakeSeconds),
    })),
    stepWords: stepsInWords(plan),
    takes: spanInWords(plannedSeconds(plan.steps) * 1_000),
    metrics: metricsInWords(plan),
    alarms: plan.alarms,
    window: windowInWords(plan.window),
    targets: plan.targets.map(targetInWords),
    irreversible: plan.targets.filter(({ reversible }) => !reversible).map(({ name }) => name),
    laterGates: plan.checks.filter(({ name }) => !record.gates.some((gate) => gate.name === name)).map(gateInWords),
  };
}

function decisionView(decision: Decision): DecisionView {
  const signer = signerInWords(decision);
  return {
    who: decision.address,
    role: decision.role,
    decision: decision.decision,
    at: utc(decision.at),
    comment: decision.comment,
    ticked: decision.checklist.length,
    unticked: decision.unticked,
    via: signer === null ? "from the mail's link" : `through the API, by ${signer}`,
  };
}

function rolesView(record: ApprovalRecord, decisions: readonly Decision[], inForce: InForce): RoleView[] {
  const missing = new Map(
    waitingFor(record, countedDecisions(record, decisions, inForce), inForce).map((one) => [one.role, one.missing]),
  );
  return rolesAsked(record).map((role: AskedRole) => ({
    role: role.role,
    needed: role === record.escalation ? 0 : role.needed,
    missing: missing.get(role.role) ?? 0,
    people: role.people.map(({ address }) => address),
  }));
}
