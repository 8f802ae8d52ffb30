/** Customers meet no version that cannot serve yet. */
import type { AliasFacts, Facts } from "../facts.ts";

export function whatServesIsReady({ aliases, sandbox }: Facts): string[] {
  return aliases.flatMap((alias) => {
    const fn = sandbox.lambda
      .functions()
      .find(({ name, account }) => name === alias.functionName && account === alias.account);
    return [...(fn?.versions.values() ?? [])].flatMap(({ version, activeAt }) => {
      const first = firstShare(alias, version);
      if (first === undefined || first >= activeAt) return [];
      return [`${alias.functionName} served version ${version} ${Math.ceil((activeAt - first) / 1_000)} s too early`];
    });
  });
}

/** When Headgate first gave a version traffic (epoch ms): what a person moves is the person's to look at. */
function firstShare({ changes }: AliasFacts, version: string): number | undefined {
  return changes.find(({ by, weights }) => by === "call" && (weights[version] ?? 0) > 0)?.at;
}
