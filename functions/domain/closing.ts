/** Closing a promotion: works out the outcome, closes what may be closed, tells people. Machine and sweeper share it. */
import { appendAudit } from "./audit.ts";
import { type Conclusion, conclude, type EnvironmentEnd, loadEnding } from "./endings.ts";
import { trip } from "./journal.ts";
import { leaveEnvironment } from "./leaving.ts";
import {
  asHead,
  type Head,
  type Header,
  item,
  keys,
  loadHeader,
  loadPlan,
  loadTargets,
  type TargetRecord,
} from "./ledger.ts";
import { notify, page } from "./notices.ts";
import { type Change, Conflict, type Dependencies } from "./ports.ts";

/**
 * Closes the promotion as far as it is safe. Where traffic is not known to be safe, its journal, its locks and the
 * promotion itself stay open, for the sweeper. Idempotent: closed is closed, and says what it said.
 */
export async function closePromotion(
  deps: Dependencies,
  promotionId: string,
  error: string | null,
): Promise<Conclusion> {
  const header = await loadHeader(deps.ledger, promotionId);
  if (header.state === "closed" && header.outcome !== null) return { outcome: header.outcome, summary: header.summary };
  const ends = await loadEnds(deps, header);
  const conclusion = conclude({
    ending: await loadEnding(deps.ledger, promotionId),
    ends,
    wanted: header.environments,
    error,
  });
  for (const end of ends) await closeEnvironment(deps, header, end, conclusion);
  await appendAudit(deps, promotionId, { id: `ended-${conclusion.outcome}`, kind: "ended", ...auditOf(conclusion) });
  const safe = ends.every(({ restored }) => restored !== "open");
  await writeHeader(deps, header, conclusion, safe);
  await tell(deps, header, conclusion);
  return conclusion;
}

const auditOf = ({ outcome, summary }: Conclusion) => ({ summary: `${outcome}: ${summary}`, data: { outcome } });

async function loadEnds(deps: Dependencies, { promotionId, environments }: Header): Promise<EnvironmentEnd[]> {
  const ends: EnvironmentEnd[] = [];
  for (const environment of environments) {
    const found = await deps.ledger.read(keys.head(promotionId, environment));
    if (found === undefined) continue;
    const head = asHead(found);
    const targets = await loadTargets(deps.ledger, promotionId, environment);
    ends.push({ head, restored: restoredState(head, targets) });
  }
  return ends;
}

/** How the way back of one environment stands, from its records alone. */
export function restoredState(head: Head, targets: readonly TargetRecord[]): EnvironmentEnd["restored"] {
  const moved = targets.filter(({ sequence }) => sequence > 0);
  if (head.outcome === "promoted" || moved.length === 0) return "nothing";
  if (moved.some(({ restored }) => restored === null)) return "open";
  return moved.some(({ restored }) => restored === "refused") ? "refused" : "verified";
}

/**
 * Trips an open journal first, so that no zombie can still shift; then closes it, holds the version that failed, and
 * gives the locks back. One that is not restored stays as it is.
 */
async function closeEnvironment(
  deps: Dependencies,
  header: Header,
  end: EnvironmentEnd,
  conclusion: Conclusion,
): Promise<void> {
  const { promotionId } = header;
  const { head, restored } = end;
  if (restored === "open") return;
  const plan = await loadPlan(deps.ledger, promotionId, head.environment);
  if (head.state !== "closed") {
    const { outcome, summary } = conclusion;
    const tripped = await trip(deps, promotionId, head.environment, { by: "error", reason: summary });
    const closed: Head = { ...tripped, state: "closed", outcome, summary };
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

async function writeHeader(
  deps: Dependencies,
  header: Header,
  { outcome, summary }: Conclusion,
  safe: boolean,
): Promise<void> {
  const { promotionId } = header;
  const now = deps.clock.now();
  const ended: Header = { ...header, outcome, summary, state: safe ? "closed" : "open", closedAt: safe ? now : null };
  await deps.ledger.write([
    { put: item(keys.header(promotionId), ended) },
    ...(safe ? [{ remove: keys.open(promotionId) }, { remove: keys.due(promotionId) }] : []),
  ]);
}

/** The closing notice carries the head of the audit chain: whoever keeps the mail can prove the trail later. */
async function tell(deps: Dependencies, header: Header, { outcome, summary }: Conclusion): Promise<void> {
  const { promotionId, service, version } = header;
  const chain = await deps.ledger.read(keys.auditHead(promotionId));
  const body = `${summary}\n\nPromotion: ${promotionId}\nAudit: ${String(chain?.sequence ?? 0)} entries, chain ends in ${String(chain?.hash ?? "")}\n`;
  const notice = { name: `ended-${outcome}`, subject: `${service || "promotion"} ${version}: ${outcome}`, body };
  const plans = await loadPlans(deps, header);
  await notify(deps, promotionId, notice, [...new Set(plans.flatMap(({ notices }) => notices))]);
  if (outcome === "rollback-failed")
    await pageAll(
      deps,
      promotionId,
      notice,
      plans.flatMap(({ pageTo }) => pageTo),
    );
}

async function loadPlans(deps: Dependencies, { promotionId, environments }: Header) {
  const plans = [];
  for (const environment of environments) plans.push(await loadPlan(deps.ledger, promotionId, environment));
  return plans;
}

async function pageAll(
  deps: Dependencies,
  promotionId: string,
  notice: { name: string; subject: string; body: string },
  pageTo: readonly string[],
): Promise<void> {
  try {
    await page(deps, promotionId, { ...notice, name: `page-${notice.name}` }, [...new Set(pageTo)]);
  } catch (error) {
    deps.log.warn("nobody could be paged", { error: String(error) });
  }
}
