import { type ApiAnswer, type Post, refusalOf } from "./signed-api.ts";

/** Which approval, in which role. */
interface Seat {
  readonly promotionId: string;
  readonly environment: string;
  readonly approval: string;
  readonly role: string;
  readonly post: Post;
  /** Takes text with its line ends, as `process.stdout.write` does. */
  readonly write: (text: string) => void;
}

export interface DecideOptions extends Seat {
  readonly decision: "approved" | "rejected";
  readonly version: string;
  readonly comment: string;
  /** Points of the checklist that are ticked already. */
  readonly checked: readonly string[];
  /** Whose decision it is, where the credentials do not say. */
  readonly as?: string | undefined;
  /** Asks a person; null where nobody sits at the terminal. */
  readonly confirm: ((question: string) => Promise<boolean>) | null;
}

const UNTICKED = "not ticked: ";

/**
 * Approves or rejects through the API, as whoever the credentials belong to. To approve, points of the checklist that are
 * not ticked yet are asked one by one; a rejection needs none of them. Returns the exit code: 0 decided, 2 something is missing, 4 refused or too late.
 */
export async function decide(options: DecideOptions): Promise<0 | 2 | 4> {
  const { decision, role, version, comment, as } = options;
  const send = async (checklist: readonly string[]): Promise<ApiAnswer> =>
    options.post(pathOf(options), {
      action: "decide",
      role,
      decision,
      version,
      comment,
      checklist,
      ...(as === undefined ? {} : { as }),
    });
  const first = await send(options.checked);
  const missing = missingIn(first);
  const unticked = missing.flatMap((one) => (one.startsWith(UNTICKED) ? [one.slice(UNTICKED.length)] : []));
  // Nobody is asked point by point for an answer that would be refused all the same.
  if (unticked.length < missing.length || unticked.length === 0 || options.confirm === null) return say(options, first);
  for (const item of unticked) {
    if (await options.confirm(item)) continue;
    options.write(`Nothing is decided: "${item}" is not confirmed.\n`);
    return 2;
  }
  return say(options, await send([...options.checked, ...unticked]));
}

/** Has an approver's link sent again. Exit codes as for `decide`. */
export async function resend(options: Seat & { readonly address: string }): Promise<0 | 2 | 4> {
  const { role, address } = options;
  return say(options, await options.post(pathOf(options), { action: "resend", role, address }));
}

/** Gives an approver's seat to another person of the role. Exit codes as for `decide`. */
export async function replace(options: Seat & { readonly address: string; readonly by: string }): Promise<0 | 2 | 4> {
  const { role, address, by } = options;
  return say(options, await options.post(pathOf(options), { action: "replace", role, address, by }));
}

function pathOf({ promotionId, environment, approval }: Seat): string {
  const [promotion, where, which] = [promotionId, environment, approval].map(encodeURIComponent);
  return `/promotions/${promotion}/environments/${where}/approvals/${which}`;
}

function missingIn({ body }: ApiAnswer): string[] {
  return Array.isArray(body.missing) ? body.missing.map(String) : [];
}

function say({ write }: Seat, answer: ApiAnswer): 0 | 2 | 4 {
  const { status, body } = answer;
  if (status === 200) {
    write(`${doneInWords(body)}\n`);
    return 0;
  }
  for (const line of refusalOf(answer)) write(`${line}\n`);
  return status === 400 ? 2 : 4;
}

function doneInWords(body: ApiAnswer["body"]): string {
  if (body.decision === undefined) {
    return body.reach === "confirmed"
      ? `The link went to ${String(body.address)}.`
      : `The link was sent, but no mail arrives: ${String(body.address)} ${UNREACHED[String(body.reach)] ?? `is ${String(body.reach)}`}.`;
  }
  const now = body.state === "waiting" ? "others are still asked" : `the approval is ${String(body.state)}`;
  return `${body.decision === "approved" ? "Approved" : "Rejected"}; ${now}.`;
}

const UNREACHED: Readonly<Record<string, string>> = {
  unconfirmed: "has not confirmed the subscription (in SES's sandbox, the address)",
  absent: "is not subscribed; deploy the policy that names them",
  suppressed: "is on the mail service's suppression list, after mail that bounced or was called spam",
};
