/** An https address answers, as expected and in time. */
import * as z from "zod";
import type { Gate, GateSpot } from "./gate.ts";

const TIMEOUT_MS = 10_000;

const fields = {
  url: z.string().describe("an https address that is asked with GET"),
  status: z.number().int().min(100).max(599).optional().describe("expected status; default 200"),
  contains: z.string().min(1).optional().describe("a text that the body must contain"),
  withinMs: z
    .number()
    .int()
    .min(1)
    .max(30_000)
    .optional()
    .describe("the answer must come within this many milliseconds"),
};

type Input = z.output<z.ZodObject<typeof fields>>;

interface Plan {
  readonly url: string;
  readonly status: number;
  readonly contains?: string | undefined;
  readonly withinMs?: number | undefined;
}

export const http: Gate<Input, Plan> = {
  description: "an https address answers",
  fields,
  needs: {},
  title: ({ url }, environment) => `http ${url.replaceAll("{environment}", environment)}`,
  resolve({ url, status = 200, contains, withinMs }, _every, spot) {
    const filled = spot.fill(["url"], url);
    refuseUnsafe(spot, filled);
    return { url: filled, status, contains, withinMs };
  },
  async run({ url, status, contains, withinMs }, { web }) {
    const answer = await web.get(url, TIMEOUT_MS);
    const found = `${url} answered ${answer.status} in ${answer.ms} ms`;
    if (answer.status !== status) return { passed: false, found: `${found}, not ${status}` };
    if (contains !== undefined && !answer.body.includes(contains)) {
      return { passed: false, found: `${found} without "${contains}"` };
    }
    if (withinMs !== undefined && answer.ms > withinMs) {
      return { passed: false, found: `${found}, later than ${withinMs} ms` };
    }
    return { passed: true, found };
  },
};

function refuseUnsafe(spot: GateSpot, text: string): void {
  const url = URL.parse(text);
  if (url === null) spot.refuse(["url"], "is no address", "write it whole, such as https://api.example.com/health");
  else if (url.protocol !== "https:") {
    spot.refuse(["url"], "is not https: anybody on the way could answer for the service", "write https://");
  } else if (url.username !== "" || url.password !== "") {
    spot.refuseHidden(["url"], "holds a password", "ask an address that needs none");
  }
}
