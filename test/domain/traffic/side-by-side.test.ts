import { describe, expect, it } from "vitest";
import { AT_ONCE, sideBySide } from "../../../functions/domain/traffic/side-by-side.ts";
import { promises } from "../../../functions/runtime/concurrency.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const aMoment = () => new Promise((resolve) => setImmediate(resolve));

describe("many things side by side", () => {
  it("give their results in order, whoever is done first", async () => {
    const slowFirst = async (index: number) => {
      if (index === 0) for (let wait = 0; wait < 5; wait++) await aMoment();
      return index * 10;
    };
    expect(await sideBySide(promises, numbers(4), slowFirst)).toEqual([0, 10, 20, 30]);
  });

  it("are never more than so many at once", async () => {
    let running = 0;
    let most = 0;
    await sideBySide(promises, numbers(100), async () => {
      running += 1;
      most = Math.max(most, running);
      await aMoment();
      running -= 1;
    });
    expect(most).toBe(AT_ONCE);
  });

  it("begin nothing more once one is enough; what is under way comes to its end", async () => {
    const begun: number[] = [];
    const results = await sideBySide(
      promises,
      numbers(100),
      async (index) => {
        begun.push(index);
        await aMoment();
        return index;
      },
      (result) => result === 3,
    );
    expect(begun.length).toBeLessThan(2 * AT_ONCE);
    expect(results).toContain(3);
    expect(results).toEqual(begun.toSorted((a, b) => a - b));
  });

  it("throw the first error, after the others that were under way", async () => {
    const ended: number[] = [];
    const failing = sideBySide(promises, numbers(100), async (index) => {
      await aMoment();
      if (index === 1) throw new Error(`no ${index}`);
      await aMoment();
      ended.push(index);
    });
    await expect(failing).rejects.toThrow("no 1");
    expect(ended.length).toBe(AT_ONCE - 1);
  });

  it("are nothing where there is nothing to do", async () => {
    expect(await sideBySide(promises, [], async () => 1)).toEqual([]);
  });
});
