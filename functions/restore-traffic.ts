/** Brings back whatever this promotion moved and has not closed, in every environment; nothing gates it. */
import type * as z from "zod";
import { appendAudit } from "./domain/audit.ts";
import { loadEnding, noteEnding } from "./domain/endings.ts";
import { NotReady } from "./domain/errors.ts";
import { ErrorInput, PromotionInput, reasonOf } from "./domain/inputs.ts";
import { asHead, type Head, keys, loadHeader, loadPlan } from "./domain/ledger.ts";
import { page } from "./domain/notices.ts";
import type { TrippedBy } from "./domain/outcomes.ts";
import type { Dependencies } from "./domain/ports.ts";
import { type Restore, restore, type TargetRestore } from "./domain/restoring.ts";
import { bind } from "./domain/rolling.ts";
import { step } from "./runtime/step.ts";

const Input = PromotionInput.extend({ error: ErrorInput });

export const restoreTraffic =
  (deps: Dependencies) =>
  async ({ promotionId, error }: z.output<typeof Input>) => {
    const broken = reasonOf(error);
    const { environments } = await loadHeader(deps.ledger, promotionId);
    const results: Restore[] = [];
    for (const environment of environments) {
      const head = await deps.ledger.read(keys.head(promotionId, environment));
      if (head === undefined || asHead(head).state === "closed") continue;
      results.push(await restoreEnvironment(deps, promotionId, asHead(head), broken));
    }
    if (broken !== null) await noteEnding(deps, promotionId, "errored", broken);
    const failed = results.find(({ state }) => state === "failed");
    if (failed?.again) throw new NotReady(`traffic is not back yet: ${summarise(results)}`);
    return { state: worst(results), summary: summarise(results) };
  };

async function restoreEnvironment(
  deps: Dependencies,
  promotionId: string,
  head: Head,
  broken: string | null,
): Promise<Restore> {
  const { environment } = head;
  const why = await whyBack(deps, promotionId, broken);
  const plan = await loadPlan(deps.ledger, promotionId, environment);
  const promotion = { promotionId, environment };
  const result = await restore(deps, promotion, why, (record) => bind(deps, plan, record));
  await record(deps, promotionId, environment, result);
  if (result.state === "refused") await tellRefused(deps, promotionId, environment, plan.pageTo, result);
  return result;
}

async function whyBack(
  deps: Dependencies,
  promotionId: string,
  broken: string | null,
): Promise<{ by: TrippedBy; reason: string }> {
  const ending = await loadEnding(deps.ledger, promotionId);
  if (ending !== null) return { by: "gate", reason: ending.summary };
  return { by: "error", reason: broken ?? "the rollout did not complete" };
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
      return `${result.target}: not back; ${result.error}`;
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
  const subject = `Headgate did not restore ${environment}: somebody else moved traffic`;
  const body = `${result.targets.map(inWords).join("\n")}\n\nA person has to decide. Promotion: ${promotionId}\n`;
  try {
    await page(deps, promotionId, { name: `refused-${environment}`, subject, body }, pageTo);
  } catch (error) {
    deps.log.warn("the page about a refused restore could not be sent", { error: String(error) });
  }
}

export const handler = step("restore-traffic", Input, restoreTraffic);
