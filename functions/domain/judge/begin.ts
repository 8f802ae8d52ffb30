/** Begins a bake in the ledger. */
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { loadIntents, loadTargets } from "../ledger/load.ts";
import { asHold, type Hold } from "../ledger/pauses.ts";
import type { EnvironmentPlan } from "../plan.ts";
import { type Clock, Conflict, type Ledger } from "../ports.ts";
import { type BakeInput, type BakeRecord, readPhase } from "./bake.ts";
import { loadBake, loadBakes } from "./load.ts";
import { newBake, newestMove } from "./new-bake.ts";
import { type Span, spanNow } from "./sampling.ts";

interface Deps {
  readonly ledger: Ledger;
  readonly clock: Clock;
}

/**
 * Begins a phase once: the next execution of the same phase, a retry, and the slower of two calls find what is there.
 * Throws `BadInput` when the plan has no such phase.
 */
export async function beginOnce(deps: Deps, input: BakeInput, plan: EnvironmentPlan): Promise<BakeRecord> {
  const { promotionId, environment, phase } = input;
  const bakes = await loadBakes(deps.ledger, promotionId, environment);
  const known = bakes.find((bake) => bake.phase === phase);
  if (known !== undefined) return known;
  const bake = await begun(deps, input, plan, bakes);
  try {
    await deps.ledger.write([{ put: item(keys.bake(promotionId, environment, phase), bake), if: "absent" }]);
    return bake;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    return loadBake(deps.ledger, promotionId, environment, phase);
  }
}

async function begun(
  { ledger, clock }: Deps,
  input: BakeInput,
  plan: EnvironmentPlan,
  earlier: readonly BakeRecord[],
): Promise<BakeRecord> {
  const { phase, chunk } = input;
  const now = clock.now();
  const span = await presentSpan(ledger, input, plan);
  const hold = readPhase(phase).kind === "hold" ? await holdOf(ledger, input) : null;
  return newBake({ plan, phase, chunk, span, earlier, hold, now });
}

/** How traffic stands since the newest write that took effect; null while the candidate has none. */
async function presentSpan(
  ledger: Ledger,
  { promotionId, environment }: BakeInput,
  plan: EnvironmentPlan,
): Promise<Span | null> {
  const records = await loadTargets(ledger, promotionId, environment);
  const movedAt = newestMove(await loadIntents(ledger, promotionId, environment));
  return movedAt === null ? null : spanNow(plan, records, movedAt);
}

/** Its end is looked at in that very moment: a window is short, and nobody should wait for a long tick to end. */
async function holdOf(ledger: Ledger, { promotionId, environment, phase }: BakeInput): Promise<Hold | null> {
  const hold = await ledger.read(keys.hold(promotionId, environment, phase));
  return hold === undefined ? null : asHold(hold);
}
