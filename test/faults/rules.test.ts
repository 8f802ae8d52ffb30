/** The rules of the fault matrix themselves: each sees what it is there for, in a run that is sound but for that. */
import { beforeAll, describe, expect, it, vi } from "vitest";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { cleanCase, type FaultCase } from "../../sandbox/faults/cases.ts";
import { type Facts, factsOf } from "../../sandbox/faults/facts.ts";
import { violations } from "../../sandbox/faults/invariants.ts";
import { readFaultPlan } from "../../sandbox/faults/plans.ts";
import { run } from "../../sandbox/faults/trial.ts";
import type { Said } from "../../sandbox/host/api.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

let promoted: Facts;
let rolledBack: Facts;

beforeAll(async () => {
  promoted = factsOf(await run(readFaultPlan("healthy"), cleanCase("healthy")));
  rolledBack = factsOf(await run(readFaultPlan("regression"), cleanCase("regression")));
});

/** The rules that are broken, by name. */
const broken = (facts: Facts) => [...new Set(violations(facts).map((found) => found.split(":")[0]))];

type Alias = Facts["aliases"][number];
type Promotion = Facts["facts"][number];

const withAlias = (facts: Facts, change: (alias: Alias) => Partial<Alias>): Facts => ({
  ...facts,
  aliases: facts.aliases.map((alias) => ({ ...alias, ...change(alias) })),
});
const withPromotion = (facts: Facts, change: (promotion: Promotion) => Partial<Promotion>): Facts => ({
  ...facts,
  facts: facts.facts.map((promotion) => ({ ...promotion, ...change(promotion) })),
});
const withCase = (facts: Facts, change: Partial<FaultCase>): Facts => ({
  ...facts,
  case: { ...facts.case, ...change },
});

/** The alias's last change once more, at another time and with other weights. */
function changed(
  { changes }: Alias,
  at: number,
  weights: Alias["changes"][number]["weights"],
  by: "call" | "hand" = "call",
) {
  const last = changes.at(-1);
  if (last === undefined) throw new Error("it never changed");
  return { ...last, at, weights, by };
}

const alarm = { do: "alarm", name: "guard" } as const;
const atOnce = { when: { at: "time", ms: 0 }, deed: alarm } as const;

describe("a sound run", () => {
  it("breaks no rule", () => {
    expect(violations(promoted)).toEqual([]);
    expect(violations(rolledBack)).toEqual([]);
  });
});

describe("the rule is broken", () => {
  it("when nothing was struck", () => {
    expect(broken(withCase(promoted, { kind: "call lost judge" }))).toEqual(["the case takes place"]);
  });

  it("when it never comes to rest", () => {
    expect(broken({ ...promoted, settledAt: null })).toEqual(["comes to rest"]);
  });

  it("when traffic stays split", () => {
    expect(broken(withAlias(promoted, () => ({ split: true })))).toEqual(["traffic is whole"]);
  });

  it("when a version serves that nobody released", () => {
    const facts = withAlias(promoted, (alias) => ({
      changes: [changed(alias, 0, { "7": 0.9, "5": 0.1 }), ...alias.changes],
    }));
    expect(broken(facts)).toEqual(["only known versions serve", "every write was meant"]);
  });

  it("when a version was deleted that serves, or that is not Headgate's", () => {
    expect(broken(withAlias(promoted, ({ version }) => ({ versions: [version] })))).toEqual(["what serves is there"]);
    expect(broken(withAlias(promoted, ({ baseline }) => ({ versions: [baseline] })))).toEqual(["what serves is there"]);
  });

  it("when rejected code stays where the next candidate is made from", () => {
    const latest = rolledBack.seen.latest.map((one) => ({
      ...one,
      ended:
        rolledBack.seen.codes.get(`${one.account} ${one.functionName} ${rolledBack.aliases[0]?.candidates[0]}`) ?? "",
    }));
    expect(broken({ ...rolledBack, seen: { ...rolledBack.seen, latest } })).toEqual(["rejected code is not left"]);
  });

  it("when customers meet a version that is not ready", () => {
    const early = withAlias(promoted, (alias) => ({
      changes: [changed(alias, 0, { "7": 0.75, "8": 0.25 }), ...alias.changes],
    }));
    expect(broken(early)).toContain("what serves is ready");
  });

  it("when a weight is left out, comes too soon, or is nobody's", () => {
    const weights = (...all: [number, Alias["changes"][number]["weights"]][]) =>
      withAlias(promoted, (alias) => ({ changes: all.map(([minute, one]) => changed(alias, minute * 60_000, one)) }));
    expect(broken(weights([0, { "8": 1 }]))).toContain("every bake was baked");
    expect(broken(weights([0, { "7": 0.75, "8": 0.25 }], [2, { "8": 1 }]))).toContain("every bake was baked");
    expect(broken(weights([0, { "7": 0.7, "8": 0.3 }], [4, { "8": 1 }]))).toContain("every bake was baked");
    expect(broken(weights([0, { "7": 0.75, "8": 0.25 }], [4, { "8": 1 }]))).toEqual([
      "every write was meant",
      "what serves is ready",
    ]);
  });

  it("when the alias is not where the record says", () => {
    expect(broken(withAlias(promoted, ({ baseline }) => ({ version: baseline })))).toEqual([
      "the record is true",
      "the registry says what serves",
    ]);
    expect(broken(withPromotion(promoted, () => ({ status: "FAILED", error: "promoted" })))).toEqual([
      "the record is true",
    ]);
  });

  it("when the trail was tampered with", async () => {
    const { sandbox, ...facts } = factsOf(await run(readFaultPlan("blind"), cleanCase("blind")));
    const [header] = facts.facts.map((one) => one.header);
    const { pk } = keys.auditHead(String(header?.promotionId));
    const [first] = await sandbox.inspect(() => sandbox.ledger.list(pk, "AUDIT#"));
    if (first === undefined) throw new Error("there is no trail");
    await sandbox.inspect(() => sandbox.ledger.write([{ put: { ...first, summary: "nothing to see here" } }]));
    expect(broken({ ...facts, sandbox })).toEqual(["the trail is whole"]);
  });

  it("when it is said that traffic is back before it is", () => {
    const late = Number.MAX_SAFE_INTEGER;
    const facts = withAlias(rolledBack, (alias) => ({
      changes: [...alias.changes.slice(0, -1), changed(alias, late, { "7": 1 })],
    }));
    expect(broken(facts)).toContain("nothing is said too early");
    expect(broken(facts)).toContain("nothing is left for long");
    expect(broken(facts)).toContain("nothing moves afterwards");
  });

  it("when something is left open", async () => {
    const { sandbox, ...facts } = factsOf(await run(readFaultPlan("blind"), cleanCase("blind")));
    const lock = { pk: "LOCK#arn", sk: "LOCK", owner: "shop-v2", fence: 1 };
    await sandbox.inspect(() => sandbox.ledger.write([{ put: lock }]));
    expect(broken({ ...facts, sandbox })).toEqual(["nothing is left open"]);
  });

  it("when nobody is told how it ended", () => {
    const outcome = (header: Promotion["header"]) => (header === null ? null : { ...header, version: "v3" });
    expect(broken(withPromotion(promoted, ({ header }) => ({ header: outcome(header) })))).toEqual(["people are told"]);
  });

  it("when the rollback failed, and nobody was paged", () => {
    const facts = withPromotion(rolledBack, () => ({ error: "rollback-failed" }));
    expect(broken(facts)).toEqual(["people are told"]);
  });

  it("when an alarm brings traffic back late, and nobody was paged of it", () => {
    const [first] = rolledBack.aliases[0]?.changes ?? [];
    const facts = withCase(
      withAlias(rolledBack, (alias) => ({
        changes: [...alias.changes.slice(0, -1), changed(alias, (first?.at ?? 0) + 60 * 60_000, { "7": 1 })],
      })),
      { happenings: [atOnce] },
    );
    const done = [{ at: 0, deed: alarm, answer: "done", executionArn: "" }];
    expect(broken({ ...facts, struck: [0], done })).toContain("traffic is back in time");
    expect(broken({ ...facts, struck: [0], done })).toContain("long danger is paged");
  });

  it("when somebody is paged twice of the same", async () => {
    const { sandbox, ...facts } = factsOf(await run(readFaultPlan("unreachable"), cleanCase("unreachable")));
    const page = sandbox.sns.mailbox.find(({ to }) => to === "oncall@shop.example");
    if (page === undefined) throw new Error("nobody was paged");
    expect(broken({ ...facts, sandbox })).toEqual([]);
    sandbox.sns.mailbox.push(page);
    expect(broken({ ...facts, sandbox })).toEqual(["pages come once"]);
  });

  it("when what a person moved was overwritten", () => {
    const facts = withAlias(rolledBack, (alias) => ({ pin: changed(alias, 0, { "6": 1 }, "hand") }));
    expect(broken(facts)).toEqual(["hands off"]);
  });

  it("when a link that was mailed still asks", () => {
    const links = [{ link: "0".repeat(64), status: 200, body: '<input name="token" value="x">' }];
    expect(broken({ ...promoted, links })).toEqual(["links are dead"]);
  });

  it("when somebody is asked after the end", () => {
    const late = withPromotion(promoted, ({ header }) => ({
      header: header === null ? null : { ...header, closedAt: 0 },
    }));
    expect(broken(late)).toEqual([]);
    const { promotionId = "" } = promoted.facts[0]?.header ?? {};
    const mail = { at: 61_000, to: "lead@shop.example", subject: "Approve shop v2 for prod?", body: promotionId };
    late.sandbox.sns.mailbox.push({ ...mail, messageId: "", topicArn: "" });
    expect(broken(late)).toEqual(["nobody is asked afterwards"]);
    late.sandbox.sns.mailbox.pop();
  });

  it("when a bad candidate is promoted", () => {
    expect(broken({ ...promoted, plan: { ...promoted.plan, badFromWeight: 25 } })).toEqual([
      "a bad candidate is never promoted",
    ]);
  });

  it("when one person answers in two roles", async () => {
    const facts = factsOf(await run(readFaultPlan("checked"), cleanCase("checked")));
    const { api, sns } = facts.sandbox;
    const toOps = api.said.findIndex(({ through }) => "link" in through && mailWith(through.link)?.to === OPS);
    const mail = sns.mailbox.indexOf(mailWith(linkOf(api.said[toOps])) ?? unmailed());
    sns.mailbox[mail] = { ...(sns.mailbox[mail] ?? unmailed()), to: "lead@shop.example" };
    expect(broken(facts)).toEqual(["people have said yes"]);

    function mailWith(link: string) {
      return sns.mailbox.find(({ body }) => body.includes(link));
    }
  });

  it("when a good release is rolled back though what went wrong is tried again", () => {
    const undone = withPromotion(rolledBack, () => ({}));
    const good = { ...undone, plan: { ...undone.plan, expect: [{ outcome: "promoted" as const, allow: [] }] } };
    const within = (kind: string) => broken({ ...good, case: { ...good.case, kind }, struck: [0] });
    expect(within("call throttled judge monitoring:GetMetricData 1")).toEqual(["it ends as it says"]);
    expect(within("handler runs twice judge")).toEqual(["it ends as it says"]);
    expect(within("operator abort bake Judge")).toEqual(["it ends as it says"]);
    expect(within("operator roll-back bake Judge")).toEqual([]);
    expect(within("call refused judge monitoring:GetMetricData 1")).toEqual([]);
  });
});

const OPS = "ops@shop.example";

function linkOf(said: Said | undefined): string {
  return said !== undefined && "link" in said.through ? said.through.link : "";
}

function unmailed(): never {
  throw new Error("nobody was asked");
}
