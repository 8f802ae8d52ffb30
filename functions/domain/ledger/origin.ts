/** Who is behind a promotion, in words: what the release claims, and what IAM has verified. */

import { addressIn, samePerson } from "../people.ts";
import { oneLine } from "../text.ts";
import type { Header } from "./header.ts";

type Origin = Pick<Header, "requestedBy" | "startedBy">;

/** What the requester's name is worth: anybody can write it, so it is a claim unless its own bearer started the promotion. */
export function claimInWords({ requestedBy, startedBy }: Origin): "verified" | "claimed, not verified" {
  const starter = startedBy === null ? null : addressIn(startedBy);
  return starter !== null && samePerson(starter, requestedBy) ? "verified" : "claimed, not verified";
}

/** `asked for by sam@example.com (claimed, not verified), started by arn:...` */
export function originInWords(origin: Origin): string {
  const asked = `asked for by ${oneLine(origin.requestedBy)} (${claimInWords(origin)})`;
  return origin.startedBy === null ? asked : `${asked}, started by ${origin.startedBy}`;
}
