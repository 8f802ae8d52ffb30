/**
 * Taking a decision. The decision, its person's and its caller's marks, and what the approval becomes by it are one
 * transaction on the record's revision: of two answers at the same instant one is written and the other sees it.
 */

import { type Caller, principalOf, samePrincipal } from "../callers.ts";
import { isOver } from "../ledger/executions.ts";
import type { Header } from "../ledger/header.ts";
import { loadSignals } from "../ledger/load.ts";
import { samePerson } from "../people.ts";
import { Conflict, type Dependencies } from "../ports.ts";
import { inPlainText } from "../text.ts";
import { type Answer, checkDecision, type Missing } from "./answer.ts";
import { type ApprovalRecord, type Decision, hasStarted, seatOf } from "./approval.ts";
import { haveSettled } from "./have-settled.ts";
import { whyNot } from "./in-force.ts";
import { whileInEpoch } from "./link-epoch.ts";
import { findApproval, loadDecisions } from "./load.ts";
import { loadBound } from "./load-bound.ts";
import { type LoadedInForce, loadInForce } from "./load-in-force.ts";
import { type ApprovalName, changeApproval, decisionChanges } from "./records.ts";
import { goneChange, type Settlement, settle } from "./settlement.ts";

export type DecideDeps = Pick<Dependencies, "ledger" | "clock" | "hash" | "executions" | "settleWorker" | "log">;

/** An answer with where it came from. */
export interface Attempt extends Answer {
  readonly via: "page" | "api";
  readonly caller: Caller | null;
  readonly sourceIp: string;
  readonly userAgent: string;
  /** Of the link that was used; null where there was none. */
  readonly generation: number | null;
  readonly epoch: number | null;
}

export type Decided =
  | { readonly kind: "decided"; readonly record: ApprovalRecord; readonly decision: Decision }
  /** This person has decided before, or this principal; for whom it has, where that is somebody else and known. */
  | { readonly kind: "already"; readonly record: ApprovalRecord; readonly forAnother: Decision | null }
  | { readonly kind: "ended"; readonly settlement: Pick<Settlement, "state" | "summary"> }
  | { readonly kind: "forbidden"; readonly missing: readonly Missing[] }
  | { readonly kind: "incomplete"; readonly missing: readonly Missing[] }
  /** What people were asked about was changed since: nobody decides about it any more. */
  | { readonly kind: "changed"; readonly why: string }
  /** Others changed the approval at the same instant, again and again. */
  | { readonly kind: "busy" };

/** Approvers of one approval are few; this many changes within one decision are an attack or a fault. */
const ATTEMPTS = 8;

/**
 * Decides, once per person. Nothing is written unless the kind is `decided`, and then nothing but the decision: whoever is
 * let in here from the internet may do no more. What follows from it (trail, mails, waking the workflow) is settling's;
 * should that not begin, the sweeper finds the record's news within a minute.
 */
export async function decide(deps: DecideDeps, name: ApprovalName, attempt: Attempt): Promise<Decided> {
  for (let tries = 0; tries < ATTEMPTS; tries++) {
    const outcome = await decideOnce(deps, name, attempt);
    if (outcome === "again") continue;
    // A change that was found is put on record and paged of by whoever settles, as a decision is.
    if (outcome.kind === "decided" || outcome.kind === "changed") await haveSettled(deps, name);
    return outcome;
  }
  return { kind: "busy" };
}

async function decideOnce(deps: DecideDeps, name: ApprovalName, attempt: Attempt): Promise<Decided | "again"> {
  const record = await findApproval(deps.ledger, name);
  if (record === undefined) return { kind: "ended", settlement: { state: "cancelled", summary: "nobody is asked" } };
  const bound = await loadBound(deps, record);
  const decisions = await loadDecisions(deps.ledger, name);
  const signals = await loadSignals(deps.ledger, name.promotionId);
  const inForce = await loadInForce(deps.ledger, record);
  const before = decisions.find((one) => one.round === record.askedAt && isOfOne(one, attempt));
  if (before !== undefined) {
    return { kind: "already", record, forAnother: samePerson(before.address, attempt.address) ? null : before };
  }
  const at = deps.clock.now();
  const settlement = settle(record, decisions, signals, inForce, at);
  if (settlement.state !== "waiting") return { kind: "ended", settlement };
  if (bound.kind === "changed") return bound;
  const { header, release } = bound.about;
  const over = await whyOver(deps, header);
  if (over !== null) return { kind: "ended", settlement: over };
  const missing = [
    ...refusedCaller(header, attempt),
    ...refusedLink(record, attempt),
    ...refusedSeat(inForce, record, attempt),
    ...checkDecision(record, release.version, attempt),
  ];
  if (missing.some(({ what }) => what === "party" || what === "role")) return { kind: "forbidden", missing };
  if (missing.length > 0) return { kind: "incomplete", missing };
  const decision = decisionOf(record, attempt, at);
  const after = settle(record, [...decisions, decision], signals, inForce, at);
  return write(deps, name, record, { decision, after, inForce, epoch: attempt.epoch });
}

/** A promotion that has ended decides nothing more, whatever its approval's record still says; null: it has not. */
async function whyOver(deps: DecideDeps, header: Header): Promise<Pick<Settlement, "state" | "summary"> | null> {
  const over = { state: "cancelled", summary: "the promotion has ended" } as const;
  if (header.state === "closed") return over;
  const status = await deps.executions.status(header.executionArn);
  return isOver(status, header, deps.clock) ? over : null;
}

/** Whether an answer is one person's, or one principal's, with one that was given. */
function isOfOne(given: Decision, { address, caller }: Attempt): boolean {
  const principal = principalOf(given.signer, given.caller);
  const sameCaller = principal !== null && caller !== null && samePrincipal(principal, caller.principal);
  return sameCaller || samePerson(given.address, address);
}

/** The principal that started the promotion is a party to it, whomever it speaks for and whatever its session is called. */
function refusedCaller(header: Header, { caller }: Attempt): Missing[] {
  if (caller === null || !hasStarted(header, caller)) return [];
  return [{ what: "party", message: `${caller.principal} started this promotion and does not decide about it` }];
}

/** A seat that was given to somebody else, or asked anew, has left its old link behind. */
function refusedLink(record: ApprovalRecord, { role, address, generation }: Attempt): Missing[] {
  if (generation === null || seatOf(record, role, address)?.person.generation === generation) return [];
  return [{ what: "role", message: `this link is no longer one of ${role}` }];
}

/** Somebody who was revoked, or whom the policy names no longer, decides nothing, by link or signed. */
function refusedSeat(inForce: LoadedInForce, record: ApprovalRecord, { role, address }: Attempt): Missing[] {
  const why = seatOf(record, role, address) === undefined ? null : whyNot(inForce, role, address);
  return why === null ? [] : [{ what: "role", message: `${address} decides nothing any more as ${role}: ${why}` }];
}

function decisionOf(record: ApprovalRecord, attempt: Attempt, at: number): Decision {
  const seat = seatOf(record, attempt.role, attempt.address);
  const points = seat?.role.checklist ?? [];
  const { role, decision, comment, version, via, caller, sourceIp, userAgent } = attempt;
  return {
    role,
    address: seat?.person.address ?? attempt.address,
    decision,
    comment: inPlainText(comment).trim(),
    // From the role's own points: what else was sent was not asked, and is not put on record.
    checklist: points.filter((point) => attempt.checklist.includes(point)),
    unticked: points.filter((point) => !attempt.checklist.includes(point)),
    version: version.trim(),
    at,
    round: record.askedAt,
    binding: record.binding,
    via,
    caller: caller?.arn ?? null,
    signer: caller,
    sourceIp,
    userAgent,
  };
}

/** A decision, and what the approval becomes by it. */
interface Outcome {
  readonly decision: Decision;
  readonly after: Settlement;
  readonly inForce: LoadedInForce;
  /** Of the link that was used; null where there was none. */
  readonly epoch: number | null;
}

async function write(
  deps: DecideDeps,
  name: ApprovalName,
  record: ApprovalRecord,
  { decision, after, inForce, epoch }: Outcome,
): Promise<Decided | "again"> {
  const ended = after.state === "waiting" ? {} : { state: after.state, summary: after.summary, endedAt: decision.at };
  const change = { ...goneChange(record, after, decision.at), ...ended, news: true };
  const once = decisionChanges(name, decision);
  const link = epoch === null ? [] : [whileInEpoch(epoch)];
  try {
    await deps.ledger.write([changeApproval(record, change), ...inForce.while, ...once, ...link]);
    return { kind: "decided", record: { ...record, ...change }, decision };
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    const before = inForce.while.length;
    if (error.failed.some((index) => index <= before)) return "again";
    return error.failed.every((index) => index > before + once.length)
      ? LINKS_RENEWED
      : { kind: "already", record, forAnother: null };
  }
}

/** The epoch was raised after the link was looked up: it ended at that very moment. */
const LINKS_RENEWED: Decided = {
  kind: "forbidden",
  missing: [{ what: "role", message: "all links were renewed: use the one in your newest mail" }],
};
