/** Taking a person out of deciding at once, and letting them in again. */
import { type Post, refusalOf } from "./signed-api.ts";

/** Asks for it through the API and prints what it did. Returns the exit code: 0 done, 2 badly asked, 4 refused. */
export async function sayOf(options: {
  readonly verb: "revoke" | "reinstate";
  readonly address: string;
  readonly reason: string;
  readonly post: Post;
  /** Takes text with its line ends, as `process.stdout.write` does. */
  readonly write: (text: string) => void;
}): Promise<0 | 2 | 4> {
  const { verb, address, reason, post, write } = options;
  const answer = await post(`/people/${verb}`, { address, reason });
  for (const line of answer.body.did === undefined ? refusalOf(answer) : [String(answer.body.did)]) write(`${line}\n`);
  if (answer.status === 200) return 0;
  return answer.status === 400 ? 2 : 4;
}
