/** Takes the locks of the next environment's resources and opens its journal, or says why not. */
import * as z from "zod";
import { executionName, PromotionInput } from "./domain/inputs.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import type { Header } from "./domain/ledger/header.ts";
import { item } from "./domain/ledger/items.ts";
import { asHead } from "./domain/ledger/journal-records.ts";
import { keys } from "./domain/ledger/keys.ts";
import { loadHeader, loadPlan, loadPlanHeader, loadSignals } from "./domain/ledger/load.ts";
import { noteEnding } from "./domain/ledger/note-ending.ts";
import type { Signal } from "./domain/ledger/signals.ts";
import { isStop } from "./domain/ledger/signals.ts";
import { wakePauses } from "./domain/ledger/wake-pauses.ts";
import type { EnvironmentPlan } from "./domain/plan.ts";
import { Conflict, type Dependencies } from "./domain/ports.ts";
import { type Owner, takeLocks } from "./domain/traffic/lock.ts";
import { step } from "./runtime/step.ts";

const Input = PromotionInput.extend({ position: z.int().min(0) });

/** How often a queued promotion looks again by itself, in seconds; giving a lock back wakes it sooner. */
const QUEUE_SECONDS = 300;

export const enterEnvironment =
  (deps: Dependencies) =>
  async ({ promotionId, position }: z.output<typeof Input>) => {
    const header = await loadHeader(deps.ledger, promotionId);
    const name = header.environments[position];
    if (header.state === "closed") return answer(deps, header, "stop", "", null, "the promotion is closed");
    if (name === undefined) return answer(deps, header, "finished", "", null, "every environment is done");
    const plan = await loadPlan(deps.ledger, promotionId, name);
    const refusal = await whyNot(deps, header, plan);
    if (refusal !== null) return answer(deps, header, "stop", name, plan, refusal);

    const owner: Owner = { promotionId, environment: name, executionArn: header.executionArn };
    const taken = await takeLocks(
      deps,
      owner,
      plan.targets.map(({ resource }) => resource),
    );
    if (taken.kind === "taken") return answer(deps, header, "enter", name, plan, `entered ${name}`);
    if (taken.kind === "closed") return answer(deps, header, "stop", name, plan, "the promotion is closed");
    const summary = `${taken.resource} is held by promotion ${taken.by.promotionId}`;
    if (plan.onConflict === "refuse") {
      await noteEnding(deps, promotionId, "blocked", summary);
      return answer(deps, header, "stop", name, plan, summary);
    }
    if (plan.onConflict === "supersede") await supersede(deps, header, taken.by);
    await appendAudit(deps, promotionId, {
      id: `queued-${name}-${taken.by.promotionId}`,
      kind: "queued",
      environment: name,
      summary,
    });
    return answer(deps, header, "queue", name, plan, summary);
  };

/** What forbids entering: a signal to stop, or a version that a person put on hold here. */
async function whyNot(deps: Dependencies, header: Header, plan: EnvironmentPlan): Promise<string | null> {
  const stop = (await loadSignals(deps.ledger, header.promotionId)).find(isStop);
  if (stop !== undefined) {
    const outcome = stop.kind === "supersede" ? "superseded" : "cancelled";
    const summary = `${stop.by}: ${stop.reason}`;
    await noteEnding(deps, header.promotionId, outcome, summary);
    return summary;
  }
  const held = await deps.ledger.read(keys.held(plan.environment, header.service, header.version));
  if (held === undefined) return null;
  const summary = `${header.version} is held in ${plan.environment}: ${String(held.reason)}; release it with \`headgate release-hold\``;
  await noteEnding(deps, header.promotionId, "blocked", summary);
  return summary;
}

/**
 * A newer promotion of the same service takes the place of one that has not touched traffic yet. A hotfix takes that of
 * one that has, too: the other's next look tells it to go back, and its locks come free once that was read back.
 */
async function supersede(deps: Dependencies, header: Header, other: Owner): Promise<void> {
  const theirs = await loadHeader(deps.ledger, other.promotionId);
  if (theirs.service !== header.service || theirs.openedAt >= header.openedAt) return;
  const head = await deps.ledger.read(keys.head(other.promotionId, other.environment));
  const touched = head !== undefined && asHead(head).firstShiftAt !== null;
  if (touched && !(await isHotfix(deps, header))) return;
  const signal: Signal = {
    signal: `supersede-${header.promotionId}`,
    kind: "supersede",
    by: header.startedBy ?? header.requestedBy,
    reason: `superseded by ${header.service} ${header.version} (${header.promotionId})`,
    at: deps.clock.now(),
  };
  try {
    await deps.ledger.write([{ put: item(keys.signal(other.promotionId, signal.signal), signal), if: "absent" }]);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
  await wakePauses(deps, other.promotionId, other.environment);
}

async function isHotfix(deps: Dependencies, { promotionId }: Header): Promise<boolean> {
  return (await loadPlanHeader(deps.ledger, promotionId)).emergency !== null;
}

function answer(
  deps: Dependencies,
  { promotionId }: Header,
  decision: "enter" | "queue" | "stop" | "finished",
  name: string,
  plan: EnvironmentPlan | null,
  summary: string,
) {
  const child = (part: string) => executionName(deps.hash, promotionId, name, part);
  return {
    decision,
    name,
    approval: plan?.approvals.some(({ when }) => when === "before") ?? false,
    approvalName: child("approval"),
    rolloutName: child("rollout"),
    monitor: { asked: plan?.monitor != null, name: child("monitor"), chunk: 1 },
    wait: { seconds: QUEUE_SECONDS },
    summary,
  };
}

export const handler = step("enter-environment", Input, enterEnvironment);
