/** The routes of the API, whose they are, and how much of each is taken. */

/** The policies that are made for people; each lets them sign some of the routes. */
export type PeoplesPolicy = "reader" | "approver" | "operator";

export interface Route {
  readonly method: "GET" | "HEAD" | "POST";
  readonly path: string;
  /** The function that answers. */
  readonly handler: string;
  /** For whoever has the link, instead of for IAM identities. */
  readonly open: boolean;
  /** The policy that lets people in; null where whoever has the link comes in. */
  readonly policy: PeoplesPolicy | null;
  /** Requests a second in the long run, and how many at once. */
  readonly rate: number;
  readonly burst: number;
}

const PAGE = { path: "/approvals/{link}", handler: "approval-page", open: true, policy: null } as const;
const PROMOTION = "/promotions/{promotionId}";
/** What is signed is an operator's, unless it says whose else. */
const SIGNED = { open: false, policy: "operator" } as const;
const READING = { ...SIGNED, policy: "reader", method: "GET", handler: "show-promotion" } as const;

/**
 * Each route has a limit of its own, so that a flood on one leaves the others theirs: whoever has found the address of the
 * public page keeps nobody from rolling back. People click, and mail scanners follow each link a few times; a command that
 * follows a way back looks every two seconds, and scripts start many promotions at once.
 *
 * The limits are the dam before Lambda, too: 35 requests a second on the open routes, a second each, are 35 executions at
 * once, of the 1,000 that an account has at first. Reserved concurrency would not add to that: it takes from the account's
 * pool, which must keep 100, so that a new account could not deploy it; and what it holds free for the signed routes, the
 * machines' functions would lack.
 */
export const ROUTES: readonly Route[] = [
  { ...PAGE, method: "GET", rate: 20, burst: 40 },
  { ...PAGE, method: "HEAD", rate: 5, burst: 10 },
  { ...PAGE, method: "POST", rate: 10, burst: 20 },
  { ...SIGNED, method: "POST", path: "/promotions", handler: "start-promotion", rate: 10, burst: 20 },
  { ...READING, path: "/promotions", rate: 10, burst: 20 },
  { ...READING, path: PROMOTION, rate: 20, burst: 40 },
  {
    ...SIGNED,
    policy: "approver",
    method: "POST",
    path: `${PROMOTION}/environments/{environment}/approvals/{approval}`,
    handler: "decide",
    rate: 10,
    burst: 20,
  },
  { ...SIGNED, method: "POST", path: "/links/rotate", handler: "rotate-links", rate: 1, burst: 5 },
  { ...SIGNED, method: "POST", path: "/people/revoke", handler: "revoke", rate: 5, burst: 10 },
  { ...SIGNED, method: "POST", path: "/people/reinstate", handler: "revoke", rate: 5, burst: 10 },
  { ...SIGNED, method: "GET", path: `${PROMOTION}/signals`, handler: "operate", rate: 20, burst: 40 },
  { ...SIGNED, method: "POST", path: `${PROMOTION}/signals`, handler: "operate", rate: 20, burst: 40 },
];
