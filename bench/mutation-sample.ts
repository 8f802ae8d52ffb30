/**
 * A seeded sample of the domain for mutation testing: all of its mutants take hours, and a sample's score says nearly as
 * much. Prints what Stryker's `--mutate` takes: blocks of lines, drawn evenly over all lines of `functions/domain`.
 *
 *   npx stryker run --mutate "$(node bench/mutation-sample.ts --share 0.1 --seed 1)"
 */
import { readdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createRandom } from "./random.ts";

const { values } = parseArgs({
  options: { share: { type: "string", default: "0.1" }, seed: { type: "string", default: "1" } },
});

/** Lines of a block: long enough to hold whole expressions, short enough that many files are met. */
const BLOCK = 8;

const domain = new URL("../functions/domain/", import.meta.url);
const random = createRandom(`mutation sample ${values.seed}`);
const blocks = readdirSync(domain)
  .filter((file) => file.endsWith(".ts"))
  .sort()
  .flatMap((file) => {
    const lines = readFileSync(new URL(file, domain), "utf8").split("\n").length;
    return Array.from({ length: Math.ceil(lines / BLOCK) }, (_, block) => {
      const first = block * BLOCK + 1;
      return `functions/domain/${file}:${first}-${Math.min(lines, first + BLOCK - 1)}`;
    });
  });
const drawn = blocks.filter(() => random.next() < Number(values.share));
process.stdout.write(`${drawn.join(",")}\n`);
