/** Scanners, previewers and whatever else opens or sends what it finds: nothing is decided by accident. */
import { afterEach, describe, expect, test } from "vitest";
import { LEAD } from "../../support/approval-scene.ts";
import { formFrom } from "../../support/approval-server.ts";
import { APPROVE, closeSites, expectUntouched, site } from "../../support/approval-site.ts";

afterEach(closeSites);

describe("scanners", () => {
  test("that open the link a thousand times by GET and HEAD change nothing at all", async () => {
    const here = await site();
    const before = here.on.ledger.items();
    const url = here.url();

    const statuses = new Set<number>();
    for (let round = 0; round < 500; round++) {
      const answers = await Promise.all([fetch(url), fetch(url, { method: "HEAD" })]);
      for (const answer of answers) {
        statuses.add(answer.status);
        await answer.arrayBuffer();
      }
    }

    expect([...statuses]).toEqual([200]);
    expect(here.on.ledger.items()).toEqual(before);
    await expectUntouched(here);
  });

  test("that ask with HEAD get the same head and no body", async () => {
    const here = await site();

    const head = await fetch(here.url(), { method: "HEAD" });

    expect(await head.text()).toBe("");
    expect(head.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  test.each(["approved", "rejected"])(
    "that press every button of every form as found are refused: %s",
    async (decision) => {
      const here = await site();

      expect(await here.submit(LEAD, { decision, comment: "", version: "" })).toMatchObject({ status: 400 });
      await expectUntouched(here);
    },
  );

  test("that press both buttons, or none, are refused", async () => {
    const here = await site();
    const { text } = await here.get();

    expect(
      await here.send(here.url(), formFrom(text, { ...APPROVE, decision: ["approved", "rejected"] })),
    ).toMatchObject({ status: 400 });
    expect(await here.send(here.url(), formFrom(text, { comment: "", version: "v1.4.0" }))).toMatchObject({
      status: 400,
    });
    await expectUntouched(here);
  });

  test("that tick all boxes and fill every text field with something are refused", async () => {
    const here = await site();

    for (const version of ["test", "1", "v1.4.1", "bbws-store", "V1.4.0", "v1.4.0 "]) {
      const expected = version.trim() === "v1.4.0" ? 303 : 400;
      const { status } = await here.submit(LEAD, { ...APPROVE, comment: version, version });
      expect([version, status]).toEqual([version, expected]);
    }
  });

  test("find the version nowhere in the form that they are to fill in", async () => {
    const here = await site();

    const [form] = /<form[\s\S]*<\/form>/.exec((await here.get()).text) ?? [];

    expect(form).toContain('name="version"');
    expect(form).not.toContain("v1.4.0");
  });
});
