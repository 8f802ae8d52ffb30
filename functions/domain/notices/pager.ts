/** Pages people: wakes them about a fact, once. */
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { must } from "../ledger/load.ts";
import { type Channel, Conflict, type Dependencies, type Item, type Key } from "../ports.ts";
import { mailed } from "./mailed.ts";
import type { Paged, PageWording } from "./notice.ts";

type Tools = Pick<Dependencies, "ledger" | "log" | "clock"> & { readonly mailer: Channel };

/** One fact that people are paged of. */
interface Page extends PageWording {
  readonly environment: string;
  readonly about: string;
  readonly to: readonly string[];
  readonly told: readonly string[];
  /** Until then (epoch ms) whoever claimed it is at it. */
  readonly claimedUntil: number;
  readonly at: number;
}

/** How long whoever claimed a page may take to send it, in ms, before it is taken for dead. */
const CLAIM_MS = 2 * 60_000;

const UNCLAIMED = 0;

// Written here alone, by typed puts; reading them back is a change of view.
const asPage = (found: Item) => found as unknown as Page & Key;

const isTold = ({ to, told }: Page) => to.every((address) => told.includes(address));

/**
 * Pages people of facts of one environment (`moved-order`, `unsafe`) by one mail, unless they were paged of each of them
 * before. Never throws for the mailer's trouble; the page is kept and sent later.
 */
export async function page(
  deps: Tools,
  promotionId: string,
  { environment, about }: { readonly environment: string; readonly about: readonly string[] },
  wording: PageWording,
  to: readonly string[],
): Promise<Paged> {
  if (to.length === 0) return { everybody: true, somebody: true };
  const claimed: Page[] = [];
  const before: Page[] = [];
  for (const fact of about) {
    const fresh: Page = {
      ...wording,
      environment,
      about: fact,
      to,
      told: [],
      claimedUntil: UNCLAIMED,
      at: deps.clock.now(),
    };
    const claim = await claimOrFind(deps, promotionId, fresh);
    (claim.isOurs ? claimed : before).push(claim.page);
  }
  return summarise([...before, ...(await sendAll(deps, promotionId, claimed))]);
}

/**
 * Sends what was claimed and never sent, of all environments of a promotion. Returns whether everybody has every page by
 * now; of an `ended` promotion nothing is asked any more.
 */
export async function sendPending(deps: Tools, promotionId: string, life: "running" | "ended"): Promise<boolean> {
  const { pk, sk } = keys.pages(promotionId);
  const pages = (await deps.ledger.list(pk, sk)).map(asPage);
  const pending = pages.filter((found) => !isTold(found) && !(life === "ended" && found.asks === true));
  const claimed: Page[] = [];
  for (const found of pending) {
    const ours = await takeOver(deps, promotionId, found);
    if (ours !== null) claimed.push(ours);
  }
  const sent = await sendAll(deps, promotionId, claimed);
  return claimed.length === pending.length && summarise(sent).everybody;
}

function summarise(pages: readonly Page[]): Paged {
  return { everybody: pages.every(isTold), somebody: pages.every(({ told }) => told.length > 0) };
}

const keyOf = (promotionId: string, { environment, about }: Page): Key => keys.page(promotionId, environment, about);

interface Claim {
  readonly page: Page;
  /** Nobody else sends it: it is ours to send. */
  readonly isOurs: boolean;
}

async function claimOrFind(deps: Tools, promotionId: string, fresh: Page): Promise<Claim> {
  const key = keyOf(promotionId, fresh);
  const ours = { ...fresh, claimedUntil: deps.clock.now() + CLAIM_MS };
  try {
    await deps.ledger.write([{ put: item(key, ours), if: "absent" }]);
    return { page: ours, isOurs: true };
  } catch (error) {
    if (error instanceof Conflict) return findAgain(deps, promotionId, key);
    // A ledger that does not answer keeps nobody from being told: in doubt twice rather than never.
    deps.log.warn("a page could not be claimed", { about: fresh.about, error: String(error) });
    return { page: fresh, isOurs: true };
  }
}

async function findAgain(deps: Tools, promotionId: string, key: Key): Promise<Claim> {
  const found = asPage(await must(deps.ledger, key));
  const ours = isTold(found) ? null : await takeOver(deps, promotionId, found);
  return ours === null ? { page: found, isOurs: false } : { page: ours, isOurs: true };
}

/** Claims a page that another call has claimed and not sent. Null: it is still at it, or a third one is faster. */
async function takeOver(deps: Tools, promotionId: string, found: Page): Promise<Page | null> {
  const now = deps.clock.now();
  if (now < found.claimedUntil) return null;
  const ours = { ...found, claimedUntil: now + CLAIM_MS };
  try {
    await deps.ledger.write([{ put: item(keyOf(promotionId, found), ours), if: { claimedUntil: found.claimedUntil } }]);
    return ours;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    return null;
  }
}

/** Pages with the same words go out as one mail; each is noted as sent to whom it went. */
async function sendAll(deps: Tools, promotionId: string, claimed: readonly Page[]): Promise<Page[]> {
  const sent: Page[] = [];
  for (const alike of Map.groupBy(claimed, ({ subject, body }) => `${subject}\n${body}`).values()) {
    const told = await wake(deps, alike);
    for (const page of alike) sent.push(await note(deps, promotionId, page, told));
  }
  return sent;
}

/** Returns who has the mail by now. */
async function wake(deps: Tools, alike: readonly Page[]): Promise<string[]> {
  const told: string[] = [];
  const [first] = alike;
  if (first === undefined) return told;
  const { subject, body, about } = first;
  for (const to of new Set(alike.flatMap((page) => page.to))) {
    try {
      if (!alike.every((page) => page.told.includes(to)))
        await deps.mailer.send({ to, ...mailed({ subject, body }, to) });
      told.push(to);
    } catch (error) {
      deps.log.warn("a page could not be sent", { about, error: String(error) });
    }
  }
  return told;
}

/** Notes who was told, and gives the claim back, so that the others are tried again at once. */
async function note(deps: Tools, promotionId: string, page: Page, told: readonly string[]): Promise<Page> {
  const noted: Page = { ...page, told, claimedUntil: UNCLAIMED };
  const condition = page.claimedUntil === UNCLAIMED ? "absent" : { claimedUntil: page.claimedUntil };
  try {
    await deps.ledger.write([{ put: item(keyOf(promotionId, page), noted), if: condition }]);
  } catch (error) {
    // It went out; at worst it goes out again.
    deps.log.warn("a page could not be noted as sent", { about: page.about, error: String(error) });
  }
  return noted;
}
