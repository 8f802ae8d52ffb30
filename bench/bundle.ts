/**
 * How much the statistical judge adds to the judge's bundle: the bytes that its modules hold in the minified handler,
 * against the same handler without them, which is the threshold form.
 *
 *     node bench/bundle.ts
 *
 * Ends with status 1 when they grow beyond the bound.
 */
import { basename } from "node:path";
import { buildSync } from "esbuild";

/** Bytes that the statistics may add: the 17 KiB of errors by the minute, and 40 for what is judged beside them. */
const BOUND = 57 * 1024;

/** What the threshold form would not have: the sequential test, the rank test, and the evidence in words. */
const STATISTICAL = /^functions\/domain\/(?:judge\/(?:statistics\/.*|rank-lane|evidence)|figures)\.ts$/;

const { metafile } = buildSync({
  entryPoints: ["functions/judge.ts"],
  outdir: "unused",
  write: false,
  metafile: true,
  bundle: true,
  minify: true,
  // As the functions are deployed; see infra/bundle.ts.
  keepNames: true,
  platform: "node",
  target: "node24",
  format: "esm",
  mainFields: ["module", "main"],
  legalComments: "none",
  logLevel: "error",
});

const [output] = Object.values(metafile.outputs);
if (output === undefined) throw new Error("esbuild built nothing");
const parts = Object.entries(output.inputs)
  .filter(([file]) => STATISTICAL.test(file))
  .map(([file, { bytesInOutput }]) => [basename(file), bytesInOutput] as const)
  .toSorted(([, a], [, b]) => b - a);
const added = parts.reduce((sum, [, bytes]) => sum + bytes, 0);

const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`;
const lines = [
  "# The judge handler, minified",
  "",
  `with the statistical part     ${kib(output.bytes)}`,
  `without it                    ${kib(output.bytes - added)}`,
  `growth                        ${kib(added)} (at most ${kib(BOUND)})`,
  ...parts.map(([file, bytes]) => `  ${file.padEnd(28)}${kib(bytes)}`),
];
process.stdout.write(`${lines.join("\n")}\n`);
if (added === 0 || added > BOUND) process.exitCode = 1;
