import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { rehearse } from "../../cli/rehearse.ts";

const root = (path: string) => new URL(`../../${path}`, import.meta.url).pathname;

const TIME = /^\w{3} \d\d \w{3} \d\d:\d\d:\d\d {2}/;

/** What the excerpt shows of the environment that customers use: states, or people, and what they say there. */
const SHOWN = [
  /^(Ask approval|Check window|Shift traffic|Bake|Finish rollout|Close promotion) /,
  /^Deploy candidate +version \d+ is published/,
  /^Judge +passed/,
  /^\S+@\S+ +approved/,
];

/** The first line, what happened in prod in short, and how it ended. */
function excerptOf(printed: string): string {
  const [before = "", rest = ""] = printed.split(/\n── prod ─+\n/);
  const [told = "", closing = ""] = rest.split("\n\n");
  const shown = told.split("\n").filter((line) => SHOWN.some((pattern) => pattern.test(line.replace(TIME, ""))));
  const ending = closing.split("\n").filter((line) => !/^(traffic|cost|files) |^ {11}(sit|prod) /.test(line));
  return [before.split("\n")[0], ...shown, ...ending].join("\n").trimEnd();
}

/** Another excerpt, after a change that is meant: `npx vitest run test/cli/readme.test.ts -u`. */
it("the README's excerpt is what the default rehearsal prints", { timeout: 120_000 }, async () => {
  let printed = "";
  const code = await rehearse({
    releaseFile: root("events/bbws-v2025.12.25.1.json"),
    policyFile: root("infra/policies/bbws.json"),
    scenarioFile: root("test/scenarios/healthy.json"),
    seed: null,
    reportFile: null,
    write: (text) => {
      printed += text;
    },
    colour: false,
    width: 220,
  });
  expect(code).toBe(0);
  const fence = /(?<=<!-- rehearsal:[^>]*-->\n```\n)[\s\S]*?(?=\n```)/;
  const readme = readFileSync(root("README.md"), "utf8");
  expect(readme).toMatch(fence);
  const excerpt = excerptOf(printed);
  expect(excerpt.split("\n").length).toBeGreaterThan(15);
  await expect(readme.replace(fence, () => excerpt)).toMatchFileSnapshot(root("README.md"));
});
