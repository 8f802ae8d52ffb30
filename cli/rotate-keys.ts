/** Ending every approver's link that is out. */
import { randomUUID } from "node:crypto";
import { type Post, refusalOf } from "./signed-api.ts";

/** Asks for it through the API and prints what it did. Returns the exit code: 0 done, 2 badly asked, 4 refused. */
export async function rotateKeys(options: {
  readonly reason: string;
  readonly post: Post;
  readonly write: (text: string) => void;
}): Promise<0 | 2 | 4> {
  const { reason, post, write } = options;
  // However often it has to be sent, it counts once.
  const answer = await post("/links/rotate", { reason, request: randomUUID() });
  for (const line of answer.body.did === undefined ? refusalOf(answer) : [String(answer.body.did)]) write(`${line}\n`);
  if (answer.status === 200) return 0;
  return answer.status === 400 ? 2 : 4;
}
