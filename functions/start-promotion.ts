/**
 * Starting a promotion on a signed route: POST /promotions with {"release": ..., "attempt": 1}. The release is checked by
 * the same code as everywhere, and the caller's identity is written down where the machine's first handler looks for it:
 * unlike a start from the console or by a schedule, it is verified who starts, and that person approves nothing of it.
 */
import * as z from "zod";
import { renderProblem } from "./domain/documents/problems.ts";
import { currentPolicy } from "./domain/ledger/policies.ts";
import type { Dependencies } from "./domain/ports.ts";
import { promotionName, releaseHash, resolveUnder } from "./domain/promotion/starts.ts";
import { noteStart } from "./domain/promotion/verify-start.ts";
import type { HttpRequest, HttpResponse } from "./pages/http.ts";
import { json, readBody, refuseRequest } from "./runtime/json-api.ts";
import { httpStep } from "./runtime/step.ts";

/** An execution's input is 256 KiB at most; the release is all of it. */
const LARGEST_BODY = 256 * 1_024;

const Body = z.strictObject({
  release: z.record(z.string(), z.unknown()).describe("the release document, as in a file of events/"),
  attempt: z
    .int()
    .min(1)
    .max(999)
    .default(1)
    .describe("1 for the first start of this version, then one more each time"),
});

type Body = z.output<typeof Body>;

export const startPromotion =
  (deps: Dependencies) =>
  async (request: HttpRequest): Promise<HttpResponse> => {
    const refused = refuseRequest(request, LARGEST_BODY);
    if (refused !== null) return refused;
    const body = readBody(Body, request.body);
    if (!body.ok) return body.answer;
    const { release } = body.value;
    const context = { now: deps.clock.now(), startedBy: request.caller };
    const resolved = resolveUnder(await currentPolicy(deps.ledger), release, context);
    if (resolved.ok) return begin(deps, request, body.value, resolved.warnings.map(inOneText));
    return json(400, { error: "the release is refused", problems: resolved.problems.map(inOneText) });
  };

async function begin(
  deps: Dependencies,
  { caller, sourceIp, userAgent }: HttpRequest,
  { release, attempt }: Body,
  warnings: readonly string[],
): Promise<HttpResponse> {
  const name = promotionName(release, attempt);
  const executionArn = deps.executions.arnOf(name);
  const runs = (await deps.executions.status(executionArn)) !== undefined;
  const by = { startedBy: caller ?? "", sourceIp, userAgent };
  const start = { ...by, executionArn, at: deps.clock.now(), releaseHash: releaseHash(deps.hash, release) };
  if (!runs && !(await noteStart(deps, start))) {
    return json(409, { error: `${name} is being started by somebody else at this moment` });
  }
  if ((await deps.executions.start(name, release)) === "taken") {
    const error = `${name} ran before, or runs with another input: start it again as attempt ${attempt + 1}`;
    return json(409, { error });
  }
  if (runs) return json(200, { executionArn, started: false, warnings });
  return json(201, { executionArn, started: true, startedBy: start.startedBy, warnings });
}

const inOneText = (problem: Parameters<typeof renderProblem>[0]) => renderProblem(problem).join("\n");

export const handler = httpStep("start-promotion", startPromotion);
