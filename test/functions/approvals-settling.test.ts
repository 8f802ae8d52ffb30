/** What follows from a decision, and who brings it about: whoever is let in from the internet writes the decision alone. */
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { decide } from "../../functions/domain/approval/decide.ts";
import { decisionsToDeliver } from "../../functions/domain/approval/load.ts";
import { ServiceTrouble } from "../../functions/domain/errors.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { LEAD, type Scene, scene, TECH_LEAD } from "../support/approval-scene.ts";

const trail = async ({ ledger, name }: Scene) => loadAudit(ledger, name.promotionId);

const say = (on: Scene, address: string) =>
  decide(on.deps, on.name, {
    role: TECH_LEAD.role,
    address,
    decision: "approved",
    comment: "",
    checklist: TECH_LEAD.checklist,
    version: "v1.4.0",
    via: "page",
    caller: null,
    sourceIp: "198.51.100.7",
    userAgent: "a browser",
    generation: 1,
    epoch: 0,
  });

test("a decision writes the decision, its marks and the approval, and leaves the trail and the wake to settling", async () => {
  const on = await scene();
  await on.ask();
  await on.pause();
  on.workerTrouble = new ServiceTrouble("no answer");
  const before = on.ledger.items();

  expect(await say(on, LEAD)).toMatchObject({ kind: "decided" });

  const written = on.ledger.items().filter((item) => !before.some((one) => isDeepStrictEqual(one, item)));
  expect(new Set(written.map(({ pk }) => pk))).toEqual(new Set([`APPROVALS#${on.name.promotionId}`]));
  expect(written.map(({ sk }) => sk.split("#")[0])).toEqual(["APPROVAL", "DECIDER", "DECISION"]);
  expect(on.woken).toEqual([]);
});

test("a decision has settling begin, which puts it into the trail and wakes the workflow", async () => {
  const on = await scene();
  await on.ask();
  await on.pause();

  await say(on, LEAD);

  expect(on.woken).toEqual(["the task token"]);
  expect((await trail(on)).at(-1)).toMatchObject({ kind: "approved" });
});

test("a mail that fails keeps the workflow from nothing: it is woken, and the news stays for the sweeper", async () => {
  const on = await scene({ approval: { roles: [TECH_LEAD], remindSeconds: 3_600 } });
  await on.ask();
  await on.pause();
  on.ledger.before = async (operation) => {
    if (operation.startsWith("write AUDITID#approval")) throw new ServiceTrouble("DynamoDB throttled");
  };

  expect(await say(on, LEAD)).toMatchObject({ kind: "decided" });

  expect(on.woken).toEqual(["the task token"]);
  expect(await decisionsToDeliver(on.ledger, on.name.promotionId)).toHaveLength(1);
});

test("the machine's own settling wakes nobody: it is awake", async () => {
  const on = await scene();
  await on.ask();
  await on.pause();
  on.workerTrouble = new ServiceTrouble("no answer");
  await say(on, LEAD);

  await on.settle();

  expect(on.woken).toEqual([]);
});

test.each([
  ["whose settling could not be begun", { workerTrouble: new ServiceTrouble("no answer") }],
  ["whose callback was lost", { wakeTrouble: new ServiceTrouble("no answer") }],
])("a decision %s is found, and found no more once the workflow has read it", async (_what, trouble) => {
  const on = await scene();
  await on.ask();
  await on.pause();
  Object.assign(on, trouble);

  expect(await say(on, LEAD)).toMatchObject({ kind: "decided" });

  expect(on.woken).toEqual([]);
  const lost = await decisionsToDeliver(on.ledger, on.name.promotionId);
  expect(lost).toEqual([{ environment: "prod", approval: "before", pause: "approval-before" }]);
  await on.settle();
  expect(await decisionsToDeliver(on.ledger, on.name.promotionId)).toEqual([]);
});

test("a decision that could not be put into the trail is put there by the next settling", async () => {
  const on = await scene();
  await on.ask();
  on.ledger.before = async (operation) => {
    if (operation.startsWith("write AUDITID#decision")) throw new ServiceTrouble("DynamoDB throttled");
  };
  expect(await say(on, LEAD)).toMatchObject({ kind: "decided" });
  on.ledger.before = async () => {};

  await on.settle();

  expect((await trail(on)).filter(({ kind }) => kind === "approved")).toHaveLength(1);
});
