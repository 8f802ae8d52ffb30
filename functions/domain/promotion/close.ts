/** Closing a promotion: works out the outcome, closes what may be closed, tells people. Machine and sweeper share it. */
import { withdrawApprovals } from "../approval/settle.ts";
import { isOwed } from "../candidate/capture.ts";
import { claimed } from "../claims.ts";
import { LedgerBusy } from "../errors.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import { type Conclusion, conclude, type EnvironmentEnd, isUnfinished } from "../ledger/endings.ts";
import type { Header } from "../ledger/header.ts";
import { item } from "../ledger/items.ts";
import type { Head } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadCode, loadHeader, loadPlanAsStored, loadTargets } from "../ledger/load.ts";
import { loadEnding } from "../ledger/note-ending.ts";
import { pageUnsafe } from "../notices/page-unsafe.ts";
import { sendPending } from "../notices/pager.ts";
import { send } from "../notices/send.ts";
import type { Outcome } from "../outcomes.ts";
import { type Change, Conflict, type Dependencies } from "../ports.ts";
import { trip } from "../traffic/trip.ts";
import { leaveEnvironment } from "./leave.ts";
import { restoredState } from "./restored-state.ts";
import { loadInFlight } from "./settle-in-flight.ts";

/**
 * Closes the promotion as far as it is safe. Where traffic is not known to be safe, or code has still to go back, its
 * journal, its locks and the promotion itself stay open, for the sweeper. Idempotent: closed is closed, and says what it said.
 */
export async function closePromotion(
  deps: Dependencies,
  promotionId: string,
  error: string | null,
): Promise<Conclusion> {
  const header = await loadHeader(deps.ledger, promotionId);
  if (isClosed(header)) return closedAs(deps, header);
  const ending = await loadEnding(deps.ledger, promotionId);
  const reason = ending?.summary ?? error ?? "the promotion was closed before it was done";
  const ends = await loadEnds(deps, header, reason);
  const conclusion = conclude({ ending, ends, wanted: header.environments, error });
  for (const end of ends) await closeEnvironment(deps, header, end, conclusion);
  await appendAudit(deps, promotionId, { id: `ended-${conclusion.outcome}`, kind: "ended", ...auditOf(conclusion) });
  const written = await writeHeader(deps, header, ends, conclusion);
  if (!written) return closedAs(deps, await loadHeader(deps.ledger, promotionId));
  await tellAndUnlist(deps, await loadHeader(deps.ledger, promotionId), conclusion);
  return conclusion;
}

const isClosed = ({ state, outcome }: Header) => state === "closed" && outcome !== null;

/** What was said when it was closed; told again, since whoever closed it may have ended before the mails went out. */
async function closedAs(deps: Dependencies, header: Header): Promise<Conclusion> {
  const conclusion = { outcome: header.outcome ?? "errored", summary: header.summary };
  await tellAndUnlist(deps, header, conclusion);
  return conclusion;
}

/** How long the closing notice is tried for, in ms; who cannot be told in a day reads the record. */
const TELL_WITHIN_MS = 24 * 3_600_000;

/** A closed promotion stays listed as open until people are told of it: the sweeper tells them where nobody else could. */
async function tellAndUnlist(deps: Dependencies, header: Header, conclusion: Conclusion): Promise<void> {
  await countOnce(deps, header.promotionId, conclusion.outcome);
  if (header.state === "closed") await withdrawApprovals(deps, header.promotionId, conclusion.summary);
  const told = await tell(deps, header, conclusion);
  if (header.state !== "closed") return;
  if (!told && deps.clock.now() < (header.closedAt ?? 0) + TELL_WITHIN_MS) return;
  await deps.ledger.write([{ remove: keys.open(header.promotionId) }]);
}

/** Counted once per outcome, whoever closes: a rollback that failed at first is counted as that, and as what it came to. */
async function countOnce(deps: Dependencies, promotionId: string, outcome: Outcome): Promise<void> {
  const counted = item(keys.counted(promotionId, outcome), { at: deps.clock.now() });
  try {
    await deps.ledger.write([{ put: counted, if: "absent" }]);
    deps.countOutcome(outcome);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
}

const auditOf = ({ outcome, summary }: Conclusion) => ({ summary: `${outcome}: ${summary}`, data: { outcome } });

/** Tripped before its targets are read: no shift that the reading does not know of can be intended after it. */
async function loadEnds(
  deps: Dependencies,
  { promotionId, environments }: Header,
  reason: string,
): Promise<EnvironmentEnd[]> {
  const ends: EnvironmentEnd[] = [];
  for (const environment of environments) {
    if ((await deps.ledger.read(keys.head(promotionId, environment))) === undefined) continue;
    const head = await trip(deps, promotionId, environment, { by: "error", reason });
    const targets = await loadTargets(deps.ledger, promotionId, environment);
    const isPromoted = head.outcome === "promoted";
    const owesCode = !isPromoted && (await loadCode(deps.ledger, promotionId, environment)).some(isOwed);
    ends.push({ head, restored: restoredState(head, targets), owesCode });
  }
  return ends;
}

/** Closes the journal, holds the version that failed, and gives the locks back. What is unfinished stays as it is. */
async function closeEnvironment(
  deps: Dependencies,
  header: Header,
  end: EnvironmentEnd,
  conclusion: Conclusion,
): Promise<void> {
  const { promotionId } = header;
  const { head, restored } = end;
  if (isUnfinished(end)) return;
  const plan = await loadPlanAsStored(deps.ledger, promotionId, head.environment);
  if (head.state !== "closed") {
    const { outcome, summary } = conclusion;
    const closed: Head = { ...head, state: "closed", outcome, summary };
    const changes: Change[] = [
      { put: item(keys.head(promotionId, head.environment), closed), if: { state: "tripped" } },
    ];
    if (restored !== "nothing") changes.push(holdChange(deps, header, head.environment, conclusion));
    await writeUnlessDone(deps, changes);
  }
  await leaveEnvironment(deps, promotionId, plan);
}

/** The version that was taken back does not come again by itself: a person releases it. */
function holdChange(
  deps: Dependencies,
  { promotionId, service, version }: Header,
  environment: string,
  { summary }: Conclusion,
): Change {
  const held = { promotionId, reason: summary, at: deps.clock.now() };
  return { put: item(keys.held(environment, service, version), held) };
}

async function writeUnlessDone(deps: Dependencies, changes: readonly Change[]): Promise<void> {
  try {
    await deps.ledger.write(changes);
  } catch (error) {
    // Another call closed it at this moment.
    if (!(error instanceof Conflict)) throw error;
  }
}

/**
 * Closes the header, or, where something is unfinished, only says how things stand. False: another call has closed it. Throws
 * `LedgerBusy` when an environment was entered since it was looked at: that one has to be closed first.
 */
async function writeHeader(
  deps: Dependencies,
  header: Header,
  ends: readonly EnvironmentEnd[],
  { outcome, summary }: Conclusion,
): Promise<boolean> {
  const { promotionId } = header;
  const safe = !ends.some(isUnfinished);
  const closedAt = safe ? deps.clock.now() : null;
  const ended: Header = { ...header, outcome, summary, state: safe ? "closed" : "open", closedAt };
  try {
    await deps.ledger.write([
      { put: item(keys.header(promotionId), ended), if: { state: "open" } },
      ...(safe ? forGood(header, ends) : []),
    ]);
    return true;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    if (error.failed.includes(0)) return false;
    throw new LedgerBusy(`an environment of ${promotionId} was entered while it was being closed`);
  }
}

function forGood({ promotionId, environments }: Header, ends: readonly EnvironmentEnd[]): Change[] {
  const entered = new Set(ends.map(({ head }) => head.environment));
  return environments.map((name) => {
    const check = keys.head(promotionId, name);
    return entered.has(name) ? { check, if: { state: "closed" } } : { check, if: "absent" };
  });
}

/** Notice and pages; returns whether everybody has them. */
async function tell(deps: Dependencies, header: Header, conclusion: Conclusion): Promise<boolean> {
  const told = await tellOutcome(deps, header, conclusion);
  // Whatever people were paged of on the way and did not get goes out first, or the next page would come twice.
  const sent = await sendPending(deps, header.promotionId, header.state === "closed" ? "ended" : "running");
  if (conclusion.outcome !== "rollback-failed") return told && sent;
  const pages = await pageUnsafe(deps, header, conclusion.summary);
  return told && sent && pages.every(({ everybody }) => everybody);
}

/** The closing notice carries the head of the audit chain: whoever keeps the mail can prove the trail later. */
async function tellOutcome(deps: Dependencies, header: Header, { outcome, summary }: Conclusion): Promise<boolean> {
  const { promotionId, service, version } = header;
  const chain = await deps.ledger.read(keys.auditHead(promotionId));
  const left = outcome === "promoted" ? [] : await loadInFlight(deps, promotionId);
  const body = `${[summary, ...left].map(claimed).join("\n\n")}\n\nPromotion: ${promotionId}\nAudit: ${String(chain?.sequence ?? 0)} entries, chain ends in ${String(chain?.hash ?? "")}\n`;
  const notice = { name: `ended-${outcome}`, subject: `${service || "promotion"} ${version}: ${outcome}`, body };
  const addresses = new Set((await loadPlans(deps, header)).flatMap(({ notices }) => notices));
  const { failed } = await send(deps, promotionId, notice, [...addresses], { mark: "after" });
  return failed.length === 0;
}

async function loadPlans(deps: Dependencies, { promotionId, environments }: Header) {
  const plans = [];
  for (const environment of environments) plans.push(await loadPlanAsStored(deps.ledger, promotionId, environment));
  return plans;
}
