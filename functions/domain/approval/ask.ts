/** Asking: the record, the links, the mails, and a word to the requester about whom they do not reach. */

import { Transient } from "../errors.ts";
import { appendAudit, loadAudit } from "../ledger/append-audit.ts";
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { unasked } from "../notices/notice.ts";
import { page } from "../notices/pager.ts";
import { send } from "../notices/send.ts";
import { unfillable } from "../people.ts";
import { type Change, Conflict, type Ledger, type Reach } from "../ports.ts";
import { type ApprovalRecord, partiesTo, partyAddresses, rolesAsked, whoIsAsked } from "./approval.ts";
import { bindingOf } from "./binding.ts";
import { pageUnlooked, tellHeldBack } from "./hold-back.ts";
import { findApproval, loadAsked, loadDecisions } from "./load.ts";
import { loadInForce } from "./load-in-force.ts";
import { whyNoLonger } from "./look-again.ts";
import { type MailTools, mailSeats } from "./mail-seats.ts";
import { type Subject, troubleNotice, unaskedNotice } from "./notices.ts";
import { currentEpoch } from "./open-link.ts";
import type { Overhearer } from "./overhearing.ts";
import type { ApprovalName } from "./records.ts";
import { anewNotice } from "./seat-notices.ts";
import { openSeats, type Seat } from "./seats.ts";
import { isStale, settle } from "./settlement.ts";
import { type Standing, standing } from "./standing.ts";
import { gateResults } from "./trail.ts";

/**
 * Asks everybody whom the plan names, once: called again, it sends what was not sent and changes nothing else. An
 * approval that was given too long ago, or by people who may not decide any more, is asked for anew, with new links; what
 * was decided then stays in the trail.
 * Throws `BrokenRecord` where the plan has no such approval, and what the ports throw.
 */
export async function askNow(deps: MailTools, name: ApprovalName): Promise<Standing> {
  const about = await loadAsked(deps, name);
  const record = await ensureRecord(deps, name, about);
  if (record === null) return NOBODY_ASKED;
  const decisions = await loadDecisions(deps.ledger, name);
  const inForce = await loadInForce(deps.ledger, record);
  const open = openSeats(record, decisions, rolesAsked(record), inForce);
  const remarks = record.state === "waiting" ? await tellEverybody(deps, name, { ...about, record }, open) : [];
  const now = deps.clock.now();
  const { summary, ...asked } = standing(settle(record, decisions, [], inForce, now), now);
  // In the state's output, and so in the console's graph: a requester without a subscription reads no mail either.
  return { ...asked, summary: [summary, ...remarks].join("; ") };
}

/** The promotion was closed meanwhile: a redriven execution, or a call that woke up late, troubles nobody. */
const NOBODY_ASKED: Standing = {
  state: "cancelled",
  outcome: "cancelled",
  wait: { seconds: 1, until: 0 },
  summary: "nobody is asked: the promotion is closed",
};

type About = Awaited<ReturnType<typeof loadAsked>>;

/** Null: the promotion is closed, and nothing is asked of it any more. */
async function ensureRecord(deps: MailTools, name: ApprovalName, about: About): Promise<ApprovalRecord | null> {
  const found = await findApproval(deps.ledger, name);
  const why = found === undefined ? null : await whyNoLonger(deps.ledger, found);
  if (found !== undefined && why === null && !isStale(found, about.wanted, deps.clock.now())) return found;
  const fresh = await newRecord(deps, name, about, found?.generation ?? 0, found?.revision ?? 0);
  const record: ApprovalRecord = why === null ? fresh : { ...fresh, anew: why };
  const put: Change = {
    put: item(keys.approval(name.promotionId, name.environment, name.approval), record),
    if: found === undefined ? "absent" : { revision: found.revision, state: found.state },
  };
  // In one transaction: whoever closes withdraws what it finds, and must not be overtaken by what it could not see.
  const open: Change = { check: keys.header(name.promotionId), if: { state: "open" } };
  try {
    await deps.ledger.write([put, open, ...(await forget(deps.ledger, name))]);
    return record;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    if (error.failed.includes(1)) return null;
    // A second invocation of the same task was faster; its record is the one.
    return ensureRecord(deps, name, about);
  }
}

/** The answers of an earlier round make room: a person may answer again, and the trail remembers. */
async function forget(ledger: Ledger, { promotionId, environment, approval }: ApprovalName): Promise<Change[]> {
  const { pk } = keys.approval(promotionId, environment, approval);
  const suffix = `#${environment}#${approval}#`;
  const old = [...(await ledger.list(pk, `DECISION${suffix}`)), ...(await ledger.list(pk, `DECIDER${suffix}`))];
  return old.map(({ pk, sk }) => ({ remove: { pk, sk } }));
}

async function newRecord(
  deps: MailTools,
  name: ApprovalName,
  { header, release, plan, wanted }: About,
  lastGeneration: number,
  lastRevision: number,
): Promise<ApprovalRecord> {
  const askedAt = deps.clock.now();
  const generation = lastGeneration + 1;
  const { startedBy, starter = null } = header;
  const parties = { requester: release.requestedBy, startedBy, starter };
  const entries = await loadAudit(deps.ledger, name.promotionId);
  const found = { gates: gateResults(entries, name.environment), trail: entries.at(-1)?.hash ?? null };
  return {
    ...name,
    ...whoIsAsked(wanted, partiesTo(parties), generation),
    state: "waiting",
    revision: lastRevision + 1,
    generation,
    news: false,
    askedAt,
    expiresAt: askedAt + wanted.expiresSeconds * 1_000,
    remindSeconds: wanted.remindSeconds,
    escalatesAt: wanted.escalateSeconds === null ? null : askedAt + wanted.escalateSeconds * 1_000,
    escalatedAt: null,
    gone: null,
    ...parties,
    planHash: header.planHash,
    binding: bindingOf(deps.hash, { header, release, plan, approval: name.approval, ...found }),
    ...found,
    linkEpoch: await currentEpoch(deps.ledger),
    renewingSince: null,
    endedAt: null,
    summary: "",
  };
}

const noMail = (unreached: readonly string[]) =>
  unreached.length === 0 ? [] : [`no mail reaches ${unreached.join(", ")}`];

const noLinks = (heldBack: readonly Overhearer[]) =>
  heldBack.length === 0 ? [] : ["links are held back, since others would read them"];

/** Returns what is amiss, as clauses: whom no mail reaches, and links that wait. */
async function tellEverybody(
  deps: MailTools,
  name: ApprovalName,
  subject: About & Subject,
  open: readonly Seat[],
): Promise<string[]> {
  const { record } = subject;
  const trouble = await troubleOf(deps, record);
  await tellTrouble(deps, subject, trouble);
  await tellAnew(deps, subject);
  const { refused, heldBack, unlooked } = await mailSeats(deps, subject, open, "asked", "ask");
  await pageUnasked(deps, subject, refused);
  await pageUnlooked(deps, subject, unlooked);
  await tellHeldBack(deps, subject, heldBack);
  const roles = record.roles.map((role) => `${role.needed} x ${role.role}`).join(", ");
  const unreached = [...trouble.unconfirmed, ...trouble.absent, ...trouble.suppressed];
  const remarks = [...noMail(unreached), ...noLinks(heldBack)];
  await appendAudit(deps, name.promotionId, {
    id: `approval#${name.environment}#${name.approval}#${record.askedAt}#asked`,
    kind: "asked",
    summary: [
      `asked for approval "${name.approval}" of ${name.environment}: ${roles}`,
      ...(record.anew === undefined ? [] : [`anew, since ${record.anew}`]),
      ...remarks,
    ].join("; "),
    environment: name.environment,
    data: {
      approval: name.approval,
      roles: record.roles,
      expiresAt: record.expiresAt,
      binding: record.binding,
      trail: record.trail,
      ...trouble,
    },
  });
  return remarks;
}

/** Tells the parties that an approval which they know as given is asked for again. */
async function tellAnew(deps: MailTools, subject: Subject): Promise<void> {
  const { record } = subject;
  if (record.anew === undefined) return;
  const name = `APPROVAL#${record.environment}#${record.approval}#${record.askedAt}#anew`;
  const notice = { name, ...anewNotice(subject, record.anew) };
  await send(deps, record.promotionId, notice, partyAddresses(record), { mark: "before" });
}

/** In the middle of a rollout a share of traffic waits for the answer of people who do not know that they are asked. */
async function pageUnasked(deps: MailTools, subject: About & Subject, refused: readonly string[]): Promise<void> {
  if (refused.length === 0) return;
  const { promotionId, environment, approval, askedAt } = subject.record;
  const fact = { environment, about: [unasked(approval, askedAt)] };
  await page(deps, promotionId, fact, { ...unaskedNotice(subject, refused), asks: true }, subject.plan.pageTo);
}

interface Trouble {
  readonly unconfirmed: readonly string[];
  readonly absent: readonly string[];
  readonly suppressed: readonly string[];
  /** Roles that cannot give what they owe as long as that is so. */
  readonly unfillable: readonly string[];
}

async function troubleOf(deps: MailTools, record: ApprovalRecord): Promise<Trouble> {
  const roles = record.escalation === null ? record.roles : [...record.roles, record.escalation];
  const addresses = [...new Set(roles.flatMap((role) => role.people.map(({ address }) => address)))];
  const reach = await reachOf(deps, addresses);
  if (reach === null) return { unconfirmed: [], absent: [], suppressed: [], unfillable: [] };
  const those = (state: Exclude<Reach, "confirmed">) =>
    addresses.filter((address) => (reach.get(address) ?? "absent") === state);
  const reachable = record.roles.map(({ role, needed, people }) => ({
    role,
    needed,
    people: people.map(({ address }) => address).filter((address) => reach.get(address) === "confirmed"),
  }));
  return {
    unconfirmed: those("unconfirmed"),
    absent: those("absent"),
    suppressed: those("suppressed"),
    unfillable: unfillable(reachable),
  };
}

/** Null where it cannot be asked for good: people are mailed all the same. */
async function reachOf(deps: MailTools, addresses: readonly string[]): Promise<ReadonlyMap<string, Reach> | null> {
  try {
    return await deps.mailer.reach(addresses);
  } catch (error) {
    if (error instanceof Transient) throw error;
    deps.log.warn("whom mail reaches is not known", { error: String(error) });
    return null;
  }
}

/** Tells the parties and the environment's team, before the wait starts, whom no mail will reach. */
async function tellTrouble(deps: MailTools, subject: Subject, trouble: Trouble): Promise<void> {
  const wording = troubleNotice(subject, trouble);
  if (wording === null) return;
  const { record, plan } = subject;
  const name = `APPROVAL#${record.environment}#${record.approval}#${record.askedAt}#trouble`;
  const everybody = [...new Set([...partyAddresses(record), ...plan.notices])];
  await send(deps, record.promotionId, { name, ...wording }, everybody, { mark: "before" });
}
