import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { personOf, samePerson } from "../../functions/domain/people.ts";

/** Letters, digits and dots, as mailboxes are called. */
const letter = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789");
const word = fc.string({ unit: letter, minLength: 1, maxLength: 8 });
const local = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join("."));
const domain = fc.constantFrom("example.com", "mail.example.org", "xn--bcher-kva.example", "gmail.com");
const mailbox = fc.tuple(local, domain);

/** Zero-width characters, selectors, fillers, joiners, hyphens and tags: nobody sees any of them. */
const UNSEEN = [..."\u200B\u200C\u200D\u2060\uFEFF\u00AD\u034F\u061C\u115F\u1160\u17B4\u180B\u180E\u2066\u202E"].concat(
  [..."\u3164\uFFA0\uFE0F\u{E0100}\u{E0041}\u{E007F}\u0000\u001B\u0085\u2800"],
);

type Decoration = (local: string, domain: string) => readonly [string, string];

/** Ways to write the same mailbox, each of the local part and the domain. */
const DECORATIONS: Readonly<Record<string, Decoration>> = {
  capitals: (name, host) => [name.toUpperCase(), host.toUpperCase()],
  quoted: (name, host) => [`"${name}"`, host],
  "quoted, each letter by a backslash": (name, host) => [`"${name.replace(/[a-z]/g, "\\$&")}"`, host],
  "comment before": (name, host) => [`(it is (me))${name}`, host],
  "comment after": (name, host) => [name, `${host}(at \\) work)`],
  "comment at the @": (name, host) => [`${name}(x)`, host],
  "dot after the domain": (name, host) => [name, `${host}.`],
  "full-width": (name, host) => [name.replace(/[a-z]/g, widened), host.replace(/[a-z]/g, widened)],
  "ideographic dots": (name, host) => [name, host.replaceAll(".", "\u3002")],
  "blanks at the @": (name, host) => [`${name} `, ` ${host}`],
  tag: (name, host) => [`${name}+prod`, host],
  "display name": (name, host) => [`Jane "J." Doe <${name}`, `${host}>`],
  "other form of the domain": (name, host) => [name, host.replace("xn--bcher-kva", "B\u00DCCHER")],
  "decomposed domain": (name, host) => [name, host.replace("xn--bcher-kva", "bu\u0308cher")],
  "Google's other domain": (name, host) => [name, host.replace("gmail.com", "googlemail.com")],
  "dots where Google ignores them": (name, host) => [host === "gmail.com" ? [...name].join(".") : name, host],
};

function widened(found: string): string {
  return String.fromCodePoint((found.codePointAt(0) ?? 0) + 0xfee0);
}

/** The text with some of what nobody sees before each of its letters. */
function sprinkled(text: string) {
  const letters = [...text];
  const before = fc.constantFrom("", "", "", "", ...UNSEEN);
  return fc
    .array(before, { minLength: letters.length, maxLength: letters.length })
    .map((unseen) => letters.map((one, index) => `${unseen[index]}${one}`).join(""));
}

describe("a mailbox under another spelling is the same person", () => {
  test.each(Object.entries(DECORATIONS))("%s", (_, decorate) => {
    fc.assert(
      fc.property(mailbox, ([name, host]) => {
        expect(personOf(decorate(name, host).join("@"))).toBe(personOf(`${name}@${host}`));
      }),
    );
  });

  test.each(UNSEEN.map((unseen) => [(unseen.codePointAt(0) ?? 0).toString(16), unseen]))("U+%s in it", (_, unseen) => {
    expect(personOf(`jane${unseen}doe@exam${unseen}ple.com${unseen}`)).toBe("janedoe@example.com");
  });

  test.each([
    ["a final sigma", "\u03B1\u03C3@example.com", "\u0391\u03A3@example.com"],
    ["a quote in a comment", '(")jane(x)@example.com', "jane@example.com"],
    ["a comment that does not end", "jane(doe@example.com", "janedoe@example.com"],
  ])("%s", (_, written, plain) => {
    expect(personOf(written)).toBe(personOf(plain));
  });

  test("any of these ways, with what nobody sees sprinkled over it", () => {
    const written = fc
      .tuple(mailbox, fc.constantFrom(...Object.values(DECORATIONS)))
      .chain(([[name, host], decorate]) =>
        fc.tuple(fc.constant(`${name}@${host}`), sprinkled(decorate(name, host).join("@"))),
      );
    fc.assert(
      fc.property(written, ([plain, decorated]) => {
        expect(personOf(decorated)).toBe(personOf(plain));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("mailboxes that a provider tells apart are two people", () => {
  test("whatever they are called, where dots count", () => {
    const apart = fc.constantFrom("example.com", "mail.example.org", "googlemail.com.example", "notgmail.com");
    fc.assert(
      fc.property(local, local, apart, (one, other, host) => {
        expect(samePerson(`${one}@${host}`, `${other}@${host}`)).toBe(one === other);
      }),
    );
  });

  test.each([
    ["jane.doe@example.com", "janedoe@example.com"],
    ["jane@example.com", "jane@example.org"],
    ["jane@gmail.com", "jane@mail.com"],
    ["jane@gmail.com", "jane@gmail.com.example"],
    ["jane@xn--bcher-kva.example", "jane@bucher.example"],
    ['"jane(x)doe"@example.com', "janedoe@example.com"],
    ["j\u0430ne@example.com", "jane@example.com"],
  ])("%s and %s", (one, other) => {
    expect(samePerson(one, other)).toBe(false);
  });

  test("dots are ignored at gmail.com and googlemail.com alone", () => {
    expect(personOf("J.A.N.E+x@googlemail.com")).toBe("jane@gmail.com");
    expect(personOf("j.a.n.e@mail.gmail.com")).toBe("j.a.n.e@mail.gmail.com");
  });
});

describe("comparing is stable", () => {
  test.each([
    ["any text", fc.string({ unit: "binary", maxLength: 40 })],
    [
      "any text around an @",
      fc
        .tuple(fc.string({ unit: "binary", maxLength: 20 }), fc.string({ unit: "binary" }))
        .map((parts) => parts.join("@")),
    ],
    [
      "marks of addresses",
      fc.string({ unit: fc.constantFrom(...'aB.@"\\()<>+ \u3002\uFF0E\u00DF\u0130\u0345\u1E9E'), maxLength: 14 }),
    ],
  ])("a person of a person is the same: %s", (_, text) => {
    fc.assert(
      fc.property(text, (written) => {
        expect(personOf(personOf(written))).toBe(personOf(written));
      }),
      { numRuns: 2_000 },
    );
  });
});
