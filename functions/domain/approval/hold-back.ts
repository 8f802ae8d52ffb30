/** Holds back personal links as long as anybody else would read them, and says so once to those who can end it. */
import { addressesOfPolicy, uniqueAddresses } from "../documents/policy-people.ts";
import { CallRefused, LedgerBusy } from "../errors.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import { currentPolicy } from "../ledger/policies.ts";
import { heldBackLinks, unlookedLinks, type Wording } from "../notices/notice.ts";
import { page } from "../notices/pager.ts";
import { send } from "../notices/send.ts";
import { Conflict, type Dependencies, type Ledger } from "../ports.ts";
import { partyAddresses } from "./approval.ts";
import { loadApproval } from "./load.ts";
import type { Subject } from "./notices.ts";
import { heldBackNotice, heldBackPage, type Overhearer, overhearersAmong, unlookedPage } from "./overhearing.ts";
import { type ApprovalName, changeApproval } from "./records.ts";

type Tools = Pick<Dependencies, "ledger" | "mailer" | "clock" | "hash" | "log">;

/** What a look at the listeners found. */
export interface Looked {
  readonly overhearers: readonly Overhearer[];
  /** Why nobody could look; null: somebody did. */
  readonly unlooked: string | null;
}

/**
 * Who would read links of this approval beside those they are for. Where that may not be looked at it is taken for nobody:
 * an approval that no one is asked for is no safer. Throws a `Transient` where looking again can help.
 */
export async function findOverhearers(deps: Tools, subject: Subject): Promise<Looked> {
  try {
    const listeners = await deps.mailer.listeners();
    const people = listeners.length === 0 ? [] : await peopleFor(deps.ledger, subject);
    return { overhearers: overhearersAmong(listeners, people), unlooked: null };
  } catch (error) {
    if (!(error instanceof CallRefused)) throw error;
    deps.log.warn("who else reads links is not known", { error: String(error) });
    return { overhearers: [], unlooked: error.message };
  }
}

/** Everybody whom the policy in force or the plan names; null: there is no policy that could name anybody. */
async function peopleFor(ledger: Ledger, { record, plan }: Subject): Promise<string[] | null> {
  const policy = await currentPolicy(ledger);
  if (policy === undefined) return null;
  const roles = record.escalation === null ? record.roles : [...record.roles, record.escalation];
  const asked = roles.flatMap(({ people }) => people.map(({ address }) => address));
  const told = [...plan.notices, ...plan.pageTo, ...partyAddresses(record)];
  return uniqueAddresses([...addressesOfPolicy(policy.document), ...asked, ...told]);
}

/** Pages those on call, once, that links were mailed unlooked; null: they were looked at. */
export async function pageUnlooked(deps: Tools, subject: Subject, why: string | null): Promise<void> {
  if (why !== null) await pageOnce(deps, subject, unlookedLinks, unlookedPage(subject, why));
}

/**
 * Says that links are held back, if they are: those on call once, the parties and the environment's team once, the trail;
 * and notes in the record when they are no longer. Throws what the ledger throws.
 */
export async function tellHeldBack(deps: Tools, subject: Subject, because: readonly Overhearer[]): Promise<void> {
  const { record, plan } = subject;
  const { promotionId, environment, approval, askedAt } = record;
  if (because.length === 0) return record.heldBack === true ? noteHeldBack(deps.ledger, record, false) : undefined;
  await pageOnce(deps, subject, heldBackLinks, heldBackPage(subject, because));
  const name = `APPROVAL#${environment}#${approval}#${askedAt}#held-back`;
  const everybody = [...new Set([...partyAddresses(record), ...plan.notices])];
  await send(deps, promotionId, { name, ...heldBackNotice(subject) }, everybody, { mark: "before" });
  await appendAudit(deps, promotionId, {
    id: `approval#${environment}#${approval}#${askedAt}#held-back`,
    kind: "links-held-back",
    summary: `links of approval "${approval}" for ${environment} are not mailed: ${because.length} more of the topic's subscriptions would get them`,
    environment,
    data: { approval, because },
  });
}

type Fact = (approval: string, askedAt: number) => string;

async function pageOnce(deps: Tools, { record, plan }: Subject, fact: Fact, wording: Wording): Promise<void> {
  const { promotionId, environment, approval, askedAt } = record;
  await page(deps, promotionId, { environment, about: [fact(approval, askedAt)] }, wording, plan.pageTo);
}

const ATTEMPTS = 8;

/** Notes in the record whether links are held back. Throws `LedgerBusy` when others kept changing it. */
export async function noteHeldBack(ledger: Ledger, name: ApprovalName, heldBack: boolean): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const record = await loadApproval(ledger, name);
    if ((record.heldBack ?? false) === heldBack) return;
    try {
      return await ledger.write([changeApproval(record, { heldBack })]);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
  throw new LedgerBusy(`approval ${name.approval} was changed by others ${ATTEMPTS} times in a row`);
}
