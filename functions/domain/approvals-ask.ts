/** Asking: the record, the links, the mails, and a word to the requester about whom they do not reach. */
import {
  type ApprovalRecord,
  type Decision,
  isStale,
  partiesTo,
  requesterAddress,
  rolesAsked,
  settle,
  whoIsAsked,
} from "./approvals.ts";
import { bindingOf } from "./approvals-check.ts";
import { gateResults } from "./approvals-evidence.ts";
import { type Subject, troubleNotice, unaskedNotice } from "./approvals-mail.ts";
import { unfillable } from "./approvals-people.ts";
import { mailSeats, openSeats, type PostDeps } from "./approvals-post.ts";
import { type Standing, standing } from "./approvals-settle.ts";
import { type ApprovalName, findApproval, loadAsked, loadDecisions } from "./approvals-store.ts";
import { appendAudit, loadAudit } from "./audit.ts";
import { item, keys } from "./ledger.ts";
import { deliver, notify } from "./notices.ts";
import { type Change, Conflict, type Ledger } from "./ports.ts";

/**
 * Asks everybody whom the plan names, once: called again, it sends what was not sent and changes nothing else. An
 * approval that was given too long ago is asked for anew, with new links; what was decided then stays in the trail.
 * Throws `BrokenRecord` where the plan has no such approval, and what the ports throw.
 */
export async function askNow(deps: PostDeps, name: ApprovalName): Promise<Standing> {
  const about = await loadAsked(deps.ledger, name);
  const record = await ensureRecord(deps, name, about);
  const decisions = await loadDecisions(deps.ledger, name);
  if (record.state === "waiting") await tellEverybody(deps, name, { ...about, record }, decisions);
  const now = deps.clock.now();
  return standing(settle(record, decisions, [], now), now);
}

type About = Awaited<ReturnType<typeof loadAsked>>;

async function ensureRecord(deps: PostDeps, name: ApprovalName, about: About): Promise<ApprovalRecord> {
  const found = await findApproval(deps.ledger, name);
  if (found !== undefined && !isStale(found, about.wanted, deps.clock.now())) return found;
  const record = await newRecord(deps, name, about, found?.generation ?? 0, found?.revision ?? 0);
  const put: Change = {
    put: item(keys.approval(name.promotionId, name.environment, name.approval), record),
    if: found === undefined ? "absent" : { revision: found.revision, state: found.state },
  };
  try {
    await deps.ledger.write([put, ...(await forget(deps.ledger, name))]);
    return record;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
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
  deps: PostDeps,
  name: ApprovalName,
  { header, release, plan, wanted }: About,
  lastGeneration: number,
  lastRevision: number,
): Promise<ApprovalRecord> {
  const askedAt = deps.clock.now();
  const generation = lastGeneration + 1;
  const parties = { requester: release.requestedBy, startedBy: header.startedBy };
  const gates = gateResults(await loadAudit(deps.ledger, name.promotionId), name.environment);
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
    ...parties,
    binding: bindingOf(deps.hash, { header, release, plan, approval: name.approval, gates }),
    gates,
    endedAt: null,
    summary: "",
  };
}

async function tellEverybody(
  deps: PostDeps,
  name: ApprovalName,
  subject: About & Subject,
  decisions: readonly Decision[],
): Promise<void> {
  const { record } = subject;
  await tellTrouble(deps, subject);
  const refused = await mailSeats(deps, subject, openSeats(record, decisions, rolesAsked(record)), "asked", "ask");
  await pageUnasked(deps, subject, refused);
  const roles = record.roles.map((role) => `${role.needed} x ${role.role}`).join(", ");
  await appendAudit(deps, name.promotionId, {
    id: `approval#${name.environment}#${name.approval}#${record.askedAt}#asked`,
    kind: "asked",
    summary: `asked for approval "${name.approval}" of ${name.environment}: ${roles}`,
    environment: name.environment,
    data: { approval: name.approval, roles: record.roles, expiresAt: record.expiresAt, binding: record.binding },
  });
}

/** In the middle of a rollout a share of traffic waits for the answer of people who do not know that they are asked. */
async function pageUnasked(deps: PostDeps, subject: About & Subject, refused: readonly string[]): Promise<void> {
  if (refused.length === 0) return;
  const { promotionId, environment, approval, askedAt } = subject.record;
  const notice = { name: `APPROVAL#${environment}#${approval}#${askedAt}#unasked`, ...unaskedNotice(subject, refused) };
  await deliver(deps, promotionId, notice, subject.plan.pageTo);
}

/** Tells the requester, before the wait starts, whom no mail will reach. */
async function tellTrouble(deps: PostDeps, subject: Subject): Promise<void> {
  const to = requesterAddress(subject.record);
  if (to === null) return;
  const { record } = subject;
  const addresses = [...new Set(record.roles.flatMap((role) => role.people.map(({ address }) => address)))];
  const reach = await deps.mailer.reach(addresses);
  const those = (state: "unconfirmed" | "absent") =>
    addresses.filter((address) => (reach.get(address) ?? "absent") === state);
  const reachable = record.roles.map(({ role, needed, people }) => ({
    role,
    needed,
    people: people.map(({ address }) => address).filter((address) => reach.get(address) === "confirmed"),
  }));
  const trouble = { unconfirmed: those("unconfirmed"), absent: those("absent"), unfillable: unfillable(reachable) };
  const letter = troubleNotice(subject, trouble);
  if (letter === null) return;
  const name = `APPROVAL#${record.environment}#${record.approval}#${record.askedAt}#trouble`;
  await notify(deps, record.promotionId, { name, ...letter }, [to]);
}
