import { type ApiAnswer, type Post, refusalOf } from "./signed-post.ts";

/** What an operator can say to a running promotion. */
export const VERBS = ["hold", "resume", "roll-back", "abort", "skip-bake", "promote-now", "release-hold"] as const;
export type Verb = (typeof VERBS)[number];

export interface OperateOptions {
  readonly verb: Verb;
  readonly promotionId: string;
  readonly reason: string;
  /** For `release-hold`, the environment in which the version may come again. */
  readonly environment?: string | undefined;
  readonly post: Post;
  /** Takes text with its line ends, as `process.stdout.write` does. */
  readonly write: (text: string) => void;
}

/**
 * Says a verb through the API, as whoever the credentials belong to, and prints what it did. Returns the exit code: 0 done
 * or taken up, 2 badly asked, 4 too late or no such promotion, 5 traffic was left alone, or is not known to be back.
 */
export async function operate(options: OperateOptions): Promise<0 | 2 | 4 | 5> {
  const { verb, promotionId, reason, environment, post, write } = options;
  const where = environment === undefined ? {} : { environment };
  const answer = await post(`/promotions/${encodeURIComponent(promotionId)}/signals`, { verb, reason, ...where });
  for (const line of answer.body.did === undefined ? refusalOf(answer) : [String(answer.body.did)]) write(`${line}\n`);
  return exitCodeOf(answer);
}

function exitCodeOf({ status, body }: ApiAnswer): 0 | 2 | 4 | 5 {
  if (status === 400) return 2;
  if (status !== 200 && status !== 202) return 4;
  return body.state === "failed" || body.state === "refused" ? 5 : 0;
}
