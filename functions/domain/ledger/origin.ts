/** Who is behind a promotion, in words: what the release claims, and what IAM has verified. */

import { callerInWords } from "../callers.ts";
import { samePerson } from "../people.ts";
import { oneLine } from "../text.ts";
import type { Header } from "./header.ts";

type Origin = Pick<Header, "requestedBy" | "startedBy" | "starter">;

/** What the requester's name is worth: anybody can write it, so it is a claim unless its own bearer started the promotion. */
export function claimInWords({
  requestedBy,
  starter,
}: Omit<Origin, "startedBy">): "verified" | "claimed, not verified" {
  const person = starter?.person ?? null;
  return person !== null && samePerson(person, requestedBy) ? "verified" : "claimed, not verified";
}

/** The identity that started it, and what its name is worth; null: nobody is on record. */
export function starterInWords({ startedBy, starter }: Pick<Origin, "startedBy" | "starter">): string | null {
  return startedBy === null ? null : callerInWords({ arn: startedBy, person: starter?.person ?? null });
}

/** `asked for by sam@example.com (claimed, not verified), started by arn:...` */
export function originInWords(origin: Origin): string {
  const asked = `asked for by ${oneLine(origin.requestedBy)} (${claimInWords(origin)})`;
  const starter = starterInWords(origin);
  return starter === null ? asked : `${asked}, started by ${oneLine(starter)}`;
}
