import { describe, expect, test } from "vitest";
import { evidenceLine, twoArms } from "../../functions/pages/charts/judged.ts";
import { lineChart, type Point } from "../../functions/pages/charts/line-chart.ts";
import { linear, niceTicks, numberLabel, px, timeLabel, timeTicks } from "../../functions/pages/charts/scale.ts";
import { stepWeights } from "../../functions/pages/charts/step-weights.ts";

const MINUTE = 60_000;
const FROM = Date.UTC(2026, 10, 26, 20);
const points = (...values: (number | null)[]): Point[] => values.map((y, index) => ({ x: FROM + index * MINUTE, y }));

const chart = (change: Partial<Parameters<typeof lineChart>[0]>) =>
  lineChart({ id: "c", title: "Errors", description: "What it shows.", series: [], ...change }).text;
const one = (...values: (number | null)[]) =>
  [{ name: "candidate", tone: "candidate", points: points(...values) }] as const;
const paths = (svg: string) => [...svg.matchAll(/ d="([^"]*)"/g)].map(([, d]) => d);

describe("scales", () => {
  test("hold what lies outside at the edge, and put a lone value in the middle", () => {
    const scale = linear([0, 10], [100, 200]);
    expect([-5, 0, 5, 10, 99].map(scale.at)).toEqual([100, 100, 150, 200, 200]);
    expect(linear([3, 3], [0, 10]).at(3)).toBe(5);
  });

  test.each([
    [0, 1, [0, 0.5, 1]],
    [0, 100, [0, 50, 100]],
    [0, 97, [0, 50, 100]],
    [-2, 4, [-2, 0, 2, 4]],
    [0, 0.003, [0, 0.001, 0.002, 0.003]],
    [7, 7, [6, 8]],
    [0, 0, [0, 0.5]],
  ])("ticks from %d to %d are round and span it", (low, high, ticks) => {
    expect(niceTicks(low, high)).toEqual(ticks);
  });

  test("time is cut at round instants within the span", () => {
    expect(timeTicks(FROM + 1, FROM + 61 * MINUTE, 4).map((at) => timeLabel(at, MINUTE))).toEqual(["20:30", "21:00"]);
    expect(timeTicks(FROM, FROM + 30 * 86_400_000, 5).map((at) => timeLabel(at, 86_400_000))).toEqual([
      "3 Dec",
      "13 Dec",
      "23 Dec",
    ]);
    expect(timeTicks(FROM, FROM)).toEqual([FROM]);
    expect(timeTicks(FROM, FROM + 400 * 86_400_000).length).toBeGreaterThan(5);
  });

  test("numbers are short", () => {
    expect([0, 0.12345, 1234, 12_345, -54_321, 1e6].map(numberLabel)).toEqual([
      "0",
      "0.1235",
      "1234",
      "12.35k",
      "-54.32k",
      "1000k",
    ]);
    expect(px(1.26)).toBe("1.3");
  });
});

describe("a line chart", () => {
  test("says what it shows to those who cannot see it", () => {
    const svg = chart({ series: one(1, 2), yLabel: "%" });

    expect(svg).toContain('role="img" aria-labelledby="c-title c-desc"');
    expect(svg).toContain('<title id="c-title">Errors</title><desc id="c-desc">What it shows.</desc>');
    expect(svg).toContain(">Errors (%)</text>");
  });

  test("breaks where nothing was measured, instead of drawing a zero", () => {
    const [path = "", ...rest] = paths(chart({ series: one(1, 2, null, Number.NaN, 3, null) }));

    expect(path.match(/M/g)).toHaveLength(1);
    expect(rest).toEqual([]);
    expect(chart({ series: one(1, 2, null, 3) }).match(/<circle/g)).toHaveLength(1);
  });

  test("puts the largest value at the top and the smallest at the bottom", () => {
    const [path = ""] = paths(chart({ series: one(0, 100), height: 200 }));

    expect(path).toBe("M44 178L368 56");
  });

  test("keeps every mark inside its frame, also for values beyond the limits given", () => {
    const svg = chart({
      series: one(-500, 1e9, 3),
      yMin: 0,
      yMax: 10,
      from: FROM,
      to: FROM + MINUTE,
      limits: [{ y: 5, label: "limit" }],
      events: [{ x: FROM + 99 * MINUTE, label: "late" }],
      bands: [{ from: FROM - MINUTE, to: FROM + 99 * MINUTE, label: "frozen", bad: true }],
    });

    for (const [, x] of svg.matchAll(/ (?:x|x1|x2|cx)="(-?[\d.]+)"/g)) {
      expect(Number(x)).toBeGreaterThanOrEqual(0);
      expect(Number(x)).toBeLessThanOrEqual(380);
    }
    for (const [, y] of svg.matchAll(/ (?:y|y1|y2|cy)="(-?[\d.]+)"/g)) {
      expect(Number(y)).toBeGreaterThanOrEqual(0);
      expect(Number(y)).toBeLessThanOrEqual(200);
    }
  });

  test("is drawn without a single point, and without a style of its own", () => {
    expect(chart({ series: [{ name: "none", tone: "third", points: [] }] })).not.toContain("NaN");
    expect(chart({ series: one(1, 2) })).not.toMatch(/style=|<script|on\w+=/);
  });

  test("holds a month of minutes", () => {
    const month = Array.from({ length: 200_000 }, (_, index) => ({ x: FROM + index * MINUTE, y: index % 7 }));

    expect(chart({ series: [{ name: "m", tone: "fourth", points: month }] })).not.toContain("Infinity");
  });

  test("cuts words that have no room, and escapes the others", () => {
    const svg = chart({
      title: "<b>",
      series: one(1, 2),
      events: [
        { x: FROM, label: "a very long name" },
        { x: FROM + 4_000, label: "10 %" },
      ],
      bands: [{ from: FROM, to: FROM + 1_000, label: "nothing fits" }],
    });

    expect(svg).toContain("&lt;b&gt;");
    expect(svg).not.toContain("a very long name");
    expect(svg).not.toContain("nothing");
  });

  test("takes the page's whole width when it is wide", () => {
    expect(chart({ width: 900 })).toContain('class="chart wide"');
    expect(chart({})).toContain('class="chart"');
  });
});

test("two arms are told apart by name and by dash", () => {
  const svg = twoArms({ id: "t", title: "t", description: "d", baseline: points(1, 1), candidate: points(2, 2) }).text;

  expect(svg).toContain(">baseline</text>");
  expect(svg).toContain(">candidate</text>");
  expect(svg).toContain('class="line tone-baseline"');
});

test("the evidence is drawn against the line at which traffic goes back", () => {
  const svg = evidenceLine({ id: "e", title: "e", points: points(0, 1), line: Math.log(20) }).text;

  expect(svg).toContain('class="limit"');
  expect(svg).toContain("traffic goes back at 1 in 20");
});

describe("the axis of the evidence", () => {
  const drawn = (...values: number[]) =>
    evidenceLine({ id: "e", title: "e", points: points(...values), line: Math.log(20) }).text;
  const ticks = (svg: string) => [...svg.matchAll(/text-anchor="end">([\d]+[a-zM]*)</g)].map(([, label]) => label);

  test("has marks of what people are told: one in so many", () => {
    expect(ticks(drawn(0, Math.log(350)))).toEqual(["1", "10", "100"]);
    expect(ticks(drawn(0, 1))).toEqual(["1", "10"]);
  });

  test("has few marks however strong the evidence, and ends at one in a thousand million", () => {
    expect(ticks(drawn(0, Math.log(4e7)))).toEqual(["1", "100", "10k", "1M"]);
    expect(ticks(drawn(0, 500))).toEqual(["1", "1k", "1M", "1bn"]);
  });

  test("goes no further down than the line is up: evidence for the candidate has no bound", () => {
    expect(paths(drawn(0, -3, -300))).toEqual(paths(drawn(0, -3, -Math.log(20))));
  });
});

describe("the steps of a rollout", () => {
  const steps = (...list: [number, number][]) =>
    stepWeights({
      id: "s",
      title: "s",
      description: "d",
      steps: list.map(([weight, seconds]) => ({ weight, seconds, label: `${seconds}s` })),
    }).text;
  const widths = (svg: string) => [...svg.matchAll(/<rect[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));

  test("are as wide as their bakes are long", () => {
    const [first = 0, second = 0] = widths(steps([10, 600], [100, 1_200]));
    expect(second / first).toBeCloseTo(2, 1);
  });

  test("can be seen even where nothing bakes", () => {
    expect(widths(steps([10, 0], [100, 900])).every((width) => width > 20)).toBe(true);
    expect(widths(steps([100, 0]))).toEqual([324]);
    expect(steps()).not.toContain("NaN");
  });
});
