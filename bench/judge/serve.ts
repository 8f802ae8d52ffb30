/** Runs one of our own methods as a command: lines in, verdicts out. */
import { createInterface } from "node:readline";
import { METHODS } from "./methods.ts";
import { readLine, type Verdict } from "./protocol.ts";

/**
 * Serves the method of this name on stdin and stdout until stdin ends.
 *
 * @throws RangeError when there is no such method
 */
export async function serve(name: string): Promise<void> {
  const method = METHODS.find((one) => one.name === name);
  if (method === undefined) throw new RangeError(`no method is named "${name}"`);
  let judge = method.begin({ reference: [], minutes: [] });
  for await (const line of createInterface({ input: process.stdin })) {
    const said = readLine(line);
    if ("opening" in said) {
      judge = method.begin(said.opening);
      continue;
    }
    const verdict: Verdict = judge(said.minute, said.index) ? "rollback" : "continue";
    process.stdout.write(`${JSON.stringify({ verdict })}\n`);
  }
}
