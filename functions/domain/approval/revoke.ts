/** Taking a person out of deciding at once, before any policy says so, and letting them in again. */
import { BrokenRecord, LedgerBusy } from "../errors.ts";
import { keys } from "../ledger/keys.ts";
import { personOf, samePerson } from "../people.ts";
import { Conflict, type Dependencies } from "../ports.ts";
import { type ApprovalRecord, partiesTo } from "./approval.ts";
import { loadApprovals } from "./load.ts";
import { loadRevocations } from "./load-in-force.ts";
import { type RevocationRecord, wordAbout, wordChanges } from "./revocation.ts";

type Tools = Pick<Dependencies, "ledger" | "clock" | "settleWorker" | "log">;

export interface Word {
  readonly state: RevocationRecord["state"];
  readonly address: string;
  readonly reason: string;
  /** IAM identity that says it. */
  readonly by: string;
}

export interface Revoked {
  readonly state: RevocationRecord["state"];
  /** False: it was so already, and the first word about it stands. */
  readonly changed: boolean;
  /** Open approvals that ask this person; each is settled anew now. */
  readonly asked: readonly Pick<ApprovalRecord, "promotionId" | "environment" | "approval">[];
  /** Open promotions that this person requested or started: they go on, since others decide about them. */
  readonly parties: readonly string[];
}

const ATTEMPTS = 8;

/**
 * Keeps the word about a person and has each open approval that asks them settled anew; in between nothing counts them,
 * since whoever counts reads the word first. Safe to say again. Throws `LedgerBusy` when others kept saying things at the
 * same instant, and what the ledger throws.
 */
export async function sayOf(deps: Tools, word: Word): Promise<Revoked> {
  const changed = await keep(deps, word);
  const open = await openApprovals(deps);
  const asked = open.filter((record) => record.state === "waiting" && isAsked(record, word.address));
  for (const record of asked) await haveSettled(deps, record);
  const isParty = (record: ApprovalRecord) => partiesTo(record).some((party) => samePerson(party, word.address));
  return {
    state: word.state,
    changed,
    asked: asked.map(({ promotionId, environment, approval }) => ({ promotionId, environment, approval })),
    parties: [...new Set(open.filter(isParty).map(({ promotionId }) => promotionId))],
  };
}

async function keep(deps: Tools, { state, address, reason, by }: Word): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const revocations = await loadRevocations(deps.ledger);
    const isSo = (wordAbout(revocations, address)?.state ?? "reinstated") === state;
    if (isSo) return false;
    const word = { state, address: personOf(address), reason, by, at: deps.clock.now() };
    try {
      await deps.ledger.write(wordChanges(word, revocations));
      deps.log.info(`a person was ${state}`, { person: word.address, by, reason });
      return true;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
  throw new LedgerBusy(`others revoked or reinstated people ${ATTEMPTS} times in a row`);
}

async function openApprovals(deps: Tools): Promise<ApprovalRecord[]> {
  const { pk, sk } = keys.open("");
  const found: ApprovalRecord[] = [];
  for (const { promotionId } of await deps.ledger.list(pk, sk)) {
    found.push(...(await approvalsOf(deps, String(promotionId))));
  }
  return found;
}

/** None where they cannot be read: nobody decides about those, and the others' must hear of the word all the same. */
async function approvalsOf({ ledger, log }: Tools, promotionId: string): Promise<ApprovalRecord[]> {
  try {
    return await loadApprovals(ledger, promotionId);
  } catch (error) {
    if (!(error instanceof BrokenRecord)) throw error;
    log.warn("the approvals of a promotion cannot be read", { promotionId, error: error.message });
    return [];
  }
}

function isAsked(record: ApprovalRecord, address: string): boolean {
  const roles = record.escalation === null ? record.roles : [...record.roles, record.escalation];
  return roles.some(({ people }) => people.some((one) => samePerson(one.address, address)));
}

async function haveSettled(deps: Tools, { promotionId, environment, approval }: ApprovalRecord): Promise<void> {
  try {
    await deps.settleWorker.start({ promotionId, environment, approval });
  } catch (error) {
    const about = { promotionId, environment, approval, error: String(error) };
    deps.log.warn("a revocation waits for the sweeper: settling could not be begun", about);
  }
}
