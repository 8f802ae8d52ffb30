/** What every route answers where the table holds something that Headgate never wrote. */
import { describe, expect, test } from "vitest";
import { approvalPage } from "../../functions/approval-page.ts";
import { decideByApi } from "../../functions/decide.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import type { RolePlan } from "../../functions/domain/plan.ts";
import type { Dependencies, Item } from "../../functions/domain/ports.ts";
import { operate } from "../../functions/operate.ts";
import { failureAnswer, handlerFailure } from "../../functions/pages/failure.ts";
import type { HttpRequest, HttpResponse } from "../../functions/pages/http.ts";
import { revoke } from "../../functions/revoke.ts";
import { rotate } from "../../functions/rotate-links.ts";
import { fromGateway } from "../../functions/runtime/http.ts";
import { showPromotion } from "../../functions/show-promotion.ts";
import { startPromotion } from "../../functions/start-promotion.ts";
import { apiEvent } from "../../sandbox/host/gateway.ts";
import { INFRA, INFRASTRUCTURE_LEAD, LEAD, OWNER, type Scene, scene, TECH_LEAD } from "../support/approval-scene.ts";
import { sessionArn } from "../support/callers.ts";

const OPS = "arn:aws:iam::093646564004:user/ops";
const NAME = { promotionId: "bbws-store-v1.4.0-1", environment: "prod", approval: "before" };
const { promotionId } = NAME;
const reason = "the laptop was stolen";

type Action = (deps: Dependencies) => (request: HttpRequest) => Promise<HttpResponse>;

interface Ask {
  readonly action: Action;
  readonly method?: string;
  readonly at?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly caller?: string;
}

const answerAs = ({ role, checklist }: RolePlan) => {
  return { action: "decide", role, checklist, decision: "approved", comment: "", version: "v1.4.0" };
};

const FORM = { token: "x", decision: "approved", comment: "", version: "v1.4.0" };

const ROUTES: Readonly<Record<string, Ask>> = {
  "the page": { action: approvalPage, method: "GET", at: { link: "" } },
  "the form": { action: approvalPage, at: { link: "" }, body: FORM },
  decide: { action: decideByApi, at: NAME, body: answerAs(TECH_LEAD), caller: sessionArn("SSO", LEAD) },
  resend: { action: decideByApi, at: NAME, body: { action: "resend", role: TECH_LEAD.role, address: LEAD } },
  replace: {
    action: decideByApi,
    at: NAME,
    body: { action: "replace", role: TECH_LEAD.role, address: LEAD, by: OWNER },
  },
  "how a promotion stands": { action: showPromotion, method: "GET", at: { promotionId } },
  "what is new of it": { action: showPromotion, method: "GET", at: { promotionId, since: "0" } },
  "those that are open": { action: showPromotion, method: "GET" },
  "how far traffic is back": { action: operate, method: "GET", at: { promotionId } },
  hold: { action: operate, at: { promotionId }, body: { verb: "hold", reason } },
  "roll-back": { action: operate, at: { promotionId }, body: { verb: "roll-back", reason } },
  "release-hold": { action: operate, at: { promotionId }, body: { verb: "release-hold", environment: "prod", reason } },
  revoke: { action: revoke, body: { address: LEAD, reason } },
  start: { action: startPromotion, body: { release: {} } },
  "rotate-keys": { action: rotate, body: { reason, request: "12345678-1234" } },
};

async function asked(): Promise<Scene> {
  const on = await scene();
  await on.ask();
  await on.pause();
  await on.ledger.write([{ put: item(keys.open(promotionId), { promotionId }) }]);
  const body = answerAs(INFRASTRUCTURE_LEAD);
  const answer = await call(on, { action: decideByApi, at: NAME, body, caller: sessionArn("SSO", INFRA) });
  if (answer.status !== 200) throw new Error(answer.body);
  return on;
}

/** As behind API Gateway: what an action throws is answered, too. */
async function call(on: Scene, { action, method = "POST", at = {}, body, caller = OPS }: Ask): Promise<HttpResponse> {
  const { since, ...named } = at;
  const isPage = "link" in at;
  const form = new URLSearchParams({ ...body }).toString();
  const event = apiEvent({
    method,
    path: "/people/revoke",
    pathParameters: isPage ? { link: on.linkOf(LEAD) } : named,
    query: since === undefined ? {} : { since },
    contentType: isPage ? "application/x-www-form-urlencoded" : "application/json",
    body: body === undefined ? null : isPage ? form : JSON.stringify(body),
    ...(isPage ? {} : { caller }),
  });
  const request = fromGateway(event);
  try {
    return await action(on.deps)(request);
  } catch (error) {
    return failureAnswer(on.deps.hash, request, handlerFailure(error, "one"));
  }
}

const filled = (found: Item, value: unknown): Item => ({
  ...Object.fromEntries(Object.keys(found).map((key) => [key, value])),
  pk: found.pk,
  sk: found.sk,
});

const HANDS: Readonly<Record<string, (found: Item) => Item | null>> = {
  "is gone": () => null,
  "has no fields": ({ pk, sk }) => ({ pk, sk }),
  "has a number in every field": (found) => filled(found, 7),
  "has a text in every field": (found) => filled(found, "{"),
};

/** The items of a scene by place: their keys hold random ids, but stand in one order. */
const placesOf = async () => (await asked()).ledger.items().map(({ pk, sk }, place) => ({ pk, sk, place }));

async function answerWhere(place: number, hand: (found: Item) => Item | null, ask: Ask) {
  const on = await asked();
  const found = on.ledger.items()[place];
  if (found === undefined) throw new RangeError("the scene has fewer items than before");
  const spoilt = hand(found);
  await on.ledger.write([spoilt === null ? { remove: found } : { put: spoilt }]);
  return call(on, ask);
}

describe.each(Object.entries(HANDS))("where any one item of the table %s", (_what, hand) => {
  test.each(Object.entries(ROUTES))("%s answers in words, and never fails", async (_route, ask) => {
    const failed: string[] = [];
    for (const { pk, sk, place } of await placesOf()) {
      const { status, body } = await answerWhere(place, hand, ask);
      // A policy that cannot be read is put right by deploying one: whoever waits for that is told to try again.
      const mayWait = pk === "POLICY" && status === 503 && body.includes("try again");
      if (status >= 500 && !mayWait) failed.push(`${pk} ${sk}: ${status}`);
    }
    expect(failed).toEqual([]);
  });
});

describe("a broken record", () => {
  const spoil = async (on: Scene, { pk, sk }: { pk: string; sk: string }) => on.ledger.write([{ put: { pk, sk } }]);

  test("is said to be one, with the request by which the log is searched", async () => {
    const on = await asked();
    await spoil(on, keys.header(promotionId));
    const { status, body } = await call(on, ROUTES["how a promotion stands"] as Ask);
    expect(status).toBe(409);
    expect(JSON.parse(body)).toEqual({
      error: expect.stringMatching(/^The record is broken: .* Please tell whoever runs Headgate\.$/),
      requestId: "one",
    });
  });

  test("of one promotion hides no other from the list, and is named there", async () => {
    const on = await asked();
    const other = keys.open("other-1");
    await on.ledger.write([{ put: item(other, { promotionId: "other-1" }) }]);
    await spoil(on, keys.header("other-1"));
    const { status, body } = await call(on, ROUTES["those that are open"] as Ask);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ promotions: [{ promotionId }], broken: ["other-1"] });
  });

  test("of one approval keeps no other from being settled anew where somebody is revoked", async () => {
    const on = await asked();
    await on.ledger.write([{ put: item(keys.open("a-1"), { promotionId: "a-1" }) }]);
    await spoil(on, keys.approval("a-1", "prod", "before"));
    const { status, body } = await call(on, ROUTES.revoke as Ask);
    expect({ status, body: JSON.parse(body) }).toMatchObject({
      status: 200,
      body: { did: `${LEAD} is revoked; 1 open approvals are settled anew` },
    });
    expect(on.items("PERSON")).toHaveLength(1);
  });

  test("of the trail keeps nobody from hearing that traffic goes back", async () => {
    const on = await asked();
    await spoil(on, keys.auditHead(promotionId));
    const { status, body } = await call(on, ROUTES["roll-back"] as Ask);
    expect(status).toBeLessThan(300);
    expect(JSON.parse(body)).toMatchObject({ promotionId, state: expect.any(String) });
    expect(on.warnings.join()).toContain("the trail does not say who asked for it");
  });
});
