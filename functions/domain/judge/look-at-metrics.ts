/** Reads what the metrics say of candidate and baseline since the last look, and judges it. */
import { keys } from "../ledger/keys.ts";
import { loadTargets, must } from "../ledger/load.ts";
import { asHold } from "../ledger/pauses.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import type { Dependencies } from "../ports.ts";
import { type Assessment, assess } from "./assess.ts";
import { afterLook, type Ending } from "./ending.ts";
import { endedByEvidence } from "./hold-verdict.ts";
import { withLogs } from "./look-at-logs.ts";
import { orTrouble } from "./or-trouble.ts";
import { isDueAgain } from "./read-again.ts";
import { watchesOf } from "./reference.ts";
import { type Arms, armsOf, modeOf, planReads, type Readings, readingsOf, type Watch } from "./sampling.ts";
import { type EvidenceState, spansWithin, stretchToRead, withSpan } from "./state.ts";
import { type Synthetic, sendSynthetic } from "./synthetic.ts";
import { judged, type Looked, type Tick } from "./tick.ts";
import { unlessHeld } from "./unless-held.ts";
import type { AssessmentInput } from "./watch-look.ts";

/** Before anything passes, what is folded is read again. `troubles`: what else could not be asked in this look. */
export async function lookAtMetrics(deps: Dependencies, tick: Tick, troubles: readonly string[]): Promise<Looked> {
  const scene = await sceneOf(deps, tick, troubles);
  const again = readsAgain(scene, tick.now);
  const looked = await judgeNow(deps, tick, scene, again);
  if (again || looked.ending?.result !== "passed") return looked;
  return judgeNow(deps, tick, scene, true);
}

async function judgeNow(deps: Dependencies, tick: Tick, scene: Scene, again: boolean): Promise<Looked> {
  const readings = await readMetrics(deps, tick, scene, again);
  const { analysis } = tick.plan;
  const assessment = assess({ ...scene, analysis, references: tick.references, readings, now: tick.now, again });
  const { ending: found, extendTo } = afterLook(assessment, tick.bake, tick.phase, tick.plan, tick.now);
  const ending = await unlessHeld(deps, tick, found);
  return judged(tick, assessment, ending ?? (await endOfHold(deps, tick, assessment)), extendTo);
}

async function endOfHold({ ledger }: Dependencies, { input, phase }: Tick, found: Assessment): Promise<Ending | null> {
  if (phase.kind !== "hold") return null;
  const { promotionId, environment } = input;
  return endedByEvidence(asHold(await must(ledger, keys.hold(promotionId, environment, input.phase))), found);
}

type Scene = Pick<AssessmentInput, "watches" | "state" | "troubles" | "synthetic">;

async function sceneOf(deps: Dependencies, tick: Tick, troubles: readonly string[]): Promise<Scene> {
  const arms = await armsFor(deps, tick);
  const watches = watchesOf(tick.plan, arms, tick.references);
  const state = await withLogs(deps, tick.plan, arms, withSpan(tick.evidence.state, tick.bake.span), tick.now);
  return { watches, state, troubles, synthetic: await ownRequests(deps, tick, watches, state) };
}

function readsAgain({ watches, state }: Scene, now: number): boolean {
  const stretch = stretchToRead(watches, state, now, true);
  if (stretch === null) return true;
  const { from, to } = stretch;
  const { queries } = planReads(watches, modesWithin(state, from, to));
  const points = queries.reduce((sum, { periodSeconds }) => sum + (to - from) / (periodSeconds * 1000), 0);
  return isDueAgain(state, points, now);
}

const modesWithin = ({ spans }: EvidenceState, from: number, to: number) =>
  new Set(spansWithin(spans, from, to).map(modeOf));

/** Only while a step is baked: nobody asked for requests during a hold, or for hours of monitoring. */
async function ownRequests(
  deps: Dependencies,
  { plan, phase, bake }: Tick,
  watches: Watch[],
  state: EvidenceState,
): Promise<Synthetic> {
  if (phase.kind !== "step" || bake.span === null || plan.analysis.syntheticPerMinute === 0) return {};
  const send = () => sendSynthetic(deps, plan, watches, state);
  return (await orTrouble(deps.log, "the candidate directly", send)) ?? {};
}

async function armsFor({ ledger }: Dependencies, { input, plan }: Tick): Promise<Arms[]> {
  const records = await loadTargets(ledger, input.promotionId, input.environment);
  return plan.targets.flatMap((target) => {
    const record = records.find((one) => one.target === target.name);
    return record === undefined ? [] : [armsOf(target, record)];
  });
}

const NOTHING_TO_READ = readingsOf({ queries: [], slots: [] }, []);

/** One read for all targets and metrics. Null: CloudWatch did not answer. */
async function readMetrics(
  { metrics, log }: Dependencies,
  { plan, now }: Tick,
  { watches, state }: Scene,
  again: boolean,
): Promise<Readings | null> {
  const stretch = stretchToRead(watches, state, now, again);
  if (stretch === null) return NOTHING_TO_READ;
  const { from, to } = stretch;
  const reads = planReads(watches, modesWithin(state, from, to));
  if (reads.queries.length === 0) return NOTHING_TO_READ;
  const series = await orTrouble(log, "metrics", () => metrics(placeOf(plan)).read(reads.queries, from, to));
  return series === null ? null : readingsOf(reads, series);
}
