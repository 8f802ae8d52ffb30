import { keys } from "../ledger/keys.ts";
import type { Ledger } from "../ports.ts";
import type { PlanAdvice } from "./advice.ts";

/** What was advised upon before the start. Null before it was given, and where there was none to give. */
export async function loadAdvice(ledger: Ledger, promotionId: string, environment: string): Promise<PlanAdvice | null> {
  const found = await ledger.read(keys.advice(promotionId, environment));
  if (found === undefined) return null;
  const { lines, warnings, refused, rules, slowest } = found as unknown as PlanAdvice;
  return { lines, warnings, refused, ...(rules !== undefined && { rules }), ...(slowest !== undefined && { slowest }) };
}
