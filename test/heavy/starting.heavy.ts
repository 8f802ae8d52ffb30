/** The start route, the machine and the ledger together: who is on record once a real execution has opened. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { asHeader } from "../../functions/domain/ledger/header.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import { readScenario } from "../../sandbox/world/scenario.ts";

const json = (file: string) => JSON.parse(readFileSync(file, "utf8"));
const POLICY = json("infra/policies/bbws.json");
const RELEASE = { ...json("events/bbws-v2025.12.25.1.json"), environments: ["sit"] };
const SAM = "arn:aws:sts::111122223333:assumed-role/Release/sam";
const PATIENCE_MS = 60_000;

function world(change: object = {}): Sandbox {
  const scenario = readScenario({ ...json("test/scenarios/healthy.json"), ...change });
  const resolution = resolvePlan(POLICY, RELEASE, { now: scenario.startsAt });
  if (!resolution.ok) throw new Error("the example is refused");
  return new Sandbox({ scenario, policy: POLICY, plan: resolution.plan });
}

/** The only promotion of the sandbox, as an onlooker finds it. */
async function onRecord({ ledger }: Sandbox) {
  const [entry] = await ledger.list("DEPLOYMENT#sit#bbws-store", "VERSION#");
  const promotionId = String(entry?.promotionId ?? "");
  const header = await ledger.read(keys.header(promotionId));
  const [opened] = await loadAudit(ledger, promotionId);
  return { startedBy: header === undefined ? undefined : asHeader(header).startedBy, opened };
}

describe("a promotion in the sandbox", () => {
  test(
    "that was started through the API has the caller on record, from the first entry of its trail",
    async () => {
      const sandbox = world({ startedBy: SAM });
      const { outcome, executionArn } = await sandbox.promote(RELEASE, "console");
      expect(outcome).toBe("promoted");
      expect(executionArn).toMatch(/:execution:headgate-promotion:bbws-store-v2025_12_25_1-1-[0-9a-f]{10}$/);
      const { startedBy, opened } = await sandbox.inspect(() => onRecord(sandbox));
      expect(startedBy).toBe(SAM);
      expect(opened).toMatchObject({ kind: "opened", data: { startedBy: SAM } });
    },
    PATIENCE_MS,
  );

  test(
    "that was started from the console has nobody on record",
    async () => {
      const sandbox = world();
      expect((await sandbox.promote(RELEASE, "console")).outcome).toBe("promoted");
      const { startedBy, opened } = await sandbox.inspect(() => onRecord(sandbox));
      expect(startedBy).toBeNull();
      expect(opened?.summary).toContain("(claimed, not verified)");
    },
    PATIENCE_MS,
  );

  test(
    "is started once, however often and by whomever the API is asked",
    async () => {
      const sandbox = world({ startedBy: SAM });
      const kim = "arn:aws:iam::111122223333:user/kim";
      sandbox.clock.after(60_000, "kim starts it as well", async () => {
        answers.push((await sandbox.api.start(RELEASE, kim)).statusCode);
      });
      const answers: number[] = [];
      await sandbox.promote(RELEASE, "console");
      answers.push((await sandbox.inspect(() => sandbox.api.start(RELEASE, kim))).statusCode);
      expect(answers).toEqual([200, 409]);
      expect((await sandbox.inspect(() => onRecord(sandbox))).startedBy).toBe(SAM);
    },
    PATIENCE_MS,
  );
});
