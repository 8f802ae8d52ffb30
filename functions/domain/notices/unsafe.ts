/** Traffic that is not known to be safe: which targets, and paging whoever is on call for them. */
import { asHead, type Head, type Header, keys, loadPlan, loadTargets, type TargetRecord } from "../ledger/ledger.ts";
import type { Dependencies } from "../ports.ts";
import { movedBySomebody, type Paged, page, UNSAFE } from "./paging.ts";

export interface NotBack {
  /** Moved, and not read back on the baseline yet. */
  readonly open: readonly string[];
  /** Left alone, because somebody else moved them. */
  readonly refused: readonly string[];
}

/** The targets of one environment that are not back, from its records alone. */
export function notBack(head: Pick<Head, "outcome">, targets: readonly TargetRecord[]): NotBack {
  if (head.outcome === "promoted") return { open: [], refused: [] };
  const moved = targets.filter(({ sequence }) => sequence > 0);
  const named = (state: TargetRecord["restored"]) =>
    moved.filter(({ restored }) => restored === state).map(({ target }) => target);
  return { open: named(null), refused: named("refused") };
}

export interface UnsafePage extends Paged {
  readonly environment: string;
  readonly to: readonly string[];
}

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
    const body = `${reason}\n\n${inWords({ open, refused })} With your own credentials: headgate restore ${promotionId}\n`;
    const { pageTo } = await loadPlan(deps.ledger, promotionId, environment);
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
