/** Texts are cut into pieces that can be kept: whole characters, in order, below an item's limit. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { piecesOf } from "../../functions/domain/plan-text.ts";

it("cuts no character in two, wherever it stands", () => {
  for (const before of [89_998, 89_999, 90_000]) {
    const text = `${"a".repeat(before)}🚀${"b".repeat(90_000)}`;
    const pieces = piecesOf(text);
    expect(pieces.map((piece) => piece.isWellFormed())).toEqual(pieces.map(() => true));
    expect(pieces.join("")).toBe(text);
  }
});

it("keeps any text, in pieces of at most 400 KB of UTF-8, as few as there can be", () => {
  const unit = fc.constantFrom("a", "ß", "漢", "🚀", "\ud83d");
  fc.assert(
    fc.property(unit, fc.nat(300_000), (character, length) => {
      const text = character.repeat(Math.ceil(length / character.length));
      const pieces = piecesOf(text);
      expect(pieces.join("")).toBe(text);
      expect(pieces.every((piece) => new TextEncoder().encode(piece).length < 400 * 1_000)).toBe(true);
      expect(pieces.length).toBeLessThanOrEqual(Math.ceil(text.length / 89_999));
    }),
    { numRuns: 50 },
  );
});
