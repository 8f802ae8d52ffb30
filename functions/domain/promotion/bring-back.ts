/** Bringing the traffic of a promotion back: machines, alarm listener, operator and sweeper all do it this way. */
import { withdrawApprovals } from "../approval/settle.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import { asHead, type Head } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadHeader, loadPlanAsStored } from "../ledger/load.ts";
import { loadEnding } from "../ledger/note-ending.ts";
import { movedBySomebody } from "../notices/notice.ts";
import { page } from "../notices/pager.ts";
import type { TrippedBy } from "../outcomes.ts";
import type { Dependencies } from "../ports.ts";
import { bind } from "../traffic/bind.ts";
import { type Restore, restore, type TargetRestore } from "../traffic/restore.ts";
import { sayIdle } from "./say-idle.ts";

export interface BroughtBack {
  readonly state: Restore["state"];
  /** Not back yet, and another call may help. */
  readonly again: boolean;
  readonly summary: string;
}

export interface Why {
  readonly by: TrippedBy;
  readonly reason: string;
}

/**
 * Restores every environment of the promotion whose journal is not closed. `why` is what the journal says of it where
 * nothing tripped it before. Idempotent. Throws what the ledger throws.
 */
export async function bringBack(deps: Dependencies, promotionId: string, why: Why): Promise<BroughtBack> {
  const { environments } = await loadHeader(deps.ledger, promotionId);
  const results: Restore[] = [];
  for (const environment of environments) {
    const head = await deps.ledger.read(keys.head(promotionId, environment));
    if (head === undefined || asHead(head).state === "closed") continue;
    results.push(await restoreEnvironment(deps, promotionId, asHead(head), why));
  }
  await withdraw(deps, promotionId, why);
  const again = results.some((result) => result.state === "failed" && result.again);
  return { state: worst(results), again, summary: summarise(results) };
}

/** Whoever is being asked meanwhile is told, and their links die; after the traffic, and never in its way. */
async function withdraw(deps: Dependencies, promotionId: string, { reason }: Why): Promise<void> {
  try {
    await withdrawApprovals(deps, promotionId, reason);
  } catch (error) {
    deps.log.warn("an approval could not be withdrawn", { error: String(error) });
  }
}

/** What the ledger knows of the reason, or else the caller's word. */
export async function whyBack(deps: Dependencies, promotionId: string, fallback: Why): Promise<Why> {
  const ending = await loadEnding(deps.ledger, promotionId);
  return ending === null ? fallback : { by: "gate", reason: ending.summary };
}

async function restoreEnvironment(deps: Dependencies, promotionId: string, head: Head, why: Why): Promise<Restore> {
  const { environment } = head;
  const plan = await loadPlanAsStored(deps.ledger, promotionId, environment);
  const promotion = { promotionId, environment };
  const restored = await restore(deps, promotion, why, (record) => bind(deps, plan, record));
  const result = await sayIdle(deps, plan, head, restored);
  await record(deps, promotionId, environment, result);
  if (result.state === "refused") await tellRefused(deps, promotionId, environment, plan.pageTo, result);
  return result;
}

/** After the restore, and never in its way: a trail that cannot be written is written by a later step. */
async function record(deps: Dependencies, promotionId: string, environment: string, result: Restore): Promise<void> {
  if (result.state === "nothing" || result.state === "failed") return;
  try {
    await appendAudit(deps, promotionId, {
      id: `restored-${environment}-${result.state}`,
      kind: "restored",
      environment,
      summary: result.targets.map(inWords).join("; "),
      data: { state: result.state, targets: result.targets },
    });
  } catch (error) {
    deps.log.warn("the restore could not be written into the trail", { error: String(error) });
  }
}

function inWords(result: TargetRestore): string {
  switch (result.state) {
    case "verified":
      return `${result.target}: back on ${result.found}, read back`;
    case "refused":
      return `${result.target}: left alone; found ${result.found}, expected ${result.expected}`;
    case "failed":
      return `${result.target}: not back: ${result.error}`;
  }
}

function summarise(results: readonly Restore[]): string {
  const words = results.flatMap(({ targets }) => targets.map(inWords));
  return words.length === 0 ? "no traffic was moved" : words.join("; ");
}

const SEVERITY: readonly Restore["state"][] = ["nothing", "verified", "refused", "failed"];

function worst(results: readonly Restore[]): Restore["state"] {
  const ranks = results.map(({ state }) => SEVERITY.indexOf(state));
  return SEVERITY[Math.max(0, ...ranks)] ?? "nothing";
}

async function tellRefused(
  deps: Dependencies,
  promotionId: string,
  environment: string,
  pageTo: readonly string[],
  result: Restore,
): Promise<void> {
  const about = result.targets.flatMap(({ state, target }) => (state === "refused" ? [movedBySomebody(target)] : []));
  const subject = `Headgate did not restore ${environment}: somebody else moved traffic`;
  const body = `${result.targets.map(inWords).join("\n")}\n\nA person has to decide. Promotion: ${promotionId}\n`;
  try {
    await page(deps, promotionId, { environment, about }, { subject, body }, pageTo);
  } catch (error) {
    deps.log.warn("the page about a refused restore could not be sent", { error: String(error) });
  }
}
