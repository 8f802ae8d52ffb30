import { describe, expect, it } from "vitest";
import { rotateLinks } from "../../../functions/domain/approval/rotate-links.ts";
import { ServiceTrouble } from "../../../functions/domain/errors.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { MemoryLedger } from "../../support/memory-ledger.ts";

const rotation = (request: string) => ({
  by: "arn:aws:iam::111122223333:role/operator",
  reason: "a lost laptop",
  request,
});
const world = () => ({ ledger: new MemoryLedger(), clock: new ManualClock(1_000) });

describe("ending every link that is out", () => {
  it("raises the epoch, once for a request", async () => {
    const deps = world();
    const first = await rotateLinks(deps, rotation("one"));
    deps.clock.advance(5_000);
    expect(await rotateLinks(deps, rotation("one"))).toMatchObject(first);
    expect((await rotateLinks(deps, rotation("two"))).epoch).toBe(first.epoch + 1);
  });

  it("takes the other one's word where two ask at the same moment", async () => {
    const deps = world();
    deps.ledger.before = async (operation) => {
      if (!operation.startsWith("write")) return;
      deps.ledger.before = async () => {};
      await rotateLinks(deps, rotation("theirs"));
    };
    const found = await rotateLinks(deps, rotation("ours"));
    expect(found).toMatchObject({ request: "theirs" });
    expect((await rotateLinks(deps, rotation("next"))).epoch).toBe(found.epoch + 1);
  });

  it("hides no trouble of the ledger's", async () => {
    const deps = world();
    deps.ledger.before = async (operation) => {
      if (operation.startsWith("write")) throw new ServiceTrouble("the table does not answer");
    };
    await expect(rotateLinks(deps, rotation("one"))).rejects.toThrow("the table does not answer");
  });
});
