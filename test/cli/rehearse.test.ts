import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RehearseOptions, rehearse } from "../../cli/rehearse.ts";
import { replay } from "../../cli/replay.ts";

const PATIENCE_MS = 90_000;

const here = (path: string) => new URL(`../../${path}`, import.meta.url).pathname;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rehearse-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Rehearses the BBWS promotion with a candidate that has to be rolled back. */
async function rehearsed(options: Partial<RehearseOptions>) {
  const written: string[] = [];
  const code = await rehearse({
    releaseFile: here("events/bbws-v2025.12.25.1.json"),
    policyFile: here("infra/policies/bbws.json"),
    scenarioFile: here("test/scenarios/errors-at-25.json"),
    seed: null,
    reportFile: null,
    write: (text) => void written.push(text),
    colour: false,
    width: 160,
    ...options,
  });
  const output = written.join("");
  return { code, written, output, lines: output.split("\n") };
}

/** What a terminal shows: without its control sequences. */
const shownOf = (text: string) =>
  text
    .split("\u001b")
    .map((part, index) => (index === 0 ? part : part.replace(/^\[[\d;]*[mK]/, "")))
    .join("")
    .replaceAll("\r", "");

describe("a rehearsal on paper", () => {
  let told: Awaited<ReturnType<typeof rehearsed>>;
  beforeAll(async () => {
    told = await rehearsed({ reportFile: join(folder, "new", "rehearsal.html") });
  }, PATIENCE_MS);

  test("exits 3 for rolled back, and says so with where traffic is", () => {
    expect(told.code).toBe(3);
    expect(told.lines).toContain("outcome    ROLLED-BACK");
    expect(told.lines).toContain("           prod  version 7 (auth, product, order)");
  });

  test("says first what is rehearsed, and in which world", () => {
    expect(told.lines[0]).toBe("Headgate rehearses bbws-store v2025.12.25.1 through sit, prod");
    expect(told.lines[1]).toMatch(/^World "errors-at-25", seed 1: A candidate that works while few use it/);
  });

  test("is plain, in columns, within its width, under a heading for each environment", () => {
    expect([...told.output].every((letter) => letter === "\n" || letter >= " ")).toBe(true);
    expect(Math.max(...told.lines.map(({ length }) => length))).toBeLessThanOrEqual(160);
    expect(told.lines.filter((line) => line.startsWith("── ")).map((line) => line.split(" ")[1])).toEqual([
      "sit",
      "prod",
    ]);
    const timed = told.lines.filter((line) => /^\w{3} \d\d \w{3} \d\d:\d\d:\d\d {2}\S/.test(line));
    expect(timed.length).toBeGreaterThan(40);
    const times = timed.map((line) => Date.parse(`${line.slice(4, 10)} 2026 ${line.slice(11, 19)} UTC`));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("announces each bake, and tells a verdict with both arms and the evidence", () => {
    expect(told.output).toMatch(/ Bake +baking at 10 % for 15m\n/);
    expect(told.output).toMatch(
      / Judge +passed after 15m(\d+s)?: error rate \d\.\d\d % vs \d\.\d\d %, p95 \d+ ms vs \d+ ms, (?:no )?evidence against it/,
    );
    expect(told.output).toMatch(/ Judge +FAIL: .*evidence against it 1 in [\d,]+; /);
    expect(told.output).not.toContain("no-data");
  });

  test("groups mails and retries", () => {
    expect(told.output).toMatch(/ mail +to 4 people: promotion started\n/);
    expect(told.output.match(/not yet: the code of [\w-]+ is being replaced/g)).toHaveLength(2);
  });

  test("writes the report and a recording of each environment, and names them", async () => {
    expect((await readdir(join(folder, "new"))).sort()).toEqual([
      "rehearsal-prod.json",
      "rehearsal-sit.json",
      "rehearsal.html",
    ]);
    for (const name of ["rehearsal.html", "rehearsal-sit.json", "rehearsal-prod.json"])
      expect(told.output).toContain(name);
    expect(await readFile(join(folder, "new", "rehearsal.html"), "utf8")).toMatch(/^<!doctype html>/);
  });

  test("can be replayed: as it was it fails again, and under looser rules it would not", async () => {
    const lines: string[] = [];
    const write = (text: string) => void lines.push(text);
    const recordFile = join(folder, "new", "rehearsal-prod.json");
    expect(await replay({ recordFile, analysisFile: null, write })).toBe(0);
    expect(lines.join("")).toMatch(/would have been rolled back after \d+ minutes, at 25 %/);
    const analysisFile = join(folder, "loose.json");
    await writeFile(
      analysisFile,
      JSON.stringify({ alpha: 0.000_000_000_001, metrics: [{ name: "lambda-error-rate", rules: [] }] }),
    );
    lines.length = 0;
    expect(await replay({ recordFile, analysisFile, write })).toBe(0);
    expect(lines.join("")).toMatch(/would not have been rolled back/);
  });

  test(
    "on a terminal is coloured, says that time is skipped, and otherwise tells the same to the byte",
    async () => {
      const { written, output } = await rehearsed({ colour: true, seed: 1 });
      expect(output).toContain("\u001b[31mROLLED-BACK\u001b[0m");
      const progress = written.filter((text) => !text.endsWith("\n"));
      expect(progress.length).toBeGreaterThan(100);
      expect(shownOf(progress.at(100) ?? "")).toMatch(
        /^\w{3} \d\d \w{3} [\d:]+ {2}… \d+h(\d+m)?: waiting for the change window/,
      );
      const shown = shownOf(written.filter((text) => text.endsWith("\n")).join(""));
      expect(shown === told.output.slice(0, told.output.indexOf("files  "))).toBe(true);
    },
    PATIENCE_MS,
  );
});

test("what cannot be read or is no scenario is bad input, and nothing is written", async () => {
  const reportFile = join(folder, "never", "rehearsal.html");
  const missing = await rehearsed({ scenarioFile: join(folder, "missing.json"), reportFile });
  expect(missing.code).toBe(2);
  const wrong = await rehearsed({ scenarioFile: here("package.json"), reportFile });
  expect(wrong).toMatchObject({ code: 2, output: expect.stringContaining("read as a scenario\n") });
  expect(wrong.output).toContain(
    "scenario.startsAt (not set)\n    is missing\n    hint: test/scenarios/healthy.json is an example",
  );
  expect(await readdir(folder)).not.toContain("never");
});

test("a world in which somebody moves what the plan does not have is bad input, before anything is run", async () => {
  const scenarioFile = join(folder, "stranger.json");
  const scenario = JSON.parse(await readFile(here("test/scenarios/healthy.json"), "utf8"));
  await writeFile(
    scenarioFile,
    JSON.stringify({ ...scenario, moves: [{ at: "1h", function: "bbws-prod-ordr-lambda", version: "6" }] }),
  );
  const { code, output } = await rehearsed({ scenarioFile });
  expect(code).toBe(2);
  expect(output).toMatch(/^scenario\.moves\[0\] = .*bbws-prod-ordr-lambda/);
  expect(output).toContain("bbws-prod-order-lambda, alias live, in 093646564004");
});

test("a release that its policy does not allow is bad input, with its problems", async () => {
  const releaseFile = join(folder, "release.json");
  const release = JSON.parse(await readFile(here("events/bbws-v2025.12.25.1.json"), "utf8"));
  await writeFile(releaseFile, JSON.stringify({ ...release, environments: ["mars"] }));
  const { code, output } = await rehearsed({ releaseFile });
  expect(code).toBe(2);
  expect(output).toContain("mars");
});
