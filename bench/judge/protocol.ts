/**
 * What the benchmark and a judge that runs as a command say to each other: one JSON object a line, as
 * `docs/judge-benchmark.md` describes it. Arms are [requests, errors].
 */
import * as z from "zod";
import { type Rollout, type RolloutMinute, WEIGHTS } from "./traffic.ts";

type Arm = readonly [requests: number, errors: number];

/** Begins a rollout; no answer. */
export type Opening = { readonly rollout: number; readonly reference: readonly Arm[] };

/** One closed minute; the judge answers it with a line of its own before it sees the next. */
export type MinuteLine = {
  readonly minute: number;
  readonly step: number;
  readonly weight: number;
  readonly canary: Arm;
  readonly baseline: Arm;
  readonly endsStep: boolean;
};

const VERDICTS = ["continue", "rollback"] as const;
export type Verdict = (typeof VERDICTS)[number];
/** A judge may say more for itself. */
const answerSchema = z.object({ verdict: z.enum(VERDICTS) });

export function openingOf(rollout: number, { reference }: Pick<Rollout, "reference">): Opening {
  return { rollout, reference: reference.map(({ requests, errors }): Arm => [requests, errors]) };
}

/** `index` counts the rollout's minutes from 0. */
export function minuteLineOf({ step, canary, baseline, endsStep }: RolloutMinute, index: number): MinuteLine {
  return {
    minute: index + 1,
    step: step + 1,
    weight: (WEIGHTS[step] ?? 0) * 100,
    canary: [canary.requests, canary.errors],
    baseline: [baseline.requests, baseline.errors],
    endsStep,
  };
}

/**
 * A judge's answer.
 *
 * @throws RangeError with the line and what was expected, when it is none
 */
export function verdictOf(line: string): Verdict {
  const said = answerSchema.safeParse(jsonOf(line));
  if (said.success) return said.data.verdict;
  const expected = VERDICTS.map((verdict) => JSON.stringify({ verdict })).join(" or ");
  throw new RangeError(`it answered ${line.slice(0, LONGEST)} where ${expected} was expected`);
}

/** Enough of a strange answer to know it by. */
const LONGEST = 200;

/** Undefined where the line is no JSON. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const toCounts = ([requests, errors]: Arm) => ({ requests, errors });

/** The other way, for judges of ours: a line of the benchmark as the rollout or the minute that it was. */
export function readLine(
  line: string,
): { readonly opening: Rollout } | { readonly minute: RolloutMinute; index: number } {
  const said = JSON.parse(line) as Opening | MinuteLine;
  if ("reference" in said) return { opening: { reference: said.reference.map(toCounts), minutes: [] } };
  const { minute, step, canary, baseline, endsStep } = said;
  return {
    minute: { step: step - 1, canary: toCounts(canary), baseline: toCounts(baseline), endsStep },
    index: minute - 1,
  };
}
