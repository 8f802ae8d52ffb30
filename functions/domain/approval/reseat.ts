/** Sending a link again, and giving a seat to another person of the role. */

import { type Caller, callerInWords } from "../callers.ts";
import { LedgerBusy } from "../errors.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { loadSignals } from "../ledger/load.ts";
import { send } from "../notices/send.ts";
import { personOf, samePerson } from "../people.ts";
import { Conflict, type Dependencies, type Key, type Reach } from "../ports.ts";
import { type ApprovalRecord, type Decision, seatOf } from "./approval.ts";
import { haveSettled } from "./have-settled.ts";
import { type InForce, whyNot } from "./in-force.ts";
import { loadApproval, loadDecisions } from "./load.ts";
import { loadBound } from "./load-bound.ts";
import { loadInForce } from "./load-in-force.ts";
import { type MailTools, mailSeats } from "./mail-seats.ts";
import type { Subject } from "./notices.ts";
import { whyHeldBack } from "./overhearing.ts";
import { type ApprovalName, changeApproval } from "./records.ts";
import { asSpelled, type Exchange, exchanged, refuseExchange } from "./replacement.ts";
import { asResent, countChange, oneMore, type Resent } from "./resend-limit.ts";
import { replacedNotice } from "./seat-notices.ts";
import { type Settlement, settle } from "./settlement.ts";

export type Reseated =
  | { readonly kind: "done"; readonly address: string; readonly reach: Reach }
  | { readonly kind: "ended"; readonly settlement: Pick<Settlement, "state" | "summary"> }
  /** What people were asked about was changed since: nobody is asked about it any more. */
  | { readonly kind: "changed"; readonly why: string }
  | { readonly kind: "refused"; readonly status: 403 | 404 | 409; readonly why: string };

export type ReseatTools = MailTools & Pick<Dependencies, "settleWorker">;

const ATTEMPTS = 8;

interface Situation extends Subject {
  readonly decisions: readonly Decision[];
  readonly inForce: InForce;
}

/** How the approval stands while people are asked; otherwise why nothing can be done about it any more. */
async function situationOf(deps: ReseatTools, name: ApprovalName): Promise<Situation | Over> {
  const record = await loadApproval(deps.ledger, name);
  const decisions = await loadDecisions(deps.ledger, name);
  const signals = await loadSignals(deps.ledger, name.promotionId);
  const inForce = await loadInForce(deps.ledger, record);
  const settlement = settle(record, decisions, signals, inForce, deps.clock.now());
  if (settlement.state !== "waiting") return { kind: "ended", settlement };
  const bound = await loadBound(deps, record);
  if (bound.kind === "same") return { record, ...bound.about, decisions, inForce };
  // Whoever settles puts it on record and pages, as where somebody decides.
  await haveSettled(deps, name);
  return bound;
}

type Over = Extract<Reseated, { kind: "ended" | "changed" }>;

/**
 * Mails a seat's person once more, by a new link beside the earlier ones; at most once a minute and ten times a day, and
 * whoever asks for more is told when. Throws `LedgerBusy` when others kept asking for it, and what the ports throw.
 */
export async function resendLink(
  deps: ReseatTools,
  name: ApprovalName,
  wanted: { readonly role: string; readonly address: string; readonly caller: Caller },
): Promise<Reseated> {
  const situation = await situationOf(deps, name);
  if ("kind" in situation) return situation;
  const seat = seatOf(situation.record, wanted.role, wanted.address);
  if (seat === undefined) return notAsked(wanted.address, wanted.role);
  const why = whyNot(situation.inForce, wanted.role, wanted.address);
  if (why !== null) return refused(`${wanted.address} decides nothing any more as ${wanted.role}: ${why}`);
  const key = keys.resent(name.promotionId, name.environment, name.approval, wanted.role, personOf(wanted.address));
  const turn = await takeTurn(deps, key);
  if (typeof turn === "string") return refused(`the link of ${seat.person.address} was ${turn}`);
  const { minute } = turn;
  const mailed = await mailSeats(deps, situation, [seat], "sent again", `resend-${minute}`);
  if (mailed.heldBack.length > 0) return refused(whyHeldBack(mailed.heldBack));
  if (mailed.refused.length > 0) return refused(`no mail went out to ${seat.person.address}: it was refused`);
  await deps.ledger.write([{ put: item(key, { ...turn, sent: true }) }]);
  await appendAudit(deps, name.promotionId, {
    id: `resent#${name.environment}#${name.approval}#${wanted.role}#${personOf(wanted.address)}#${minute}`,
    kind: "link-resent",
    summary: `the link of ${seat.person.address} (${wanted.role}) was sent again for ${callerInWords(wanted.caller)}`,
    environment: name.environment,
    data: { approval: name.approval, ...wanted, caller: wanted.caller.arn, signer: wanted.caller },
  });
  return done(deps, seat.person.address);
}

const refused = (why: string): Reseated => ({ kind: "refused", status: 409, why });

/** Counts one more; or says why it is not sent now. */
async function takeTurn({ ledger, clock }: MailTools, key: Key): Promise<Resent | string> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = asResent(await ledger.read(key));
    const after = oneMore(before, clock.now());
    if (typeof after === "string" || after === before) return after;
    try {
      await ledger.write([countChange(key, before, after)]);
      return after;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
  throw new LedgerBusy(`others had a link sent again ${ATTEMPTS} times in a row`);
}

const notAsked = (address: string, role: string): Reseated => ({
  kind: "refused",
  status: 404,
  why: `${address} is not asked as ${role}`,
});

async function done(deps: MailTools, address: string): Promise<Reseated> {
  const reach = await deps.mailer.reach([address]);
  return { kind: "done", address, reach: reach.get(address) ?? "absent" };
}

/**
 * Gives the seat of one person to another one of the same role. Who belongs to a role is said by the policy in force, never
 * by the caller: whoever may call this may not name approvers. The old link dies; the rest of the role and the one who was
 * replaced are told. Throws `LedgerBusy` when others kept changing the approval, and what the ports throw.
 */
export async function replacePerson(deps: ReseatTools, name: ApprovalName, asked: Exchange): Promise<Reseated> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const situation = await situationOf(deps, name);
    if ("kind" in situation) return situation;
    const wanted = asSpelled(situation, asked);
    const refusal = refuseExchange(situation, wanted);
    const isDone = refusal?.status === 404 && isSeated(situation.record, wanted);
    if (isDone) return tellReplaced(deps, name, situation, wanted);
    if (refusal !== null) return { kind: "refused", ...refusal };
    const record = await reseat(deps, situation.record, wanted);
    if (record === null) continue;
    return tellReplaced(deps, name, { ...situation, record }, wanted);
  }
  throw new LedgerBusy(`approval ${name.approval} was changed by others ${ATTEMPTS} times in a row`);
}

/** An earlier call got this far, and its mail may be what failed. */
function isSeated(record: ApprovalRecord, { role, address, by }: Exchange): boolean {
  const before = seatOf(record, role, by)?.person.replaces;
  return before !== undefined && samePerson(before, address) && seatOf(record, role, address) === undefined;
}

async function reseat(deps: MailTools, record: ApprovalRecord, wanted: Exchange): Promise<ApprovalRecord | null> {
  const generation = record.generation + 1;
  const change = { generation, ...exchanged(record, wanted, generation) };
  try {
    await deps.ledger.write([changeApproval(record, change)]);
    return { ...record, ...change, revision: record.revision + 1 };
  } catch (error) {
    if (error instanceof Conflict) return null;
    throw error;
  }
}

async function tellReplaced(
  deps: MailTools,
  name: ApprovalName,
  situation: Situation,
  wanted: Exchange,
): Promise<Reseated> {
  const { record } = situation;
  const seat = seatOf(record, wanted.role, wanted.by);
  if (seat === undefined) return done(deps, wanted.by);
  const { generation } = seat.person;
  await appendAudit(deps, name.promotionId, {
    id: `replaced#${name.environment}#${name.approval}#${record.askedAt}#${generation}`,
    kind: "approver-replaced",
    summary: `${wanted.by} was asked in place of ${wanted.address} as ${wanted.role}, by ${callerInWords(wanted.caller)}`,
    environment: name.environment,
    data: { approval: name.approval, ...wanted, caller: wanted.caller.arn, signer: wanted.caller },
  });
  await mailSeats(deps, situation, [seat], "asked", "ask");
  const notice = `APPROVAL#${name.environment}#${name.approval}#${record.askedAt}#replaced-${generation}`;
  const others = seat.role.people.map(({ address }) => address).filter((address) => !samePerson(address, wanted.by));
  await send(
    deps,
    name.promotionId,
    { name: notice, ...replacedNotice(situation, wanted) },
    [...others, wanted.address],
    { mark: "before" },
  );
  return done(deps, wanted.by);
}
