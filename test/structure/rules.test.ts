import { describe, expect, it } from "vitest";
import { AREAS, EXCEPTIONS, FLOORS } from "./areas.ts";
import { type Files, modulesOf } from "./modules.ts";
import { circles, halves, strangers, tall, trespasses, upward } from "./rules.ts";

const DOMAIN = "functions/domain";
const of = (files: Files) => modulesOf(files);

describe("a file that decides and acts", () => {
  const broken = (text: string) => halves(of({ "a.ts": text }));
  const PURE = "export function decide(): number { return 1; }\n";

  it.each([
    ["an async function", "export async function act() {}"],
    ["a function that answers with a promise", "export function act(): Promise<void> { return later(); }"],
    ["an async arrow", "export const act = async () => {};"],
    ["an arrow that answers with a promise", "export const act = (): Promise<void> => later();"],
    ["a function that makes an async one", "export const act = (deps: Deps) => async (input: Input) => {};"],
    ["an async iterator", "export function act(): AsyncIterable<number> { return many(); }"],
  ])("is found where it exports a pure function and %s", (_words, acting) => {
    expect(broken(`${PURE}${acting}`)).toEqual(["a.ts decides (decide) and acts (act)"]);
    expect(broken(acting)).toEqual([]);
  });

  it("is found whichever way its pure half is written", () => {
    const acting = "export async function act() {}\n";
    expect(broken(`${acting}export const decide = (n: number) => n;`)).toHaveLength(1);
    expect(broken(`${acting}export const decide = (n: number) => (m: number) => n + m;`)).toHaveLength(1);
  });

  it("is none where what is exported beside is a constant, a type, a class, or what is pure is not exported", () => {
    const beside = "export const N = 1;\nexport type A = B;\nexport class C {}\nfunction decide() {}\n";
    expect(broken(`${beside}export async function act() {}`)).toEqual([]);
  });

  it("is none where an object has an async member: it is one noun", () => {
    expect(broken(`${PURE}export const gate = { async run() {} };`)).toEqual([]);
  });
});

describe("a room", () => {
  const look = (files: Files) => upward(of(files), DOMAIN, FLOORS);

  it("imports from the floors below, and itself", () => {
    const text =
      'import { a } from "../ledger/keys.ts";\nimport { b } from "./restore.ts";\nimport { c } from "../plan.ts";';
    expect(look({ [`${DOMAIN}/traffic/trip.ts`]: text })).toEqual([]);
  });

  it.each([
    ["from above", "ledger/keys.ts", "../traffic/trip.ts", "traffic/trip.ts"],
    ["from beside", "traffic/trip.ts", "../approval/ask.ts", "approval/ask.ts"],
    ["as the root, from any room", "plan.ts", "./ledger/keys.ts", "ledger/keys.ts"],
    ["as a room inside, from the one around it", "judge/statistics/rank.ts", "../bake.ts", "judge/bake.ts"],
  ])("imports nothing %s, not even a type", (_words, file, source, other) => {
    const text = `import type { A } from "${source}";`;
    expect(look({ [`${DOMAIN}/${file}`]: text })).toEqual([
      `${DOMAIN}/${file} imports ${DOMAIN}/${other}, which is not below it`,
    ]);
  });

  it("has to be given a floor", () => {
    expect(look({ [`${DOMAIN}/attic/old.ts`]: "" })).toEqual([
      `${DOMAIN}/attic/old.ts is in a room that stands on no floor`,
    ]);
  });
});

describe("who may import whom", () => {
  const look = (file: string, ...sources: string[]) =>
    trespasses(of({ [file]: sources.map((source) => `import "${source}";`).join("\n") }), AREAS, []);

  it.each([
    ["functions/domain/windows.ts", "../adapters/web.ts"],
    ["functions/domain/windows.ts", "node:crypto"],
    ["functions/domain/windows.ts", "@aws-sdk/client-lambda"],
    ["functions/domain/judge/assess.ts", "../../targets/lambda-alias/series.ts"],
    ["functions/domain/plan/targets.ts", "../../targets/adapters.ts"],
    ["functions/targets/kinds.ts", "../domain/ledger/keys.ts"],
    ["functions/targets/lambda-alias/kind.ts", "@aws-sdk/client-lambda"],
    ["functions/targets/lambda-alias/series.ts", "../../domain/judge/assess.ts"],
    ["functions/adapters/web.ts", "./executions.ts"],
    ["functions/adapters/web.ts", "../runtime/host.ts"],
    ["functions/pages/layout.ts", "../runtime/http.ts"],
    ["functions/judge.ts", "./adapters/cloudwatch.ts"],
    ["functions/judge.ts", "./decide.ts"],
    ["functions/judge.ts", "@aws-sdk/client-cloudwatch"],
    ["infra/app.ts", "../functions/adapters/web.ts"],
    ["infra/app.ts", "../sandbox/sandbox.ts"],
    ["infra/app.ts", "../functions/targets/adapters.ts"],
    ["cli/main.ts", "../functions/targets/grants.ts"],
    ["cli/main.ts", "../functions/judge.ts"],
    ["sandbox/clock.ts", "./asl/walk.ts"],
    ["sandbox/asl/walk.ts", "../../functions/domain/errors.ts"],
    ["sandbox/asl/walk.ts", "../aws/sdk.ts"],
    ["sandbox/aws/sdk.ts", "../../functions/domain/errors.ts"],
    ["sandbox/aws/sdk.ts", "../world/scenario.ts"],
    ["sandbox/report/report.ts", "../../infra/app.ts"],
    ["bench/judge.ts", "../test/support/deps.ts"],
    ["functions/judge.ts", "../test/support/deps.ts"],
  ])("keeps %s from %s", (file, source) => {
    expect(look(file, source)).toHaveLength(1);
  });

  it.each([
    ["functions/domain/judge/assess.ts", "../../targets/kinds.ts"],
    ["functions/targets/lambda-alias/traffic.ts", "@aws-sdk/client-lambda"],
    ["functions/adapters/web.ts", "./shared/deadline.ts"],
    ["functions/runtime/dependencies.ts", "../targets/adapters.ts"],
    ["infra/places.ts", "../functions/targets/lambda-alias/grants.ts"],
    ["sandbox/host/gateway.ts", "../../functions/runtime/host.ts"],
  ])("lets %s have %s", (file, source) => {
    expect(look(file, source)).toEqual([]);
  });

  it("sees a type, an import() and what is passed on, too", () => {
    const texts = [
      'import type { A } from "../adapters/web.ts";',
      'const later = () => import("../adapters/web.ts");',
      'export { a } from "../adapters/web.ts";',
      'export * from "../adapters/web.ts";',
      'const a: typeof import("../adapters/web.ts") = b;',
    ];
    for (const text of texts) {
      expect(trespasses(of({ "functions/domain/windows.ts": text }), AREAS, [])).toEqual([
        "functions/domain/windows.ts imports functions/adapters/web.ts",
      ]);
    }
  });

  it("takes an exception by both its names, and refuses one that nobody needs", () => {
    const [exception] = EXCEPTIONS;
    if (exception === undefined) throw new TypeError("there is no exception");
    const text = 'import { a } from "../functions/adapters/dynamodb-ledger.ts";';
    expect(trespasses(of({ "cli/remote.ts": text }), AREAS, [exception])).toEqual([]);
    expect(trespasses(of({ "cli/other.ts": text }), AREAS, [exception])).toEqual([
      "cli/other.ts imports functions/adapters/dynamodb-ledger.ts",
      "the exception for cli/remote.ts and functions/adapters/dynamodb-ledger.ts is not needed",
    ]);
  });

  it("has an area for every file", () => {
    expect(look("attic/old.ts")).toHaveLength(1);
  });
});

it("keeps a kind from another kind, but not from its own folder nor from what all kinds share", () => {
  const text = 'import "./series.ts";\nimport "../kind.ts";\nimport "../event-rule/kind.ts";';
  const files = {
    "functions/targets/lambda-alias/kind.ts": text,
    "functions/targets/kinds.ts": 'import "./x/kind.ts";',
  };
  expect(strangers(of(files), "functions/targets")).toEqual([
    "functions/targets/lambda-alias/kind.ts imports functions/targets/event-rule/kind.ts, of another kind",
  ]);
});

describe("a circle of imports", () => {
  it("is found by value and by type, however long, and once", () => {
    const files = {
      "a/one.ts": 'import { two } from "./two.ts";',
      "a/two.ts": 'import type { Three } from "../b/three.ts";',
      "b/three.ts": 'export { one } from "../a/one.ts";',
      "b/four.ts": 'import { one } from "../a/one.ts";',
    };
    expect(circles(of(files))).toEqual(["a/one.ts <-> a/two.ts <-> b/three.ts"]);
  });

  it("is none where two ways lead to one place", () => {
    const files = { "a.ts": 'import "./b.ts";\nimport "./c.ts";', "b.ts": 'import "./c.ts";', "c.ts": "" };
    expect(circles(of(files))).toEqual([]);
  });
});

it("finds what is longer than a screen, and not what just fits", () => {
  const files = { "fits.ts": "a;\n".repeat(60), "long.ts": "a;\n".repeat(61) };
  expect(tall(of(files), 60)).toEqual(["long.ts has 61 lines"]);
});
