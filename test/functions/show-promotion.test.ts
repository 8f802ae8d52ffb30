/** What the signed GET routes take, and what they never say. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { fieldsOf } from "../../functions/domain/text.ts";
import { OpenPromotions, PromotionNews, PromotionStatus } from "../../functions/pages/promotion/status-json.ts";
import { fromGateway } from "../../functions/runtime/http.ts";
import { showPromotion } from "../../functions/show-promotion.ts";
import { type ApiRequest, apiEvent } from "../../sandbox/host/gateway.ts";
import { INFRA, LEAD, type Scene, scene } from "../support/approval-scene.ts";

const RITA = "arn:aws:sts::111122223333:assumed-role/reader/rita";

const ask = ({ deps, name: { promotionId } }: Scene, change: Partial<ApiRequest> = {}) => {
  const request = { method: "GET", path: "/promotions", pathParameters: { promotionId }, body: null, caller: RITA };
  return showPromotion(deps)(fromGateway(apiEvent({ ...request, ...change })));
};

async function asked(): Promise<Scene> {
  const on = await scene();
  await on.ask();
  await on.pause("the token of the task");
  const { promotionId } = on.name;
  await on.ledger.write([{ put: { ...keys.open(promotionId), promotionId } }]);
  return on;
}

describe("how a promotion stands", () => {
  it("is answered to a signed GET and to nothing else", async () => {
    const on = await asked();
    expect((await ask(on)).status).toBe(200);
    for (const method of ["POST", "PUT", "DELETE", "HEAD"]) expect((await ask(on, { method })).status).toBe(405);
    const unsigned = apiEvent({ method: "GET", path: "/promotions", pathParameters: {}, body: null });
    expect((await showPromotion(on.deps)(fromGateway(unsigned))).status).toBe(403);
  });

  it.each(["-1", "1.5", "all", "", "9".repeat(12)])(
    "is not asked since %j, which is told with a hint",
    async (since) => {
      const { status, body } = await ask(await asked(), { query: { since } });
      expect(status).toBe(400);
      expect(JSON.parse(body)).toMatchObject({
        error: "the query is not understood",
        problems: [expect.stringContaining(`query.since = "${since}"`)],
      });
      expect(body).toContain("hint: the number of an entry of the trail, 0 for all of it");
    },
  );

  it("is asked with no other word in its query", async () => {
    const { status, body } = await ask(await asked(), { query: { until: "5" } });
    expect({ status, body }).toEqual({ status: 400, body: expect.stringContaining("query.until") });
  });

  it("changes nothing", async () => {
    const on = await asked();
    const items = () => on.ledger.items(() => true);
    const before = items();
    for (const query of [{}, { since: "0" }]) await ask(on, { query });
    await ask(on, { pathParameters: {} });
    expect(items()).toEqual(before);
  });

  it("holds no token, no link and no hash of a link, while people are asked and a pause waits", async () => {
    const on = await asked();
    const secrets = [
      "the token of the task",
      ...[LEAD, INFRA].map((address) => on.linkOf(address)),
      ...on.ledger.items(({ pk }) => pk.startsWith("LINK#")).map(({ pk }) => pk.slice("LINK#".length)),
    ];
    expect(secrets).toHaveLength(5);
    const said = [await ask(on), await ask(on, { query: { since: "0" } }), await ask(on, { pathParameters: {} })];
    for (const { status, body } of said) {
      expect(status).toBe(200);
      expect(body).toContain(on.name.promotionId);
      expect(secrets.filter((secret) => body.includes(secret))).toEqual([]);
    }
  });
});

describe("the list of those that are open", () => {
  it("takes three batch reads for the headers of 250, and five for the journals of their two environments", async () => {
    const on = await asked();
    const header = on.ledger.items(({ sk }) => sk === "HEADER")[0];
    const ids = Array.from({ length: 249 }, (_, index) => `other-${index}`);
    for (const promotionId of ids) {
      const put = { ...header, ...keys.header(promotionId), promotionId };
      await on.ledger.write([{ put }, { put: { ...keys.open(promotionId), promotionId } }]);
    }
    await on.ledger.write([{ put: { ...keys.head("other-7", "prod"), state: "tripped", outcome: null } }]);
    const operations: string[] = [];
    on.ledger.before = async (operation) => void operations.push(operation.split("#")[0] ?? "");

    const { body } = await ask(on, { pathParameters: {} });

    const reads = operations.map((operation) => operation.split(" ").slice(0, 2).join(" "));
    expect(reads).toEqual(["list PROMOTION", ...Array(3).fill("read HEADER"), ...Array(5).fill("read HEAD")]);
    const { promotions } = OpenPromotions.parse(JSON.parse(body));
    expect(promotions).toHaveLength(250);
    expect(promotions.find(({ promotionId }) => promotionId === "other-7")?.environments).toEqual([
      { environment: "sit", state: "not entered", outcome: null },
      { environment: "prod", state: "tripped", outcome: null },
    ]);
  });
});

describe("the JSON", () => {
  const named = (schema: unknown): string[] =>
    Object.entries(fieldsOf(schema)).flatMap(([key, value]) =>
      key === "properties"
        ? [...Object.keys(fieldsOf(value)), ...Object.values(fieldsOf(value)).flatMap(named)]
        : named(value),
    );

  it.each([
    ["of one promotion", PromotionStatus],
    ["of what is new", PromotionNews],
    ["of those that are open", OpenPromotions],
  ])("%s is described to programs by every name in it", (_what, schema) => {
    const document = readFileSync(new URL("../../docs/deploy.md", import.meta.url), "utf8");
    const [, section = ""] = /### How promotions stand\n([\s\S]*?)\n### /.exec(document) ?? [];
    const names = new Set(named(z.toJSONSchema(schema)));
    expect(names.size).toBeGreaterThan(15);
    expect([...names].filter((name) => !section.includes(`\`${name}\``))).toEqual([]);
  });
});
