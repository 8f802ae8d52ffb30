/** Whether the record that is printed is the whole one: what was cut off its end leaves no gap in the chain. */
import { describe, expect, it } from "vitest";
import { printApprovalRecord } from "../../cli/approval-record.ts";
import { fromTable } from "../../cli/look.ts";
import { appendAudit } from "../../functions/domain/ledger/append-audit.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { type Scene, type SceneOptions, scene, sha256 } from "../support/approval-scene.ts";

const ENTRIES = 230;

/** A promotion with more entries than one answer holds. */
async function told(options: SceneOptions = {}): Promise<Scene> {
  const on = await scene(options);
  for (let entry = 1; entry <= ENTRIES; entry++) {
    await appendAudit(on.deps, on.name.promotionId, { id: `e${entry}`, kind: "noted", summary: `entry ${entry}` });
  }
  return on;
}

async function printed({ ledger, name }: Scene): Promise<{ code: number; last: string }> {
  const said: string[] = [];
  const write = (text: string) => void said.push(text);
  const about = { get: fromTable(ledger), promotionId: name.promotionId, zone: "UTC", json: false };
  return { code: await printApprovalRecord({ ...about, hash: sha256, write }), last: said.at(-1) ?? "" };
}

const without = ({ ledger, name: { promotionId } }: Scene, ...sequences: number[]) =>
  ledger.write(sequences.map((sequence) => ({ remove: keys.audit(promotionId, sequence) })));

describe("the trail of a record", () => {
  it("is whole over many answers", async () => {
    expect(await printed(await told())).toEqual({
      code: 0,
      last: expect.stringMatching(new RegExp(`^Trail: ${ENTRIES} entries, whole, head [0-9a-f]{64}\n$`)),
    });
  });

  it("is found where promotions had it before it got a partition of its own", async () => {
    const on = await told();
    const trail = on.ledger.items(({ pk }) => pk.startsWith("AUDIT#"));
    const { pk } = keys.header(on.name.promotionId);
    for (const { sk, pk: own, ...entry } of trail) {
      await on.ledger.write([{ put: { ...entry, pk, sk } }, { remove: { pk: own, sk } }]);
    }
    expect(await printed(on)).toMatchObject({ code: 0, last: expect.stringContaining(`${ENTRIES} entries, whole`) });
  });

  it("is broken where its last entry is gone", async () => {
    const on = await told();
    await without(on, ENTRIES);
    expect(await printed(on)).toEqual({ code: 1, last: `Trail: BROKEN at entry ${ENTRIES}\n` });
  });

  it("is broken where entries of two answers are gone", async () => {
    const on = await told();
    await without(on, 100, 101);
    expect(await printed(on)).toEqual({ code: 1, last: "Trail: BROKEN at entry 100\n" });
  });

  it("is broken where nothing is left of it, once the promotion is closed", async () => {
    const on = await scene({ header: { state: "closed" } });
    expect(await printed(on)).toEqual({ code: 1, last: "Trail: BROKEN at entry 1\n" });
  });
});
