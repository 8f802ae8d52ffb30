/** The roles of a place: one that the policy names, and its neighbours, of the same name with another end. */

/** What a function may do there: move traffic and publish, read and probe, or delete versions that are not needed. */
export type Access = "write" | "read" | "retire";

const ENDS: Readonly<Record<Access, string>> = { write: "", read: "-read", retire: "-retire" };

/** ARN of the role for this access, from the one that the policy names. */
export const roleFor = (access: Access, roleArn: string) => `${roleArn}${ENDS[access]}`;

/** The access of this name; what is none gets the least. */
export const accessNamed = (name: string | undefined): Access =>
  name === "write" || name === "retire" ? name : "read";

/** Longest name of a role of a policy: IAM's limit, less what its neighbours' names are longer by. */
export const LONGEST_ROLE_NAME = 64 - Math.max(...Object.values(ENDS).map((end) => end.length));
