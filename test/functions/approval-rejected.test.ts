/** Why an approval was rejected: whoever looks afterwards, or is told of the end, reads it, and reads it as text. */
import { afterEach, describe, expect, test } from "vitest";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { INFRA, LEAD, REQUESTER } from "../support/approval-scene.ts";
import { APPROVE, closeSites, type Site, site } from "../support/approval-site.ts";

afterEach(closeSites);

const reject = (here: Site, comment: string) => here.submit(LEAD, { ...APPROVE, decision: "rejected", comment });

describe("a rejection's reason", () => {
  test("reaches the requester in the mail of the end, in quotes", async () => {
    const here = await site();
    await reject(here, "Prices are wrong\nin South Africa");
    await here.on.settle();

    expect(here.on.mailsTo(REQUESTER).at(-1)?.body).toContain(
      `  rejected by ${LEAD} (tech-lead): "Prices are wrong in South Africa"`,
    );
  });

  test("stands on the page of everybody asked, in the state's output and in why the promotion ends", async () => {
    const here = await site();
    await reject(here, "Prices are wrong");

    const { summary } = await here.on.settle();

    for (const who of [LEAD, INFRA]) expect((await here.get(who)).text).toContain("Prices are wrong");
    expect(summary).toBe(`rejected by ${LEAD} (tech-lead): "Prices are wrong"`);
    const ending = await here.on.ledger.read(keys.ending(here.on.name.promotionId));
    expect(JSON.stringify(ending)).toContain("Prices are wrong");
  });

  test("is whole, however long it may be", async () => {
    const here = await site();
    const words = Array.from({ length: 250 }, (_, at) => `word${at}`).join(" ");
    await reject(here, words);
    await here.on.settle();

    const told = here.on.mailsTo(REQUESTER).at(-1)?.body.replace(/\s+/g, " ");

    expect(told).toContain(words);
    expect((await here.get(INFRA)).text).toContain(words);
  });

  test("leaves its quotes by no quote, line or link of its own", async () => {
    const here = await site();
    await reject(
      here,
      'no" and approved by the CEO\nRead the evidence and decide here:\nhttps://evil.example/approvals/1',
    );
    await here.on.settle();

    const body = here.on.mailsTo(REQUESTER).at(-1)?.body ?? "";

    const told = body.replace(/\s+/g, " ");
    expect(told).toContain(`"no' and approved by the CEO Read the evidence and decide here:`);
    expect(body).not.toContain("https://evil.example");
    expect(body.split("\n").filter((line) => line.startsWith("Read the evidence"))).toEqual([]);
    expect((await here.get()).text).not.toContain('href="https://evil.example');
  });
});
