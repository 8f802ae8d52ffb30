/** Whatever changed a target was written down before: by when each came to the simulated table and to the alias. */
import type { AliasChange } from "../../aws/lambda/alias-operations.ts";
import type { AliasFacts, Facts } from "../facts.ts";
import type { Put } from "../witness.ts";

export function everyWriteWasMeant(facts: Facts): string[] {
  return facts.aliases.flatMap((alias) => {
    const left = facts.seen.intents.filter(({ item }) => isFor(alias, String(item.sk)));
    return alias.changes
      .filter(({ by }) => by === "call")
      .flatMap((change) => {
        const found = left.findLastIndex((put) => explains(put, change));
        if (found >= 0) left.splice(found, 1);
        return found >= 0 ? [] : [`${alias.functionName} was written to, and nothing was written down before`];
      });
  });
}

/** The same of the code that candidates are made from: by the calls that the simulated Lambda got. */
export function everyReplacementWasMeant({ aliases, sandbox, seen }: Facts): string[] {
  return aliases.flatMap(({ account, functionName }) => {
    const isCalled = ({ operation, account: where, summary }: Facts["calls"][number]) =>
      operation === "UpdateFunctionCode" &&
      where === account &&
      summary.split(" ").includes(`FunctionName=${functionName}`);
    const meant = seen.intents.filter(({ item }) => String(item.resource).endsWith(`:function:${functionName}`));
    return sandbox.aws.calls
      .filter(isCalled)
      .filter(({ at }) => !meant.some((put) => put.item.sk.startsWith("REPLACEMENT#") && put.at <= at))
      .map(() => `${functionName} got other code, and nothing was written down before`);
  });
}

const isFor = ({ environment, target }: AliasFacts, sk: string) => sk.startsWith(`INTENT#${environment}#${target}#`);

function explains({ at, item }: Put, change: AliasChange): boolean {
  return at <= change.at && inPercent(weightsIn(item.to)) === inPercent(change.weights);
}

/** What the journal means by a route, in the alias's own words. */
function weightsIn(to: unknown): AliasChange["weights"] {
  const { primary, secondary } = to as {
    readonly primary: string;
    readonly secondary: { readonly version: string; readonly percent: number } | null;
  };
  if (secondary === null) return { [primary]: 1 };
  return { [primary]: 1 - secondary.percent / 100, [secondary.version]: secondary.percent / 100 };
}

function inPercent(weights: AliasChange["weights"]): string {
  const parts = Object.entries(weights).map(([version, share]) => `${version}: ${Math.round(share * 100)}`);
  return parts.toSorted().join(", ");
}
