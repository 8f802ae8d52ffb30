import { describe, expect, it } from "vitest";
import { ServiceTrouble } from "../../../functions/domain/errors.ts";
import { withLogs } from "../../../functions/domain/judge/look-at-logs.ts";
import { type EvidenceState, NO_EVIDENCE } from "../../../functions/domain/judge/state.ts";
import type { FoundLines, LogSearch } from "../../../functions/domain/ports.ts";
import { environmentPlan, MINUTE } from "../../support/canary-world.ts";

const DAY = 86_400_000;
const START = 10 * DAY;
const base = environmentPlan();
const plan = { ...base, analysis: { ...base.analysis, newErrors: "hold" as const } };
const [target] = plan.targets;
const span = (from: number, weight: number) => ({ from, weight, finished: false });
const line = (version: string, message: string) => ({ stream: `2026/11/24/[${version}]ab`, message });

/** Logs whose searches take until the next look. */
function scene(answer: (search: LogSearch) => FoundLines | Error) {
  const searches: LogSearch[] = [];
  const warned: string[] = [];
  let fresh = "";
  let state: EvidenceState = { ...NO_EVIDENCE, spans: [span(START, 10)] };
  const logs = {
    search: async (wanted: LogSearch) => {
      searches.push(wanted);
      fresh = `s${searches.length - 1}`;
      return fresh;
    },
    found: async (id: string) => {
      if (id === fresh) return null;
      const found = answer(searches[Number(id.slice(1))] ?? { group: "", from: 0, to: 0 });
      if (found instanceof Error) throw found;
      return found;
    },
  };
  const deps = { logs: () => logs, log: { info: () => {}, warn: (text: string) => void warned.push(text) } };
  const look = async (minute: number, spans = state.spans, of = plan) => {
    if (target === undefined) throw new Error("the plan has a target");
    const arms = [{ target, baseline: "7", candidate: "8" }];
    fresh = "";
    state = await withLogs(deps, of, arms, { ...state, spans }, START + minute * MINUTE);
    return state.logs?.order;
  };
  return { look, searches, warned };
}

const nothing = { lines: [], complete: true };

describe("a look at the logs", () => {
  it("begins with the day before the first shift, and with the minutes that have settled since", async () => {
    const { look, searches } = scene(() => nothing);
    await look(1);
    expect(searches).toEqual([{ group: "/aws/lambda/shop-order", from: START - DAY, to: START }]);
    await look(4);
    expect(searches[1]).toEqual({ group: "/aws/lambda/shop-order", from: START, to: START + 2 * MINUTE });
  });

  it("reads at the next look what it began, and goes on from there", async () => {
    const { look, searches } = scene(({ from }) =>
      from < START ? { lines: [line("7", "old 1")], complete: true } : { lines: [line("8", "new 1")], complete: true },
    );
    await look(4);
    const found = await look(6);
    expect(found).toMatchObject({ known: ["old *"], seen: [{ fingerprint: "new *", candidate: 1 }] });
    expect(searches.slice(1).map(({ from, to }) => [from - START, to - START])).toEqual([
      [0, 2 * MINUTE],
      [2 * MINUTE, 4 * MINUTE],
    ]);
  });

  it("does not search across a change of weights", async () => {
    const { look, searches } = scene(() => nothing);
    await look(4);
    await look(20, [span(START, 10), span(START + 15 * MINUTE, 25)]);
    const last = await look(30, [span(START, 10), span(START + 15 * MINUTE, 25)]);
    expect(searches.slice(2).map(({ from, to }) => [(from - START) / MINUTE, (to - START) / MINUTE])).toEqual([
      [2, 15],
      [15, 28],
    ]);
    expect(last?.search?.weight).toBe(25);
  });

  it("does not search where nothing runs beside the candidate", async () => {
    const { look, searches } = scene(() => nothing);
    await look(4);
    await look(20, [span(START, 10), span(START + 2 * MINUTE, 100)]);
    const last = await look(30, [span(START, 10), span(START + 2 * MINUTE, 100)]);
    expect(searches.slice(1).map(({ from, to }) => [(from - START) / MINUTE, (to - START) / MINUTE])).toEqual([[0, 2]]);
    expect(last).toMatchObject({ search: null, next: START + 28 * MINUTE });
  });

  it("tells of a search that came to nothing, and begins the same stretch anew", async () => {
    const trouble = new ServiceTrouble("a search of logs ended as Failed");
    const { look, searches, warned } = scene(({ from }) => (from < START ? nothing : trouble));
    await look(4);
    expect(await look(6)).toMatchObject({ trouble: "a search of logs ended as Failed", search: null, next: START });
    await look(7);
    expect(searches.at(-1)).toMatchObject({ from: START });
    expect(warned).toEqual(["could not search logs"]);
  });

  it("is none where the policy does not ask for it, or before there is traffic", async () => {
    const { look, searches } = scene(() => nothing);
    expect(await look(4, undefined, base as typeof plan)).toBeUndefined();
    expect(await look(4, [])).toBeUndefined();
    expect(searches).toEqual([]);
  });
});
