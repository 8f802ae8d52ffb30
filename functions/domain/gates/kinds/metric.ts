/** A CloudWatch metric stayed within limits for the last minutes. */
import type * as z from "zod";
import { formatDuration } from "../../durations.ts";
import type { QueryPlan } from "../../plan.ts";
import { durationSchema, querySchema } from "../../schema-parts.ts";
import type { Gate, GateSpot } from "./gate.ts";
import { type Limits, limitFields, refuseIdle, within } from "./limits.ts";

const MINUTE_MS = 60_000;
/** Metrics of the last minutes are not in yet; asked for two minutes back. */
const LAG_MS = 2 * MINUTE_MS;
const OVER_SECONDS = 300;

const fields = {
  metric: querySchema,
  ...limitFields,
  over: durationSchema.optional().describe("how far back it looks, a multiple of 1m; default 5m"),
};

type Input = z.output<z.ZodObject<typeof fields>>;

interface Plan extends Limits {
  readonly metric: QueryPlan;
  readonly overSeconds: number;
}

export const metric: Gate<Input, Plan> = {
  description: "a CloudWatch metric is within limits",
  fields,
  needs: { accounts: ["watch"] },
  title: ({ metric: { metricName } }) => `metric ${metricName}`,
  resolve({ metric: query, max, min, over = OVER_SECONDS }, _every, spot) {
    refuseIdle(spot, { min, max });
    if (over === 0 || over % 60 !== 0) {
      spot.refuse(["over"], "is no multiple of 1m", "CloudWatch keeps points of 1m: write 1m, 5m or 1h");
    }
    return { metric: filled(spot, query), max, min, overSeconds: over };
  },
  async run({ metric: query, max, min, overSeconds }, { clock, metrics }, { place }) {
    const to = Math.floor((clock.now() - LAG_MS) / MINUTE_MS) * MINUTE_MS;
    const asked = { id: "check", ...query, periodSeconds: 60 };
    const [series] = await metrics(place).read([asked], to - overSeconds * 1_000, to);
    const values = [...(series?.points.values() ?? [])];
    const span = `${query.metricName} over ${formatDuration(overSeconds)}`;
    if (series === undefined || values.length === 0) return { passed: false, found: `${span}: no data` };
    if (!series.complete) return { passed: false, found: `${span}: CloudWatch did not read all of it` };
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const passed = values.every((value) => within({ min, max }, value));
    return { passed, found: `${span}: between ${low} and ${high}` };
  },
};

function filled(spot: GateSpot, query: QueryPlan): QueryPlan {
  const dimensions = Object.entries(query.dimensions).map(([name, text]) => [
    name,
    spot.fill(["metric", "dimensions", name], text),
  ]);
  return { ...query, dimensions: Object.fromEntries(dimensions) };
}
