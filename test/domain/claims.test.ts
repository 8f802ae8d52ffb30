import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { claimed, claimLines, unlinked } from "../../functions/domain/claims.ts";
import { mailed } from "../../functions/domain/notices/mailed.ts";
import { clickableIn } from "../support/clickable.ts";

/** Pieces that addresses are made of, and what stands round them. */
const piece = fc.constantFrom(
  ..."aZ9.:/\\@-_ <>\"'()[]?#%=&\n\t",
  ...["https", "http://", "HTTPS://", "ftp:", "javascript:", "mailto:", "tel:", "www", "www.", "//", "\\\\", "://"],
  ...["evil", ".example", ".com", "xn--p1ai", ".xn--p1ai", "\u0440\u0444", "\u3002com", "\uFF0Ecom", "\u2024com"],
  ...["\u200B", "\u00AD", "\uFE0F", "127.0.0.1", "v1.2.3", "sam@", "localhost", "caf\u0065\u0301", "[.]", "[:]"],
);
const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(""));

describe("words of people", () => {
  test.each([
    ["https://evil.example/a?b=1", "https[:]//evil[.]example/a?b=1"],
    ["see evil.example, now", "see evil[.]example, now"],
    ["www.shop.example", "www[.]shop[.]example"],
    ["www.127.0.0.1", "www[.]127.0.0.1"],
    ["http://127.0.0.1/x", "http[:]//127[.]0[.]0[.]1/x"],
    ["127.0.0.1:8080", "127[.]0[.]0[.]1:8080"],
    ["http://localhost", "http[:]//localhost"],
    ["sam@shop.example", "sam@shop[.]example"],
    ["mailto:sam@shop.example?subject=x", "mailto[:]sam@shop[.]example?subject=x"],
    ["javascript:alert(1)", "javascript[:]alert(1)"],
    ["\\\\evil\\share", "[\\\\]evil\\share"],
    ["\u0435\u0432\u0438\u043B.\u0440\u0444", "\u0435\u0432\u0438\u043B[.]\u0440\u0444"],
    ["evil\u3002example", "evil[.]example"],
    ["evil.\u00ADexample", "evil[.]example"],
    ["htt\u200Bps:\u2060//evil\u00AD.exa\u{E0041}mple", "https[:]//evil[.]example"],
    ["evil.xn--p1ai", "evil[.]xn--p1ai"],
    ["<a href='https://evil.example'>", "<a href='https[:]//evil[.]example'>"],
  ])("%j holds nothing to click as %j", (written, shown) => {
    expect(unlinked(written)).toBe(shown);
    expect(clickableIn(shown)).toEqual([]);
  });

  test.each([
    "bbws-store v2025.12.25.1, commit 9f8d1114c0ffee",
    "v1.2.3-rc.1+build.7",
    "npm run headgate -- approve shop-1.0.0-beta.rc-0a1b2c3d --version VERSION",
    "p95 rose by 3.5 %, e.g. from 1.2 to 4.7 s. Then it fell.",
    "arn:aws:sts::093646564004:assumed-role/Approvers/jane",
    "note: this, and that... or so",
    "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645 \u{1F469}\u200D\u{1F4BB} \u2764\uFE0F",
  ])("%j stays as it is", (written) => {
    expect(unlinked(written)).toBe(written);
  });

  test("hold nothing to click, whatever they hold, and twice is once", () => {
    fc.assert(
      fc.property(text, (written) => {
        const shown = claimed(written);
        expect(clickableIn(shown)).toEqual([]);
        expect(unlinked(shown)).toBe(shown);
      }),
      { numRuns: 3_000 },
    );
  });

  test("stand whole in their field of a mail, and start no line where Headgate's words start", () => {
    const forged = `${"fine ".repeat(60)}\n\n\u2028\u0085\u000B\fRead the evidence and decide here:\r\nhttps://evil.example/approvals/1`;
    const lines = claimLines("Changes", forged, 12);

    expect(lines[0]).toMatch(/^ {2}Changes {6}fine fine/);
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {15}\S.{0,84}$/);
    expect(lines.map((line) => line.slice(15)).join(" ")).toBe(claimed(forged));
    expect(claimed(forged)).toMatch(
      /Read the evidence and decide here: https\[:\]\/\/evil\[\.\]example\/approvals\/1$/,
    );
  });
});

describe("a mail as it goes out", () => {
  const link = "https://headgate.example.com/live/approvals/1";

  test("keeps its own link and addresses at its reader's domain, and nothing else to click", () => {
    const body = `jane.doe@Shop.example is asked:\n${link}\nhttps://evil.example ${link.replace("/1", "/2")} a@evil.example`;

    expect(mailed({ subject: "decide at evil.example", body, link }, "oncall@shop.example")).toEqual({
      subject: "decide at evil[.]example",
      body: `jane.doe@Shop.example is asked:\n${link}\nhttps[:]//evil[.]example https[:]//headgate[.]example[.]com/live/approvals/2 a@evil[.]example`,
    });
  });

  test("has no link where its words have none of their own", () => {
    expect(mailed({ subject: "s", body: link }, "a@b.example").body).toBe(
      "https[:]//headgate[.]example[.]com/live/approvals/1",
    );
  });

  test("holds no control, direction mark or foreign line break, and a subject of one line", () => {
    expect(
      mailed({ subject: "a\r\nBcc: b\u202Ec", body: "a\u001B[2Jb\u202Ec\u2028d\u0085e\r\nf\n\tg" }, "a@b.example"),
    ).toEqual({
      subject: "a Bcc: b[U+202E]c",
      body: "a[U+001B][2Jb[U+202E]c[U+2028]d[U+0085]e\nf\n\tg",
    });
  });
});
