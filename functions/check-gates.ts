/** Runs the checks of one point of the rollout and says whether to go on. */
import * as z from "zod";
import { blockIfIdle } from "./domain/candidate/idle.ts";
import { lookAtCode } from "./domain/candidate/look-at-code.ts";
import type { GateResult } from "./domain/gates/kinds/gate.ts";
import { runGates } from "./domain/gates/run.ts";
import { EnvironmentInput } from "./domain/inputs.ts";
import { adviseBefore } from "./domain/judge/advice-record.ts";
import { loadHead, loadHeader, loadPlan, loadTargets } from "./domain/ledger/load.ts";
import { noteEnding } from "./domain/ledger/note-ending.ts";
import type { Dependencies } from "./domain/ports.ts";
import { isFinished, whyStopped } from "./domain/traffic/journal.ts";
import { trip } from "./domain/traffic/trip.ts";
import { step } from "./runtime/step.ts";

const Input = EnvironmentInput.extend({ when: z.string().regex(/^(before|after|at-\d+)$/) });

export const checkGates =
  (deps: Dependencies) =>
  async ({ promotionId, environment, when }: z.output<typeof Input>) => {
    const { service, version } = await loadHeader(deps.ledger, promotionId);
    const head = await loadHead(deps.ledger, promotionId, environment);
    if (head.state !== "open") return { decision: "stop", summary: whyStopped(head) };
    const plan = await loadPlan(deps, promotionId, environment);
    if (when === "after" && !isFinished(plan, await loadTargets(deps.ledger, promotionId, environment))) {
      const summary = `the rollout in ${environment} ended before all traffic was on the candidate`;
      await noteEnding(deps, promotionId, "errored", summary);
      return { decision: "stop", summary };
    }
    const running = when === "before" ? await lookAtCode(deps, plan) : [];
    const idle = await blockIfIdle(deps, promotionId, plan, running);
    if (idle !== null) return { decision: "stop", summary: idle };
    const results = await runGates(deps, { promotionId, service, version, plan, running }, when);
    const advice = when === "before" ? await adviseBefore(deps, promotionId, plan) : null;
    if (advice !== null) results.push(advice);
    const failed = results.filter(({ passed, onFail }) => !passed && onFail !== "warn");
    if (failed.length === 0) return { decision: "go", summary: summarise(results) };
    const summary = `${environment}, ${when}: ${failed.map(inWords).join("; ")}`;
    // Before the first shift nothing has to be taken back; afterwards the journal is tripped, and restore does.
    if (head.firstShiftAt === null) await noteEnding(deps, promotionId, "blocked", summary);
    else await trip(deps, promotionId, environment, { by: "gate", reason: summary });
    return { decision: "stop", summary };
  };

const inWords = ({ name, found }: GateResult) => `${name} failed: ${found}`;

function summarise(results: readonly GateResult[]): string {
  const warnings = results.filter(({ passed }) => !passed);
  const passed = `${results.length - warnings.length} of ${results.length} checks passed`;
  return warnings.length === 0 ? passed : `${passed}; warning: ${warnings.map(inShort).join("; ")}`;
}

/** The first thing that was found; the trail and the approvers' page have the rest. */
function inShort({ name, found }: GateResult): string {
  const [first = "", ...others] = found.split("; ");
  return `${name}: ${first}${others.length === 0 ? "" : ` (and ${others.length} more)`}`;
}

export const handler = step("check-gates", Input, checkGates);
