/** Says what the rollout does next: reads how things stand, and lets `decideMove` decide. */
import type * as z from "zod";
import { findApproval } from "./domain/approval/load.ts";
import { EnvironmentInput, executionName } from "./domain/inputs.ts";
import { askForDecision } from "./domain/judge/ask-for-decision.ts";
import { item } from "./domain/ledger/items.ts";
import { keys } from "./domain/ledger/keys.ts";
import { loadHead, loadPlan, loadSignals, loadTargets } from "./domain/ledger/load.ts";
import { asHold, type Hold } from "./domain/ledger/pauses.ts";
import { expectLife } from "./domain/ledger/wake-pauses.ts";
import type { EnvironmentPlan } from "./domain/plan.ts";
import type { Dependencies, Item } from "./domain/ports.ts";
import { decideMove, type Move, type Progress } from "./domain/promotion/next-move.ts";
import { isFinished, shareOfAll, whyStopped } from "./domain/traffic/journal.ts";
import { stopRollout } from "./domain/traffic/stop.ts";
import { windowAt } from "./domain/windows.ts";
import { step } from "./runtime/step.ts";

type Input = z.output<typeof EnvironmentInput>;

/** Longest a rollout that serves nobody is held before it looks again by itself, in seconds. */
const HOLD_SECONDS = 86_400;

/** How long the step after a move may take before the sweeper looks after it, in ms. */
const MOVE_MS = 20 * 60_000;

export const planMove = (deps: Dependencies) => async (input: Input) => {
  const { promotionId, environment } = input;
  const head = await loadHead(deps.ledger, promotionId, environment);
  if (head.state !== "open") return answer(deps, input, stopped(whyStopped(head)), 1);
  const plan = await loadPlan(deps.ledger, promotionId, environment);
  const signals = await loadSignals(deps.ledger, promotionId);
  const progress = await loadProgress(deps, input, plan);
  const window = windowAt(plan.window, deps.clock.now());
  const move = decideMove({ plan, progress, signals, window, enteredAt: head.enteredAt });
  await expectLife(deps.ledger, promotionId, deps.clock.now() + MOVE_MS, move.summary);
  if (move.kind === "stop") {
    const by = move.outcome === "rejected" || move.outcome === "expired" ? "gate" : "operator";
    await stopRollout(deps, input, { by, outcome: move.outcome, summary: move.summary });
  }
  if (move.kind === "watch") await hold(deps, input, plan, move);
  return answer(deps, input, move, chunkOf(progress, move));
};

const stopped = (summary: string): Move => ({ kind: "stop", outcome: "rolled-back", summary });

type Watch = Extract<Move, { kind: "watch" }>;

/** Asked again with every execution that goes on with the hold, since a mail is sent once however often it is asked for. */
async function hold(deps: Dependencies, input: Input, plan: EnvironmentPlan, move: Watch): Promise<void> {
  const opened = await openHold(deps, input, move);
  if (opened.why === "verdict") await askForDecision(deps, input.promotionId, plan, move.phase, opened);
}

async function openHold(deps: Dependencies, input: Input, move: Watch): Promise<Hold> {
  const key = keys.hold(input.promotionId, input.environment, move.phase);
  const found = await deps.ledger.read(key);
  if (found !== undefined) return asHold(found);
  const hold: Hold = { ...move.hold, summary: move.summary, at: deps.clock.now() };
  await deps.ledger.write([{ put: item(key, hold) }]);
  return hold;
}

async function loadProgress(
  deps: Dependencies,
  { promotionId, environment }: Input,
  plan: EnvironmentPlan,
): Promise<Progress> {
  const targets = await loadTargets(deps.ledger, promotionId, environment);
  const baked = await loadBaked(deps, promotionId, environment);
  const { pk } = keys.header(promotionId);
  const prefix = keys.hold(promotionId, environment, "").sk;
  const holds = await deps.ledger.list(pk, prefix);
  return {
    baked,
    checked: await loadChecked(deps, promotionId, environment),
    approvals: await loadApprovals(deps, promotionId, environment, plan),
    weight: shareOfAll(plan, targets),
    finished: isFinished(plan, targets),
    holds: holds.map((found) => {
      const phase = found.sk.slice(prefix.length);
      return { ...asHold(found), phase, over: baked[phase] !== undefined };
    }),
  };
}

async function loadBaked(deps: Dependencies, promotionId: string, environment: string): Promise<Progress["baked"]> {
  const { pk, sk } = keys.bake(promotionId, environment, "");
  const ended = (await deps.ledger.list(pk, sk)).filter(({ result }) => typeof result === "string");
  return Object.fromEntries(
    ended.map((bake) => [
      bake.sk.slice(sk.length),
      { result: String(bake.result), endedAt: Number(bake.endedAt), chunk: Number(bake.chunk ?? 1) },
    ]),
  );
}

async function loadChecked(deps: Dependencies, promotionId: string, environment: string): Promise<string[]> {
  const { pk, sk } = keys.gates(promotionId, environment, "");
  const run = await deps.ledger.list(pk, sk);
  return run.filter(isPassed).map((gates) => gates.sk.slice(sk.length));
}

function isPassed({ results }: Item): boolean {
  return Array.isArray(results) && results.every(({ passed, onFail }) => passed === true || onFail === "warn");
}

async function loadApprovals(
  deps: Dependencies,
  promotionId: string,
  environment: string,
  plan: EnvironmentPlan,
): Promise<Progress["approvals"]> {
  const asked: [string, Progress["approvals"][string]][] = [];
  for (const { id } of plan.approvals) {
    const found = await findApproval(deps.ledger, { promotionId, environment, approval: id });
    if (found !== undefined) asked.push([id, found]);
  }
  return Object.fromEntries(asked);
}

/** A phase that was cut before goes on under the next number. */
function chunkOf({ baked }: Progress, move: Move): number {
  const phase = "phase" in move ? move.phase : "";
  return (baked[phase]?.chunk ?? 0) + 1;
}

function answer(deps: Dependencies, { promotionId, environment }: Input, move: Move, chunk: number) {
  const phase = move.kind === "check" ? move.point : "phase" in move ? move.phase : "";
  return {
    kind: move.kind,
    weight: move.kind === "shift" ? move.weight : 0,
    phase,
    chunk,
    name: executionName(deps.hash, promotionId, environment, phase, chunk),
    approval: move.kind === "ask" ? move.approval : "",
    seconds: HOLD_SECONDS,
    summary: move.summary,
  };
}

export const handler = step("plan-move", EnvironmentInput, planMove);
