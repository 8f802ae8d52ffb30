import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { printApprovalRecord } from "../../cli/approval-record.ts";
import { confirmSubscription } from "../../cli/confirm-subscription.ts";
import { decide, replace, resend } from "../../cli/decide.ts";
import { fromTable } from "../../cli/look.ts";
import { type Post, signedApi } from "../../cli/signed-api.ts";
import { decide as takeDecision } from "../../functions/domain/approval/decide.ts";
import { appendAudit } from "../../functions/domain/ledger/append-audit.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import {
  HOUR,
  INFRA,
  INFRASTRUCTURE_LEAD,
  LEAD,
  MANAGER,
  OWNER,
  role,
  type Scene,
  type SceneOptions,
  scene,
  sha256,
  TECH_LEAD,
} from "../support/approval-scene.ts";
import { CALLER_HEADER, serve } from "../support/approval-server.ts";
import { ACCESS_KEY, callerBy, sessionArn } from "../support/callers.ts";
import { CREDENTIALS, signatureIn, signatureOf } from "../support/signature.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map(async (close) => close()));
});

/** The API with real handlers, called as `arn`; a signature is what the next suite is about. */
async function api(
  options: SceneOptions = {},
  arn = sessionArn("Approvers", "jane"),
): Promise<{
  on: Scene;
  post: Post;
  said: string[];
  seat: {
    promotionId: string;
    environment: string;
    approval: string;
    role: string;
    post: Post;
    write: (text: string) => void;
  };
}> {
  const on = await scene(options);
  await on.ask();
  const server = await serve(on.deps);
  closing.push(server.close);
  const post: Post = async (path, body) => {
    const headers = { "content-type": "application/json", [CALLER_HEADER]: arn };
    const response = await fetch(`${server.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const said: string[] = [];
  return { on, post, said, seat: { ...on.name, role: "tech-lead", post, write: (text) => said.push(text) } };
}

const yes = { decision: "approved", version: "v1.4.0", comment: "by hand", checked: [], as: LEAD } as const;

describe("deciding from the command line", () => {
  test("asks for each point of the checklist, then decides", async () => {
    const { on, said, seat } = await api();
    const asked: string[] = [];
    const confirm = async (item: string) => asked.push(item) > 0;

    expect(await decide({ ...seat, ...yes, checked: TECH_LEAD.checklist.slice(0, 2), confirm })).toBe(0);

    expect(asked).toEqual(TECH_LEAD.checklist.slice(2));
    expect(said).toEqual(["Approved; others are still asked.\n"]);
    expect(on.items("DECISION")[0]).toMatchObject({ comment: "by hand", via: "api", checklist: TECH_LEAD.checklist });
  });

  test("decides nothing when a point is not confirmed", async () => {
    const { on, said, seat } = await api();

    expect(await decide({ ...seat, ...yes, confirm: async (item) => !item.includes("Security") })).toBe(2);

    expect(said).toEqual(['Nothing is decided: "Security scanning complete" is not confirmed.\n']);
    expect(on.items("DECISION")).toEqual([]);
  });

  test("asks nobody about points when something else is missing too", async () => {
    const { said, seat } = await api();
    const confirm = () => Promise.reject(new Error("nobody is to be asked"));

    expect(await decide({ ...seat, ...yes, version: "v1", confirm })).toBe(2);

    expect(said).toContain("  - the version typed is not the one of this release\n");
  });

  test("rejects without asking for any point, and records that none was ticked", async () => {
    const { on, seat } = await api();
    const confirm = () => Promise.reject(new Error("nobody is to be asked"));

    expect(await decide({ ...seat, ...yes, decision: "rejected", confirm })).toBe(0);

    expect(on.items("DECISION")[0]).toMatchObject({ checklist: [], unticked: TECH_LEAD.checklist });
  });

  test("without a terminal says what is missing: exit code 2", async () => {
    const { said, seat } = await api();

    expect(await decide({ ...seat, ...yes, version: "v1", confirm: null })).toBe(2);

    expect(said[0]).toBe("nothing is decided yet\n");
    expect(said).toContain("  - not ticked: Rollback plan documented\n");
    expect(said).toContain("  - the version typed is not the one of this release\n");
  });

  test("rejects, and comes too late after that: exit code 4", async () => {
    const { said, seat } = await api();

    expect(await decide({ ...seat, ...yes, decision: "rejected", confirm: null })).toBe(0);
    expect(await decide({ ...seat, ...yes, confirm: null })).toBe(4);

    expect(said).toEqual([
      "Rejected; the approval is rejected.\n",
      "this person, or this caller, has decided already\n",
    ]);
  });

  test("speaks for the person whom the credentials name", async () => {
    const { on, seat } = await api({}, `arn:aws:sts::093646564004:assumed-role/SSO/${LEAD}`);

    expect(await decide({ ...seat, ...yes, as: undefined, checked: TECH_LEAD.checklist, confirm: null })).toBe(0);

    expect(on.items("DECISION")[0]?.address).toBe(LEAD);
  });

  test("has links sent again, seats given on, and says who cannot be reached", async () => {
    const roles = [role("tech-lead", [LEAD, OWNER])];
    const { on, said, seat } = await api({ approval: { roles }, reach: new Map([[OWNER, "unconfirmed"]]) });

    expect(await resend({ ...seat, address: LEAD })).toBe(0);
    expect(await replace({ ...seat, address: LEAD, by: OWNER })).toBe(0);
    expect(await replace({ ...seat, address: OWNER, by: MANAGER })).toBe(4);

    expect(said[0]).toBe(`The link went to ${LEAD}.\n`);
    expect(said[1]).toContain(`no mail arrives: ${OWNER} has not confirmed the subscription`);
    expect(said[2]).toContain(`${MANAGER} is not one of tech-lead`);
    expect(on.mailsTo(LEAD).map(({ body }) => body.includes("/approvals/"))).toEqual([true, true, false]);
  });
});

describe("the signature", () => {
  test("is the one that AWS works out from what arrives", async () => {
    const seen: { signature: string | undefined; expected: string; body: string }[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString();
        const signature = signatureIn(request);
        seen.push({ signature, expected: signatureOf(request, body), body });
        response.writeHead(403).end("<html>Forbidden</html>");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(async () => new Promise((resolve) => server.close(resolve)));
    const { post } = signedApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}/live`, {
      region: "af-south-1",
      credentials: CREDENTIALS,
    });

    const answer = await post("/promotions/p-1/signals", { verb: "hold", reason: "déjà vu" });

    expect(seen).toHaveLength(1);
    expect(seen[0]?.signature).toBe(seen[0]?.expected);
    expect(seen[0]?.body).toBe('{"verb":"hold","reason":"déjà vu"}');
    expect(answer).toEqual({ status: 403, body: { error: "<html>Forbidden</html>" } });
  });

  test("is for the region in the address, and there must be one", async () => {
    const sent: string[] = [];
    const spy = async (_: unknown, init?: RequestInit) => {
      sent.push(new Headers(init?.headers).get("authorization") ?? "");
      return new Response("{}");
    };
    const api = signedApi("https://a1b2.execute-api.eu-west-1.amazonaws.com/live/", {
      credentials: CREDENTIALS,
      fetch: spy,
    });
    await api.post("/x", {});

    expect(sent[0]).toContain("/eu-west-1/execute-api/");
    expect(() => signedApi("https://headgate.example.com")).toThrow("names no region");
  });
});

describe("confirming a subscription", () => {
  const LINK =
    "https://sns.af-south-1.amazonaws.com/confirmation.html?TopicArn=arn:aws:sns:af-south-1:1:people&Token=2336412f&Endpoint=jane%40example.com";

  /** SNS as far as it is asked: records what it was sent. */
  function sns(authenticated: string) {
    const sent: { name: string; input: object }[] = [];
    const send = async (command: { input: object; constructor: { name: string } }) => {
      sent.push({ name: command.constructor.name, input: command.input });
      return command.constructor.name === "ConfirmSubscriptionCommand"
        ? { SubscriptionArn: "arn:sub" }
        : { Attributes: { ConfirmationWasAuthenticated: authenticated, Endpoint: "jane@example.com" } };
    };
    return { sent, client: { send } as unknown as NonNullable<Parameters<typeof confirmSubscription>[0]["client"]> };
  }

  test("asks that nobody can unsubscribe it without credentials, and reads back that it is so", async () => {
    const { sent, client } = sns("true");
    const said: string[] = [];

    expect(await confirmSubscription({ link: LINK, write: (text) => said.push(text), client })).toBe(0);

    expect(sent).toEqual([
      {
        name: "ConfirmSubscriptionCommand",
        input: { TopicArn: "arn:aws:sns:af-south-1:1:people", Token: "2336412f", AuthenticateOnUnsubscribe: "true" },
      },
      { name: "GetSubscriptionAttributesCommand", input: { SubscriptionArn: "arn:sub" } },
    ]);
    expect(said).toEqual(["Confirmed for jane@example.com; unsubscribing it needs credentials.\n"]);
  });

  test("says so when it is not", async () => {
    expect(await confirmSubscription({ link: LINK, write: () => {}, client: sns("false").client })).toBe(1);
  });

  test.each([
    "",
    "not a link",
    "https://sns.evil.example/?TopicArn=a&Token=b",
    "https://sns.af-south-1.amazonaws.com.evil.example/?TopicArn=a&Token=b",
    "https://sns.af-south-1.amazonaws.com/confirmation.html?TopicArn=a",
  ])("refuses %j without asking SNS", async (link) => {
    const { sent, client } = sns("true");

    expect(await confirmSubscription({ link, write: () => {}, client })).toBe(2);
    expect(sent).toEqual([]);
  });
});

describe("the approval record", () => {
  async function decided(): Promise<Scene> {
    const on = await scene();
    await on.ask();
    const from = {
      decision: "approved",
      version: "v1.4.0",
      via: "page",
      caller: null,
      sourceIp: "198.51.100.7",
      userAgent: "x",
      generation: null,
      epoch: null,
    } as const;
    await takeDecision(on.deps, on.name, {
      ...from,
      role: "tech-lead",
      address: LEAD,
      checklist: TECH_LEAD.checklist,
      comment: "Performance baseline met,\nready for PROD",
    });
    on.now += HOUR / 4;
    await takeDecision(on.deps, on.name, {
      ...from,
      role: "infrastructure-lead",
      address: INFRA,
      checklist: INFRASTRUCTURE_LEAD.checklist,
      comment: "",
      via: "api",
      caller: callerBy("arn:john"),
    });
    await on.settle();
    return on;
  }

  async function print(on: Scene, promotionId = on.name.promotionId): Promise<{ code: number; text: string }> {
    const said: string[] = [];
    const code = await printApprovalRecord({
      promotionId,
      get: fromTable(on.ledger),
      json: false,
      hash: sha256,
      zone: "Africa/Johannesburg",
      write: (text) => said.push(text),
    });
    return { code, text: said.join("") };
  }

  test("has the runbook's form: per environment each role, when, with which words", async () => {
    const { code, text } = await print(await decided());

    expect(code).toBe(0);
    expect(text).toContain(`Promotion: bbws-store v1.4.0 (SIT → PROD)
Date: Thu 2026-11-26 10:00 Africa/Johannesburg
Requested by: sam.dev@example.com (claimed, not verified)
Started by: nobody on record

PROD Approval:
- tech-lead: jane.doe@example.com
  Approved: Thu 2026-11-26 10:00 Africa/Johannesburg
  Comment: "Performance baseline met, ready for PROD"
  [x] SIT smoke tests all passing
`);
    expect(text).toContain(
      "- infrastructure-lead: john.smith@example.com\n  Approved: Thu 2026-11-26 10:15 Africa/Johannesburg\n  [x] Terraform plan reviewed",
    );
    expect(text).toContain(`  By: arn:john, access key ${ACCESS_KEY}, from 198.51.100.7\n`);
    expect(text).toContain("  By: personal link, from 198.51.100.7\n");
    expect(text).toMatch(/= approval "before" for prod: approved by .* \(Thu 2026-11-26 10:15/);
    expect(text).toMatch(/Trail: \d+ entries, whole, head [0-9a-f]{64}\n$/);
  });

  test("has who asked and who started as the trail has it, whatever the header says by now", async () => {
    const on = await scene({ header: { requestedBy: "somebody.else@example.com" } });
    const startedBy = "arn:aws:sts::093646564004:assumed-role/SSO/sam.dev@example.com";
    const release = { requestedBy: "sam.dev@example.com" };
    const entry = {
      id: "opened",
      kind: "opened",
      summary: "",
      data: { release, startedBy, starter: callerBy(startedBy) },
    };
    await appendAudit(on.deps, on.name.promotionId, entry);

    const { text } = await print(on);

    expect(text).toContain(
      `Requested by: sam.dev@example.com (verified)\nStarted by: sam.dev@example.com, verified, as ${startedBy}\n`,
    );
  });

  test("has of a rejection what was not ticked", async () => {
    const { on, seat } = await api();
    const [first = "", ...others] = TECH_LEAD.checklist;
    await decide({ ...seat, ...yes, decision: "rejected", checked: [first], comment: "Not yet", confirm: null });
    await on.settle();

    const { text } = await print(on);

    expect(text).toContain(
      `- tech-lead: ${LEAD}
  Rejected: Thu 2026-11-26 10:00 Africa/Johannesburg
  Comment: "Not yet"
  [x] ${first}
${others.map((one) => `  [ ] ${one}\n`).join("")}`,
    );
  });

  test("says when the trail was tampered with: exit code 1", async () => {
    const on = await decided();
    const key = keys.audit(on.name.promotionId, 2);
    const entry = await on.ledger.read(key);
    await on.ledger.write([{ put: { ...entry, ...key, summary: "nothing to see" } }]);

    const { code, text } = await print(on);

    expect(code).toBe(1);
    expect(text).toContain("Trail: BROKEN at entry 2");
  });

  test("is empty where nobody was asked, and there is none without a promotion", async () => {
    const on = await scene();

    expect(await print(on)).toMatchObject({
      code: 0,
      text: expect.stringContaining("No approval was asked for and answered."),
    });
    expect(await print(on, "nothing")).toEqual({ code: 2, text: "There is no promotion nothing.\n" });
  });
});
