/** Traffic is not known to be safe: somebody has to look now. */
import type * as z from "zod";
import { NotReady } from "./domain/errors.ts";
import { ErrorInput, PromotionInput, reasonOf } from "./domain/inputs.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import { loadHeader } from "./domain/ledger/load.ts";
import { pageUnsafe } from "./domain/notices/page-unsafe.ts";
import type { Dependencies } from "./domain/ports.ts";
import { step } from "./runtime/step.ts";

const Input = PromotionInput.extend({ error: ErrorInput });

export const pagePeople =
  (deps: Dependencies) =>
  async ({ promotionId, error }: z.output<typeof Input>) => {
    const reason = reasonOf(error) ?? "the restore did not verify";
    const pages = await pageUnsafe(deps, await loadHeader(deps.ledger, promotionId), reason);
    if (pages.some(({ somebody }) => !somebody)) throw new NotReady("nobody could be paged yet");
    for (const { environment, to } of pages) {
      await appendAudit(deps, promotionId, {
        id: `paged-${environment}`,
        kind: "paged",
        environment,
        summary: `${to.join(", ")}: ${reason}`,
      });
    }
    const where = pages.map(({ environment }) => environment).join(", ");
    return {
      summary: where === "" ? "traffic is safe by now: nobody has to be paged" : `people are paged about ${where}`,
    };
  };

export const handler = step("page-people", Input, pagePeople);
