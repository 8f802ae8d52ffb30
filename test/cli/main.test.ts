/** The command as it is typed: what it says when it is typed wrongly, and when nobody reads on. */
import { spawn, spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const MAIN = new URL("../../cli/main.ts", import.meta.url).pathname;

const typed = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
  return { status, said: stdout, stderr };
};

test("names every command when it is asked nothing", () => {
  const { status, said } = typed();
  expect(status).toBe(0);
  for (const command of ["check", "rehearse", "replay", "start", "restore"])
    expect(said).toContain(`headgate ${command} `);
});

test.each([
  [["check"], /^check needs a release FILE and --policy FILE\n\n {2}headgate check FILE --policy FILE/],
  [["rehearse", "--seed", "x"], /^--seed x is not a whole number\n\n {2}headgate rehearse /],
  [["rehearse", "--sed", "3"], /^Unknown option '--sed'\.\n\n {2}headgate rehearse /],
  [["hold"], /^hold: name the PROMOTION\n\n {2}headgate hold\|resume\|/],
])("typed wrongly, %j shows its own usage and no other", (args, expected) => {
  const { status, said, stderr } = typed(...args);
  expect({ status, stderr }).toEqual({ status: 2, stderr: "" });
  expect(said).toMatch(expected);
  expect(said.match(/^ {2}headgate /gm)).toHaveLength(1);
});

test.each([[["check", "--help"]], [["help", "check"]]])("asked %j, it says how that command is used", (args) => {
  const { status, said } = typed(...args);
  expect(status).toBe(0);
  expect(said).toMatch(/^ {2}headgate check FILE --policy FILE/);
  expect(said.match(/^ {2}headgate /gm)).toHaveLength(1);
});

test("a command that is not there shows all that are", () => {
  const { status, said } = typed("frobnicate");
  expect(status).toBe(2);
  expect(said).toMatch(/^there is no command "frobnicate"\n\nheadgate: /);
});

test("ends quietly when whoever reads has read enough", async () => {
  const args = [MAIN, "check", "events/bbws-v2025.12.25.1.json", "--policy", "infra/policies/bbws.json"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let complaint = "";
  child.stderr.on("data", (more) => {
    complaint += String(more);
  });
  await new Promise((resolve) => child.once("close", resolve));
  expect(complaint).toBe("");
});
