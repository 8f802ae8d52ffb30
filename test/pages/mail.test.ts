import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mailHtml } from "../../functions/pages/mail.ts";

const PAGES = "https://releases.example.com/approvals";
const LINK = `${PAGES}/${"0a".repeat(32)}`;
const html = (body: string, subject = "Approve shop v2 for prod?") => mailHtml({ subject, body }, PAGES);
const hrefs = (page: string) => [...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);

describe("a mail as HTML", () => {
  it("has the words of the plain text, and the link to the page as a button and as text", () => {
    const page = html(
      `You are asked.\n\n  Release      shop v2\n  Risk         high\n\nDecide here:\n${LINK}\n\nIt is yours alone.`,
    );
    expect(hrefs(page)).toEqual([LINK]);
    expect(page).toContain(`>Read the evidence and decide</a>`);
    expect(page).toMatch(new RegExp(`<p [^>]*>${LINK}</p>`));
    for (const words of [
      "You are asked.",

      "Decide here:",
      "It is yours alone.",
    ]) {
      expect(page).toContain(`>${words}</p>`);
    }
  });

  it("makes a table of facts, with what goes on under its value, and mends lines that were broken for plain text", () => {
    const page = html(
      "  Release      shop v2\n  Requested by sam@shop.example\n  Changes      one line\n               and the next\n\n" +
        `${"word ".repeat(16).trim()}\nmore.\nA line of its own.\n\n  lead@shop.example\n  ops@shop.example`,
    );
    const facts = [...page.matchAll(/<th [^>]*>([^<]*)<\/th><td [^>]*>([^<]*)<\/td>/g)].map(([, name, value]) => [
      name,
      value,
    ]);
    expect(facts).toEqual([
      ["Release", "shop v2"],
      ["Requested by", "sam@shop.example"],
      ["Changes", "one line\nand the next"],
    ]);
    expect(page).toContain("word word more.\nA line of its own.</p>");
    expect(page).toContain(">  lead@shop.example\n  ops@shop.example</p>");
  });

  it("makes no link of what people wrote, nor of an address that is not our page's", () => {
    for (const line of [
      "https://evil.example/approvals/x",
      `see ${LINK}`,
      `  Changes      ${LINK}`,
      `${PAGES}.evil.example/x`,
      `${LINK}?next=//evil.example`,
      `${LINK}" onclick="x`,
      "javascript:alert(1)",
    ]) {
      expect(hrefs(html(`Hello\n${line}`)), line).toEqual([]);
    }
  });

  it("has no link where the sender was told no page", () => {
    expect(hrefs(mailHtml({ subject: "s", body: LINK }, "/approvals"))).toEqual([]);
  });

  it("loads nothing, tracks nobody, and says its language and its subject", () => {
    const page = html(`Hello\n${LINK}`);
    expect(page).not.toMatch(/<(script|img|link|iframe|form)|url\(|@import/i);
    expect(page).toContain("<a ses:no-track ");
    expect(page).toContain('<html lang="en">');
    expect(page).toContain("<title>Approve shop v2 for prod?</title>");
  });

  it("escapes whatever it is given", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (subject, body) => {
        const tags = new Set(
          [...html(`${body}\n\n<b>${body}</b>`, `<i>${subject}`).matchAll(/<\/?([a-z!]+)/gi)].map(([, name]) => name),
        );
        expect([...tags].filter((name) => !KNOWN.has(String(name)))).toEqual([]);
      }),
    );
    expect(html("<b>bold</b>", '"><script>')).toContain("&lt;b&gt;bold&lt;/b&gt;");
  });
});

const KNOWN = new Set([
  "!doctype",
  "html",
  "head",
  "meta",
  "title",
  "body",
  "div",
  "p",
  "a",
  "table",
  "tr",
  "th",
  "td",
]);
