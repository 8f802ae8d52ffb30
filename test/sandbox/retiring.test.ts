/** Previous versions on the deployed schedule: kept for as long as the policy says, then deleted in the simulated Lambda. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { faultPlanOf, worldPlanOf } from "../../sandbox/faults/plans.ts";
import { itemsOf } from "../../sandbox/faults/table-dump.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const HOUR_MS = 3_600_000;

interface Seen {
  readonly when: string;
  readonly versions: readonly string[];
}

/** Promotes v2, then v3, then lives on; looks at the function's versions after each. */
async function promoteTwice(retirePrevious: boolean): Promise<{ seen: Seen[]; sandbox: Sandbox; trail: string[] }> {
  const document = JSON.parse(readFileSync("test/faults/plans/queued.json", "utf8"));
  Object.assign(document.policy.services.shop, { retirePrevious, keepPreviousFor: "2h" });
  const plan = faultPlanOf("retiring", document);
  const { scenario, policy } = plan;
  const sandbox = new Sandbox({ scenario, policy, plan: worldPlanOf(plan), sweepEveryMs: 60_000 });
  const seen: Seen[] = [];
  const look = (when: string) => {
    const [fn] = sandbox.lambda.functions();
    seen.push({ when, versions: [...(fn?.versions.keys() ?? [])] });
  };
  await sandbox.live(async () => {
    for (const [index, { release }] of plan.starts.entries()) {
      sandbox.start(release, `p${index}`);
      await sandbox.executions.closed(sandbox.arnOf(`p${index}`)).wait();
    }
    look("promoted");
    await sandbox.clock.sleep(1.5 * HOUR_MS);
    look("kept");
    await sandbox.clock.sleep(2 * HOUR_MS);
    look("later");
  });
  const ids = itemsOf(sandbox, "PROMOTION#", "HEADER").map(({ promotionId }) => String(promotionId));
  const trail = await sandbox.inspect(async () => {
    const all = [];
    for (const id of ids) all.push(...(await loadAudit(sandbox.ledger, id)));
    return all.filter(({ kind }) => kind === "retired" || kind === "kept").map(({ summary }) => summary);
  });
  return { seen, sandbox, trail: trail.toSorted() };
}

describe("where the policy says so", () => {
  let result: Awaited<ReturnType<typeof promoteTwice>>;
  beforeAll(async () => {
    result = await promoteTwice(true);
  }, 60_000);

  it("the version that v3 replaced is deleted after its two hours, and the one that nobody of ours published stays", () => {
    expect(result.seen).toEqual([
      { when: "promoted", versions: ["6", "7", "8", "9"] },
      { when: "kept", versions: ["6", "7", "8", "9"] },
      { when: "later", versions: ["6", "7", "9"] },
    ]);
  });

  it("the trail says what became of both", () => {
    expect(result.trail).toEqual([
      "order: version 7 stays: Headgate did not publish it",
      "order: version 8 is deleted: nobody points to it any more; not looked at: who calls it by a role of its own, such as a state machine or a schedule",
    ]);
  });

  it("the registry knows which version was superseded", () => {
    const versions = itemsOf(result.sandbox, "DEPLOYMENT#prod#shop", "VERSION#");
    expect(versions.map(({ version, status }) => [version, status])).toEqual([
      ["v2", "superseded"],
      ["v3", "active"],
    ]);
  });
});

it("where it does not, every version stays", { timeout: 60_000 }, async () => {
  const { seen, trail } = await promoteTwice(false);
  expect(seen.at(-1)?.versions).toEqual(["6", "7", "8", "9"]);
  expect(trail).toEqual([]);
});
