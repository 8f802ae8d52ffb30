/** Links: each mail has its own, the table knows none, and what one shows once it has ended. */
import { afterEach, describe, expect, test } from "vitest";
import { askNow } from "../../functions/domain/approval/ask.ts";
import { formToken } from "../../functions/domain/approval/form-token.ts";
import { loadApproval } from "../../functions/domain/approval/load.ts";
import { resendLink } from "../../functions/domain/approval/reseat.ts";
import { canonicalJson } from "../../functions/domain/canonical.ts";
import { ServiceTrouble } from "../../functions/domain/errors.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { hmacSha256 } from "../../functions/runtime/dependencies.ts";
import { HOUR, INFRA, LEAD, type Scene, START, sha256 } from "../support/approval-scene.ts";
import { formFrom } from "../support/approval-server.ts";
import { APPROVE, APPROVE_INFRA, api, closeSites, expectUntouched, type Site, site } from "../support/approval-site.ts";
import { callerBy } from "../support/callers.ts";

afterEach(closeSites);

const DAY = 24 * HOUR;

const linksIn = (on: Scene) => on.inbox.flatMap(({ body }) => /\/approvals\/([0-9a-f]{64})/.exec(body)?.[1] ?? []);

const resend = ({ on }: Site, address = LEAD, role = "tech-lead") =>
  resendLink(on.deps, on.name, { role, address, caller: callerBy("arn:aws:iam::093646564004:user/ops") });

/** Every text in the table, at any depth, keys and names of attributes included. */
function textsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [String(value)];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsIn(inner)]);
}

describe("an id", () => {
  test("stands in one mail alone, whatever sends it: asking, reminding, sending again", async () => {
    const here = await site();
    for (let hours = 6; hours <= 42; hours += 6) {
      here.on.now = START + hours * HOUR;
      await here.on.settle();
      await resend(here);
      await resend(here, INFRA, "infrastructure-lead");
    }

    const links = linksIn(here.on);

    expect(links.length).toBe(2 + 2 * 3 + 2 * 7);
    expect(new Set(links).size).toBe(links.length);
    for (const link of links) expect((await fetch(`${here.base}/approvals/${link}`)).status).toBe(200);
  });

  test("is known to the table by its hash before anybody is mailed, and still where the mail is refused", async () => {
    const here = await site();
    here.on.mailTrouble.set(LEAD, new ServiceTrouble("SNS throttled"));
    here.on.now += HOUR;

    await expect(resend(here)).rejects.toThrow("SNS throttled");

    expect(here.on.ledger.items(({ pk }) => pk.startsWith("LINK#"))).toHaveLength(3);
    expect(linksIn(here.on)).toHaveLength(2);
  });
});

describe("whoever reads the whole table", () => {
  test("finds no link in it, and nothing that one can be computed from", async () => {
    const here = await site();
    await resend(here);
    const texts = [...new Set(textsIn(here.on.ledger.items()))];
    const live = new Set(linksIn(here.on));
    const about = { ...here.on.name, role: "tech-lead", address: LEAD };
    // As 0.1.0 made them, from a key in the table.
    const facts = [0, 1, 2].map((generation) =>
      canonicalJson(["link", ...Object.values(about).map(String), generation]),
    );

    const guesses = texts.flatMap((text) => [
      text,
      text.slice("LINK#".length),
      sha256(text),
      ...facts.flatMap((fact) => [hmacSha256(text, fact), hmacSha256(fact, text)]),
    ]);

    expect(live.size).toBe(3);
    expect(guesses.filter((guess) => live.has(guess))).toEqual([]);
    expect(here.on.ledger.items(({ pk }) => pk === "SECRET")).toEqual([]);
  });

  test("makes no form that the page takes: any text of the table as its key is refused", async () => {
    const here = await site();
    const record = await loadApproval(here.on.ledger, here.on.name);
    const texts = new Set(textsIn(here.on.ledger.items()).flatMap((text) => [text, text.replace(/^LINK#/, "")]));
    const hash = sha256(here.on.linkOf(LEAD));
    expect(texts).toContain(hash);

    for (const text of texts) {
      const forger = { mac: (_id: string, about: string) => hmacSha256(text, about), hash: () => hash };
      const token = formToken(forger, text, record, here.on.now);
      const form = new URLSearchParams([["token", token], ...Object.entries({ ...APPROVE, checklist: "" })]);
      expect((await here.send(here.url(), form.toString())).status).toBe(403);
    }
    await expectUntouched(here);
  });
});

describe("a form", () => {
  test("of one link decides by no other link of the same seat", async () => {
    const here = await site();
    const form = formFrom((await here.get()).text, APPROVE);
    await resend(here);

    expect(await here.send(here.url(), form)).toMatchObject({ status: 403 });
    await expectUntouched(here);
  });

  test("made before people were asked anew decides nothing by the new link", async () => {
    const here = await site({ approval: { validSeconds: 3_600 } });
    const old = { url: here.url(), form: formFrom((await here.get()).text, APPROVE) };
    await here.submit(LEAD, APPROVE);
    await here.submit(INFRA, APPROVE_INFRA);
    here.on.now += 3 * HOUR;
    await askNow(here.on.deps, here.on.name);

    expect(await here.send(here.url(), old.form)).toMatchObject({ status: 403 });
    expect(await here.send(old.url, old.form)).toMatchObject({ status: 410 });
    expect(here.decisions()).toBe(0);
  });
});

const shown = (text: string) => /<main[\s\S]*<\/main>/.exec(text)?.[0].replace(/<[^>]+>/g, " ") ?? "";

/** One sentence, and nothing that stands in the release, the plan or the policy. */
async function expectOneSentence(here: Site, url: string, sentence: string): Promise<void> {
  const response = await fetch(url);
  const text = shown(await response.text());
  expect(response.status).toBe(410);
  expect(text).toContain(sentence);
  expect(text.match(/\./g)).toHaveLength(1);
  const facts = ["bbws", "v1.4.0", "BBWS-431", "prod", "example.com", "lead", "claimed", here.on.name.promotionId];
  expect(facts.filter((fact) => text.includes(fact))).toEqual([]);
}

describe("a link that has ended shows one sentence and nothing else of the release: 410", () => {
  test("once the seat is somebody else's, also after the decision", async () => {
    const people = ["tech-lead", "infrastructure-lead"].map((role) => ({ role, needed: 1, checklist: [] }));
    const [lead, infra] = people.map((one, at) => ({
      ...one,
      people: at === 0 ? [LEAD, "lea.lead@example.com"] : [INFRA],
    }));
    const here = await site({ approval: { roles: [lead, infra].flatMap((role) => role ?? []) } });
    const url = here.url();
    const replace = { action: "replace", role: "tech-lead", address: LEAD, by: "lea.lead@example.com" };
    expect(await api(here, { ...replace, decision: undefined, version: undefined })).toMatchObject({ status: 200 });

    await expectOneSentence(here, url, "use the one in your newest mail");
    await here.submit("lea.lead@example.com", { ...APPROVE, checklist: [] });
    await here.submit(INFRA, { ...APPROVE_INFRA, checklist: [] });
    expect(here.state()).toBe("approved");
    await expectOneSentence(here, url, "use the one in your newest mail");
  });

  test.each([
    ["expired", "has expired", ({ on }: Site) => Object.assign(on, { now: START + 48 * HOUR })],
    ["superseded", "A newer release", ({ on }: Site) => on.signal("supersede", "bbws-store-v1.5.0-1", "newer")],
    ["aborted", "was called off", ({ on }: Site) => on.signal("abort", "ops@example.com", "v1.4.0 is bad")],
    ["closed", "has ended", ({ on }: Site) => close(on)],
    ["stopped from outside", "has ended", ({ on }: Site) => Object.assign(on, { status: "ABORTED" })],
    ["forgotten", "has ended", ({ on }: Site) => Object.assign(on, { status: undefined, now: START + HOUR })],
  ])("once the approval is %s, before anybody has settled it", async (_, sentence, happen) => {
    const here = await site();
    await happen(here);

    await expectOneSentence(here, here.url(), sentence);
    await expectOneSentence(here, here.url(INFRA), sentence);
  });

  test.each(["approved", "rejected"])("30 days after it was %s, and not before", async (decision) => {
    const here = await site();
    await here.submit(LEAD, { ...APPROVE, decision, comment: "because" });
    if (decision === "approved") await here.submit(INFRA, APPROVE_INFRA);
    await close(here.on);

    here.on.now = START + 30 * DAY;
    expect(await here.get()).toMatchObject({ status: 200, text: expect.stringContaining("because") });
    here.on.now += 1;
    await expectOneSentence(here, here.url(), "more than 30 days ago");
  });

  test("for a link of 0.1.0, which a key in the table could make", async () => {
    const here = await site();
    const [link] = here.on.ledger.items(({ pk }) => pk === keys.link(sha256(here.on.linkOf(LEAD))).pk);
    await here.on.ledger.write([{ put: { ...(link ?? keys.link("none")), epoch: undefined } }]);

    await expectOneSentence(here, here.url(), "All links were renewed");
  });
});

async function close(on: Scene): Promise<void> {
  const key = keys.header(on.name.promotionId);
  await on.ledger.write([{ put: { ...(await on.ledger.read(key)), ...key, state: "closed" } }]);
}

describe("an execution that cannot be looked at", () => {
  test("hides no page, and decides nothing: 503 by the post's own look", async () => {
    const here = await site();
    const { text } = await here.get();
    const { executions } = here.on.deps;
    Object.assign(here.on.deps, {
      executions: { ...executions, status: () => Promise.reject(new ServiceTrouble("DescribeExecution throttled")) },
    });

    const looked = await here.get();

    expect(looked).toMatchObject({ status: 200, text: expect.stringContaining("<form") });
    expect(here.on.warnings.join()).toContain("whether the execution has ended is not known");
    expect((await here.send(here.url(), formFrom(text, APPROVE))).status).toBeGreaterThanOrEqual(500);
    await expectUntouched(here);
  });
});
