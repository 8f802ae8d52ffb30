import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ServiceTrouble } from "../../../functions/domain/errors.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { promotionName, releaseHash, type StartRecord } from "../../../functions/domain/promotion/starts.ts";
import { noteStart, verifiedStarter } from "../../../functions/domain/promotion/verify-start.ts";
import { sha256 } from "../../support/approval-scene.ts";
import { MemoryLedger } from "../../support/memory-ledger.ts";

const ARN = "arn:aws:states:af-south-1:111122223333:execution:headgate-promotion:shop-v1-1";
const SAM = "arn:aws:iam::111122223333:user/sam";
const KIM = "arn:aws:iam::111122223333:user/kim";
const AT = Date.UTC(2026, 0, 12, 9);
const MINUTE = 60_000;
const RELEASE = { service: "shop", version: "v1" };

const start = (change: Partial<StartRecord> = {}): StartRecord => ({
  executionArn: ARN,
  startedBy: SAM,
  at: AT,
  releaseHash: releaseHash(sha256, RELEASE),
  sourceIp: "198.51.100.7",
  userAgent: "a test",
  ...change,
});

describe("the name of a promotion's execution", () => {
  it("is made of service, version and attempt, and of a digest of the three", () => {
    expect(promotionName(sha256, RELEASE, 1)).toMatch(/^shop-v1-1-[0-9a-f]{10}$/);
    expect(promotionName(sha256, RELEASE, 1)).toBe(promotionName(sha256, { ...RELEASE, risk: "high" }, 1));
  });

  it.each([
    ["the dash is in the service or in the version", ["shop-a", "b", 1], ["shop", "a-b", 1]],
    ["the dash is in the version or before the attempt", ["shop", "v1-2", 1], ["shop", "v1", 2]],
    ["versions differ in a character that an execution's name cannot have", ["shop", "v1+a", 1], ["shop", "v1.a", 1]],
    [
      "versions differ beyond the longest name",
      ["s".repeat(63), `${"v".repeat(40)}1`, 1],
      ["s".repeat(63), `${"v".repeat(40)}2`, 1],
    ],
  ] as const)(
    "is another where %s",
    (_what, [service, version, attempt], [otherService, otherVersion, otherAttempt]) => {
      const name = promotionName(sha256, { service, version }, attempt);
      expect(promotionName(sha256, { service: otherService, version: otherVersion }, otherAttempt)).not.toBe(name);
    },
  );

  it("is one for one release and attempt alone, whatever a release may be called, in 80 characters at most", () => {
    const service = fc.stringMatching(/^[a-c][a-b-]{0,62}$/);
    const version = fc.stringMatching(/^[a-b][ab1_.+-]{0,63}$/);
    const start = fc.tuple(service, version, fc.integer({ min: 1, max: 12 }));
    const owners = new Map<string, string>();
    fc.assert(
      fc.property(start, ([service, version, attempt]) => {
        const name = promotionName(sha256, { service, version }, attempt);
        const owner = JSON.stringify([service, version, attempt]);
        expect(name).toMatch(/^[0-9A-Za-z_-]{1,80}$/);
        expect(owners.get(name) ?? owner).toBe(owner);
        owners.set(name, owner);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([null, undefined, "text", 7, {}])("is one even for what is no release: %j", (release) => {
    expect(promotionName(sha256, release, 3)).toMatch(/^--3-[0-9a-f]{10}$/);
  });
});

describe("noting who starts", () => {
  const noted = async (...starts: readonly StartRecord[]) => {
    const ledger = new MemoryLedger();
    const answers: boolean[] = [];
    for (const one of starts) answers.push(await noteStart({ ledger }, one));
    return { answers, startedBy: (await ledger.read(keys.start(ARN)))?.startedBy };
  };

  it("keeps the identity under the execution's ARN", async () => {
    expect(await noted(start())).toEqual({ answers: [true], startedBy: SAM });
  });

  it("lets the same identity try the same release again at once, and no other release or identity", async () => {
    const otherRelease = start({ at: AT + 1, releaseHash: releaseHash(sha256, { ...RELEASE, risk: "high" }) });
    expect((await noted(start(), start({ at: AT + 1 }))).answers).toEqual([true, true]);
    expect((await noted(start(), otherRelease)).answers).toEqual([true, false]);
    expect(await noted(start(), start({ at: AT + MINUTE, startedBy: KIM }))).toEqual({
      answers: [true, false],
      startedBy: SAM,
    });
  });

  it("lets others take the place of a start that is surely over", async () => {
    expect(await noted(start(), start({ at: AT + MINUTE + 1, startedBy: KIM }))).toEqual({
      answers: [true, true],
      startedBy: KIM,
    });
  });

  it.each([
    ["where nobody was", [], start()],
    ["where an old one was", [start({ at: AT - 5 * MINUTE })], start()],
  ])("of two at the same instant takes one: %s", async (_what, before, mine) => {
    const ledger = new MemoryLedger();
    for (const one of before) await noteStart({ ledger }, one);
    ledger.before = async (operation) => {
      if (operation !== "write START") return;
      ledger.before = async () => {};
      expect(await noteStart({ ledger }, start({ startedBy: KIM }))).toBe(true);
    };
    expect(await noteStart({ ledger }, mine)).toBe(false);
    expect((await ledger.read(keys.start(ARN)))?.startedBy).toBe(KIM);
  });

  it("does not take trouble with the ledger for somebody else", async () => {
    const ledger = new MemoryLedger(async (operation) => {
      if (operation === "write START") throw new ServiceTrouble("DynamoDB throttled");
    });
    await expect(noteStart({ ledger }, start())).rejects.toThrow("DynamoDB throttled");
  });
});

describe("who started an execution", () => {
  async function starter(change: { at?: number; release?: unknown; executionArn?: string }) {
    const ledger = new MemoryLedger();
    await noteStart({ ledger }, start());
    const warned: unknown[] = [];
    const log = { info: () => {}, warn: (_message: string, about?: object) => void warned.push(about) };
    const { at = AT, release = RELEASE, executionArn = ARN } = change;
    const startedAt = new Date(at).toISOString();
    const found =
      (await verifiedStarter({ ledger, hash: sha256, log }, { executionArn, startedAt, release }))?.startedBy ?? null;
    return { found, warned };
  }

  it.each([AT, AT + 300, AT - 5 * MINUTE, AT + 5 * MINUTE])(
    "is on record for one that began about then: %d",
    async (at) => {
      expect(await starter({ at })).toEqual({ found: SAM, warned: [] });
    },
  );

  it.each([
    ["began long before", { at: AT - 5 * MINUTE - 1 }],
    ["began long after", { at: AT + 5 * MINUTE + 1 }],
    ["has another input", { release: { ...RELEASE, risk: "high" } }],
  ])("is nobody for one that %s, which is logged", async (_what, change) => {
    const { found, warned } = await starter(change);
    expect(found).toBeNull();
    expect(warned).toMatchObject([{ executionArn: ARN, start: { startedBy: SAM } }]);
  });

  it("is nobody where no start is on record, and nothing is wrong with that", async () => {
    expect(await starter({ executionArn: `${ARN}-2` })).toEqual({ found: null, warned: [] });
  });

  it("does not depend on how the input's members are ordered", async () => {
    expect((await starter({ release: { version: "v1", service: "shop" } })).found).toBe(SAM);
  });
});
