/** An execution ended: if its promotion did not, it is looked after at once instead of at the sweeper's next round. */
import * as z from "zod";
import { keys } from "./domain/ledger/keys.ts";
import type { Dependencies } from "./domain/ports.ts";
import { lookAfter } from "./domain/promotion/look-after.ts";
import { step } from "./runtime/step.ts";

const StatusEvent = z.looseObject({ detail: z.looseObject({ executionArn: z.string(), status: z.string() }) });

export const statusListener =
  (deps: Dependencies) =>
  async ({ detail }: z.output<typeof StatusEvent>) => {
    if (detail.status === "RUNNING") return { summary: "" };
    const open = await deps.ledger.list(keys.open("").pk, "PROMOTION#");
    const mine = open.find(({ executionArn }) => executionArn === detail.executionArn);
    const what = mine === undefined ? null : await lookAfter(deps, String(mine.promotionId));
    return { summary: what ?? "" };
  };

export const handler = step("status-listener", StatusEvent, statusListener);
