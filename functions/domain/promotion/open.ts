import { type Problem, problemTexts } from "../documents/problems.ts";
import { BrokenRecord } from "../errors.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import type { Ending, Header } from "../ledger/header.ts";
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { loadHeader } from "../ledger/load.ts";
import { loadEnding } from "../ledger/note-ending.ts";
import { planChanges } from "../ledger/plan-parts.ts";
import { currentPolicy } from "../ledger/policies.ts";
import { send } from "../notices/send.ts";
import type { PromotionPlan } from "../plan.ts";
import { type Change, Conflict, type Dependencies } from "../ports.ts";
import { fitPlan } from "./fit-plan.ts";
import { announcement, headerOf, openedInWords, promotionIdOf, type Start } from "./opening.ts";
import { pinArtifacts } from "./pin-artifacts.ts";
import { resolveUnder } from "./starts.ts";
import { verifiedStarter } from "./verify-start.ts";

/**
 * Opens the promotion of a start, once: the plan of its release under the policy in force, both pinned. A release that is
 * refused is opened too, without a plan and with the ending that says why.
 */
export async function openOnce(deps: Dependencies, start: Start): Promise<Header> {
  const promotionId = promotionIdOf(deps.hash, start);
  const known = await deps.ledger.read(keys.header(promotionId));
  if (known === undefined) await open(deps, start, promotionId);
  const header = await loadHeader(deps.ledger, promotionId);
  await record(deps, start, header);
  return header;
}

/** Resolves, fits to the traffic, pins and writes; the header, which says that all of it stands, comes last. */
async function open(deps: Dependencies, start: Start, promotionId: string): Promise<void> {
  const { startedBy, starter = null } = (await verifiedStarter(deps, start)) ?? NOBODY;
  const policy = await currentPolicy(deps.ledger);
  const resolved = await fitPlan(deps, resolveUnder(policy, start.release, { now: deps.clock.now(), startedBy }));
  const pinned = resolved.ok ? await pinArtifacts(deps, resolved.plan) : resolved;
  const plan = pinned.ok ? pinned.plan : null;
  const { executionArn } = start;
  const origin = { startedBy, starter, policyHash: policy?.hash ?? "" };
  const known = { ...origin, promotionId, executionArn, openedAt: deps.clock.now() };
  const header = headerOf(deps.hash, known, plan);
  await writeHeader(
    deps,
    header,
    pinned.ok ? planChanges(promotionId, pinned.plan) : [refusal(header, pinned.problems)],
  );
  if (plan !== null) await announce(deps, header, plan);
}

const NOBODY = { startedBy: null, starter: null };

function refusal({ promotionId, openedAt }: Header, problems: readonly Problem[]): Change {
  const summary = `the release was refused: ${problemTexts(problems).join("\n")}`;
  const ending: Ending = { outcome: "blocked", summary, at: openedAt };
  return { put: item(keys.ending(promotionId), ending), if: "absent" };
}

/**
 * Header and plan, or refusal, in one: whoever finds the one finds the other. A start that was cut off in the middle has
 * left no part of a plan that nobody may write again, and no refusal of a release that is found good when it is tried again
 * under another policy or another day's traffic. Throws `BrokenRecord` where there is a plan and no header.
 */
async function writeHeader(deps: Dependencies, header: Header, decided: readonly Change[]): Promise<void> {
  const { promotionId, executionArn } = header;
  try {
    await deps.ledger.write([
      { put: item(keys.header(promotionId), header), if: "absent" },
      { put: item(keys.open(promotionId), { promotionId, executionArn }) },
      ...decided,
    ]);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    // The same start was tried twice at once: the other one's plan stands, with its header.
    if (!error.failed.includes(0)) throw new BrokenRecord(`a plan of ${promotionId} stands there without its header`);
  }
}

async function announce(deps: Dependencies, header: Header, plan: PromotionPlan): Promise<void> {
  const addresses = new Set(plan.environments.flatMap(({ notices }) => notices));
  await send(deps, header.promotionId, announcement(header, plan), [...addresses], { mark: "before" });
}

/** From what stands in the ledger, so that a call that was cut off before it is made good by the next one. */
async function record(deps: Dependencies, { release, executionArn }: Start, header: Header): Promise<void> {
  const { promotionId, policyHash, planHash, startedBy, starter = null } = header;
  const refused = header.environments.length === 0 ? await loadEnding(deps.ledger, promotionId) : null;
  await appendAudit(deps, promotionId, {
    id: "opened",
    kind: refused === null ? "opened" : "refused",
    summary: refused?.summary ?? openedInWords(header, release),
    data: { release, policyHash, planHash, startedBy, starter, execution: executionArn },
  });
}
