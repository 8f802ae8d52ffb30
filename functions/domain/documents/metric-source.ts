/**
 * The contract with a metric source of the team's own: a Lambda function that is asked for one metric of one target, and
 * gives what each arm did, period by period. The published JSON Schemas are made of these.
 */
import * as z from "zod";
import type { SourceQuery } from "../ports.ts";
import { problemsOf } from "./schema-problems.ts";

export const CONTRACT = "headgate/metric-source-v1";

const instant = (what: string) => z.iso.datetime().describe(`${what}, in UTC such as 2026-03-03T18:00:00Z`);
const armName = z.enum(["candidate", "baseline"]).describe('"candidate" or "baseline"');

export const sourceRequestSchema = z
  .strictObject({
    contract: z.literal(CONTRACT).describe(`"${CONTRACT}"`),
    metric: z.string().describe("the metric's name in the policy"),
    gives: z.enum(["counts", "values"]).describe('"counts": samples and bad; "values": a value'),
    target: z.string().nullable().describe("the target's name in the policy; null: the environment as a whole"),
    names: z.record(z.string(), z.string()).describe("what the target is called where it lives, as its kind says"),
    arms: z
      .array(
        z
          .strictObject({
            arm: armName,
            version: z.string().nullable().describe("the version that the arm runs; null: whatever serves"),
          })
          .describe("one arm"),
      )
      .describe("the arms that are asked for"),
    from: instant("start of the first period"),
    to: instant("end of the last period"),
    periodSeconds: z.number().int().positive().describe("length of a period, a multiple of 60"),
  })
  .describe("what a metric source is asked");

export type SourceRequest = z.output<typeof sourceRequestSchema>;

const pointSchema = z
  .strictObject({
    arm: armName,
    at: instant("start of the period"),
    samples: z.number().nonnegative().optional().describe("how many requests or events the point is made of"),
    bad: z.number().nonnegative().optional().describe("how many of them were bad: for counts"),
    value: z.number().optional().describe("the metric's value: for values"),
  })
  .describe("one arm in one period; a period without a point was not measured, which is no zero");

export const sourceAnswerSchema = z
  .strictObject({
    complete: z
      .boolean()
      .describe("false: not all of it could be read; nothing of the answer is used, and it is asked again"),
    points: z.array(pointSchema).describe("the periods that were measured"),
  })
  .describe("what a metric source answers");

export type SourceAnswer = z.output<typeof sourceAnswerSchema>;
type Point = SourceAnswer["points"][number];

/** Queries that one call answers: all of them are of one metric of one target. `from` and `to` are epoch ms. */
export function sourceRequest(
  queries: readonly [SourceQuery, ...SourceQuery[]],
  from: number,
  to: number,
): SourceRequest {
  const [{ source, metric, target, periodSeconds }] = queries;
  const arms = queries.map(({ arm, version }) => ({ arm, version }));
  return {
    contract: CONTRACT,
    metric,
    gives: source.gives,
    target,
    names: source.names,
    arms: [...new Map(arms.map((one) => [`${one.arm} ${one.version ?? ""}`, one])).values()],
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    periodSeconds,
  };
}

/** What answers one call: the source is the same, and what is asked of it. */
export const sourceCall = ({ source, metric, target, periodSeconds }: SourceQuery): string =>
  JSON.stringify([source.function, metric, target, periodSeconds]);

export type SourceReading =
  | { readonly ok: true; readonly answer: SourceAnswer }
  /** Where the answer breaks the contract. */
  | { readonly ok: false; readonly problem: string };

/** Holds an answer to the contract, and to what was asked. */
export function readSourceAnswer(request: SourceRequest, json: unknown): SourceReading {
  const parsed = sourceAnswerSchema.safeParse(json);
  if (!parsed.success) {
    const [first] = problemsOf({ name: "answer", schema: sourceAnswerSchema, input: json }, parsed.error);
    return { ok: false, problem: first === undefined ? "the answer is none" : `${first.path} ${first.message}` };
  }
  const { points } = parsed.data;
  const seen = new Set<string>();
  for (const [index, point] of points.entries()) {
    const wrong = wrongWith(request, point, seen);
    if (wrong !== null) return { ok: false, problem: `answer.points[${index}]${wrong}` };
  }
  return { ok: true, answer: parsed.data };
}

function wrongWith(request: SourceRequest, point: Point, seen: Set<string>): string | null {
  const at = Date.parse(point.at);
  const [from, to, periodMs] = [Date.parse(request.from), Date.parse(request.to), request.periodSeconds * 1_000];
  if (!request.arms.some(({ arm }) => arm === point.arm)) return `.arm is ${point.arm}, which was not asked for`;
  if (at < from || at >= to) return `.at is outside of what was asked for, ${request.from} to ${request.to}`;
  if ((at - from) % periodMs !== 0) return ".at is not the start of a period";
  const key = `${point.arm} ${at}`;
  if (seen.has(key)) return `.at is that of an earlier point of the ${point.arm}`;
  seen.add(key);
  return request.gives === "counts" ? wrongCounts(point) : wrongValue(point);
}

function wrongCounts({ samples, bad }: Point): string | null {
  if (samples === undefined) return ".samples is missing, and counts were asked for";
  if (bad === undefined) return ".bad is missing, and counts were asked for";
  return bad > samples ? `.bad is ${bad}, more than the ${samples} samples` : null;
}

const wrongValue = ({ value }: Point): string | null =>
  value === undefined ? ".value is missing, and values were asked for" : null;

/** The points of one series, by start of period (epoch ms). A value that counts no samples is one. */
export function sourcePoints({ arm, part }: SourceQuery, { points }: SourceAnswer): Map<number, number> {
  const own = points.filter((point) => point.arm === arm);
  return new Map(
    own.flatMap((point): [number, number][] => {
      const found = part === "samples" ? (point.samples ?? 1) : point[part];
      return found === undefined ? [] : [[Date.parse(point.at), found]];
    }),
  );
}
