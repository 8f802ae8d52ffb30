/** Pages whoever is on call for traffic that is not known to be safe. */
import { claimed } from "../claims.ts";
import type { Header } from "../ledger/header.ts";
import { asHead } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadPlanAsStored, loadTargets } from "../ledger/load.ts";
import type { Dependencies } from "../ports.ts";
import { movedBySomebody, UNSAFE } from "./notice.ts";
import { page } from "./pager.ts";
import { type NotBack, notBack, type UnsafePage } from "./unsafe.ts";

/** Pages for each environment whose traffic is not known to be safe, once per fact; empty: there is none. */
export async function pageUnsafe(deps: Dependencies, header: Header, reason: string): Promise<UnsafePage[]> {
  const { promotionId, service, version, environments } = header;
  const pages: UnsafePage[] = [];
  for (const environment of environments) {
    const head = await deps.ledger.read(keys.head(promotionId, environment));
    if (head === undefined) continue;
    const { open, refused } = notBack(asHead(head), await loadTargets(deps.ledger, promotionId, environment));
    const about = [...refused.map(movedBySomebody), ...(open.length === 0 ? [] : [UNSAFE])];
    if (about.length === 0) continue;
    const subject = `PAGE: ${service} ${version}: traffic in ${environment} is not known to be safe`;
    const body = `${claimed(reason)}\n\n${inWords({ open, refused })} With your own credentials: headgate restore ${promotionId}\n`;
    const { pageTo } = await loadPlanAsStored(deps.ledger, promotionId, environment);
    const paged = await page(deps, promotionId, { environment, about }, { subject, body }, pageTo);
    pages.push({ environment, to: pageTo, ...paged });
  }
  return pages;
}

/** A promise to keep trying would be a lie about a target that a person has to decide on. */
function inWords({ open, refused }: NotBack): string {
  const alone = `Somebody else moved ${refused.join(", ")}: Headgate leaves that as it is.`;
  const trying = `Headgate keeps trying: ${open.join(", ")}.`;
  return [...(refused.length === 0 ? [] : [alone]), ...(open.length === 0 ? [] : [trying])].join(" ");
}
