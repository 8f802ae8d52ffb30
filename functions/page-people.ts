/** Traffic is not known to be safe: somebody has to look now. */
import type * as z from "zod";
import { appendAudit } from "./domain/audit.ts";
import { ErrorInput, PromotionInput, reasonOf } from "./domain/inputs.ts";
import { loadHeader, loadPlan, loadTargets } from "./domain/ledger.ts";
import { page } from "./domain/notices.ts";
import type { Dependencies } from "./domain/ports.ts";
import { step } from "./runtime/step.ts";

const Input = PromotionInput.extend({ error: ErrorInput });

export const pagePeople =
  (deps: Dependencies) =>
  async ({ promotionId, error }: z.output<typeof Input>) => {
    const { service, version, environments } = await loadHeader(deps.ledger, promotionId);
    const addresses = new Set<string>();
    const refused: string[] = [];
    for (const environment of environments) {
      for (const to of (await loadPlan(deps.ledger, promotionId, environment)).pageTo) addresses.add(to);
      const targets = await loadTargets(deps.ledger, promotionId, environment);
      refused.push(...targets.filter(({ restored }) => restored === "refused").map(({ target }) => target));
    }
    const reason = reasonOf(error) ?? "the restore did not verify";
    const subject = `PAGE: ${service} ${version}: traffic is not known to be safe`;
    // A promise to keep trying would be a lie about a target that a person has to decide on.
    const next =
      refused.length === 0
        ? "Headgate keeps trying."
        : `Somebody else moved ${refused.join(", ")}: Headgate leaves that as it is.`;
    const body = `${reason}\n\n${next} With your own credentials: headgate restore ${promotionId}\n`;
    await page(deps, promotionId, { name: "unsafe", subject, body }, [...addresses]);
    await appendAudit(deps, promotionId, {
      id: "paged-unsafe",
      kind: "paged",
      summary: `${[...addresses].join(", ")}: ${reason}`,
    });
    return { summary: `paged ${addresses.size}` };
  };

export const handler = step("page-people", Input, pagePeople);
