/** Bundles the functions for Lambda: one self-contained ES module each, with its own SDK. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Code } from "aws-cdk-lib/aws-lambda";
import { buildSync } from "esbuild";

/** The code of a function, by the name of its file. */
export type CodeOf = (name: string) => Code;

/** X-Ray's SDK is CommonJS and requires Node's own modules, which an ES module has to provide. */
const REQUIRE = "import{createRequire as r}from'node:module';const require=r(import.meta.url);";

/**
 * Bundles each entry (name → file) to `<outdir>/<name>/index.mjs`, with its source map. All in one call of esbuild, since
 * `NodejsFunction` starts npx and esbuild anew for each function: half a minute of a synth instead of a second or two.
 */
export function bundle(entries: Readonly<Record<string, string>>, outdir: string): void {
  buildSync({
    entryPoints: Object.entries(entries).map(([name, file]) => ({ in: resolve(file), out: join(name, "index") })),
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    // Where a package has both, the ES module is the one whose unused parts can be left out.
    mainFields: ["module", "main"],
    banner: { js: REQUIRE },
    minify: true,
    // Errors' class names are what the machines' Retry and Catch see.
    keepNames: true,
    sourcemap: true,
    sourcesContent: false,
    legalComments: "none",
    logLevel: "error",
  });
}

/** Bundles into a directory of its own, which ends with the process, and hands the code out as assets. */
export function bundled(entries: Readonly<Record<string, string>>): CodeOf {
  const outdir = mkdtempSync(join(tmpdir(), "headgate-bundle-"));
  // Synthesis copies assets into its output.
  process.on("exit", () => rmSync(outdir, { recursive: true, force: true }));
  bundle(entries, outdir);
  return (name) => Code.fromAsset(join(outdir, name));
}
