import { describe, expect, test } from "vitest";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import { mixedScripts } from "../../functions/domain/scripts.ts";
import { documents, NOW } from "./plan/documents.ts";

describe("a word of several scripts", () => {
  test.each([
    ["JIR\u0410-1234", "JIR\u0410", "Latin and Cyrillic"],
    ["fixes p\u0430yment", "p\u0430yment", "Latin and Cyrillic"],
    ["p\u200B\u0430y", "p\u200B\u0430y", "Latin and Cyrillic"],
    ["g\u03BF", "g\u03BF", "Latin and Greek"],
    ["\u0585range", "\u0585range", "Latin and Armenian"],
    ["\u13A0pple", "\u13A0pple", "Latin and Cherokee"],
  ])("%j mixes, and is named", (text, word, scripts) => {
    expect(mixedScripts(text)).toEqual({ word, scripts });
  });

  test.each([
    "Fixes the payment of caf\u00E9s in Z\u00FCrich",
    "\u0417\u0430\u043A\u0430\u0437\u044B API-\u043A\u043B\u044E\u0447, \u0432\u0435\u0440\u0441\u0438\u044F v2",
    "\u03A0\u03B1\u03C1\u03B1\u03B3\u03B3\u03B5\u03BB\u03AF\u03B5\u03C2 2.0",
    "5\u03BCs more, \u0394t below 3\u03C3x",
    "\u6CE8\u6587\u30B5\u30FC\u30D3\u30B9\u306EAPI",
    "",
  ])("%j does not mix", (text) => {
    expect(mixedScripts(text)).toBeNull();
  });
});

test("is warned of wherever it stands in release and policy, and refused nowhere", () => {
  const { policy, release } = documents({
    "release.ticket": "JIR\u0410-1",
    "release.evidence": { "\u041ERDERS": "fine" },
    "policy.description": "sh\u043Ep",
  });
  const resolution = resolvePlan(policy, release, { now: NOW });

  const warnings = resolution.ok ? resolution.warnings : [];
  expect(warnings.filter(({ message }) => message.startsWith("mixes"))).toEqual([
    expect.objectContaining({ path: "policy.description", message: 'mixes Latin and Cyrillic letters in "sh\u043Ep"' }),
    expect.objectContaining({ path: 'release.evidence["\u041ERDERS"]' }),
    expect.objectContaining({
      path: "release.ticket",
      value: "JIR\u0410-1",
      message: 'mixes Latin and Cyrillic letters in "JIR\u0410"',
      hint: "type the word anew in one script; approvers see it marked",
    }),
  ]);
});
