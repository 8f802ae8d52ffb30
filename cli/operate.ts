/** What an operator says to a running promotion, and following what comes of it. */
import { randomUUID } from "node:crypto";
import type { Clock } from "../functions/domain/ports.ts";
import { type Api, type ApiAnswer, type Get, refusalOf } from "./signed-api.ts";

/** What an operator can say to a running promotion. */
export const VERBS = ["hold", "resume", "roll-back", "abort", "skip-bake", "promote-now", "release-hold"] as const;
export type Verb = (typeof VERBS)[number];

export interface OperateOptions {
  readonly verb: Verb;
  readonly promotionId: string;
  readonly reason: string;
  /** For `release-hold`, the environment in which the version may come again. */
  readonly environment?: string | undefined;
  readonly api: Api;
  readonly clock: Clock;
  /** Takes text with its line ends, as `process.stdout.write` does. */
  readonly write: (text: string) => void;
}

/**
 * Says a verb through the API, as whoever the credentials belong to, and prints what it did; where traffic goes back, it
 * prints how far that is until it is done. Returns the exit code: 0 done or taken up, 2 badly asked, 4 too late or no such
 * promotion, 5 traffic was left alone, or is not known to be back.
 */
export async function operate(options: OperateOptions): Promise<0 | 2 | 4 | 5> {
  const { verb, promotionId, reason, environment, api, write } = options;
  const where = environment === undefined ? {} : { environment };
  const path = `/promotions/${encodeURIComponent(promotionId)}/signals`;
  // However often it has to be sent, it counts once.
  const answer = await api.post(path, { verb, reason, request: randomUUID(), ...where });
  for (const line of answer.body.did === undefined ? refusalOf(answer) : [String(answer.body.did)]) write(`${line}\n`);
  return answer.body.state === "rolling back" ? follow(options, path) : exitCodeOf(answer);
}

function exitCodeOf({ status, body }: ApiAnswer): 0 | 2 | 4 | 5 {
  if (status === 400) return 2;
  if (status !== 200 && status !== 202) return 4;
  return body.state === "failed" || body.state === "refused" ? 5 : 0;
}

/** How often a way back is looked at, and for how long: as long as one restore may run. Ms. */
const LOOK_EVERY_MS = 2_000;
const FOLLOW_FOR_MS = 15 * 60_000;

/** Prints how far traffic is back, each time that it has changed. 0: all of it was read back; 5: not, or not known to be. */
async function follow({ promotionId, api, clock, write }: OperateOptions, path: string): Promise<0 | 5> {
  const until = clock.now() + FOLLOW_FOR_MS;
  for (let said = ""; clock.now() < until; ) {
    await clock.sleep(LOOK_EVERY_MS);
    const { status, body } = await look(api.get, path);
    if (status >= 400 && status < 500) {
      write(`It cannot be followed: ${refusalOf({ status, body }).join("; ")}\n`);
      break;
    }
    const did = status === 200 ? String(body.did) : said;
    if (did !== said) write(`${did}\n`);
    said = did;
    if (body.state === "verified" || body.state === "nothing") return 0;
    if (body.state === "refused") return 5;
  }
  write(
    `Traffic is not known to be back. See headgate status ${promotionId}; headgate restore brings it back by hand.\n`,
  );
  return 5;
}

/** An API that does not answer is asked again; what it is asked about goes on without it. */
async function look(get: Get, path: string): Promise<ApiAnswer> {
  try {
    return await get(path);
  } catch {
    return { status: 503, body: {} };
  }
}
