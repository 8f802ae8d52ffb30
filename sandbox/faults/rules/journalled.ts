/** Whatever changed a target was written down before: by when each came to the simulated table and to the alias. */
import type { Route } from "../../../functions/domain/ports.ts";
import { kindOf } from "../../../functions/targets/kinds.ts";
import type { AliasChange } from "../../aws/lambda/alias-operations.ts";
import type { AliasFacts, Facts } from "../facts.ts";
import type { Put } from "../witness.ts";

export function everyWriteWasMeant(facts: Facts): string[] {
  return facts.aliases.flatMap((alias) => {
    const left = facts.seen.intents.filter(({ item }) => isFor(alias, String(item.sk)));
    return alias.changes
      .filter(({ by }) => by === "call")
      .flatMap((change) => {
        const found = left.findLastIndex((put) => explains(alias, put, change));
        if (found >= 0) left.splice(found, 1);
        return found >= 0 ? [] : [`${alias.functionName} was written to, and nothing was written down before`];
      });
  });
}

/** The same of the code that candidates are made from: by the calls that the simulated services got. */
export function everyReplacementWasMeant({ aliases, sandbox, seen }: Facts): string[] {
  return aliases.flatMap(({ account, functionName }) => {
    const isCalled = ({ operation, account: where, summary }: Facts["calls"][number]) =>
      where === account &&
      ((operation === "UpdateFunctionCode" && summary.split(" ").includes(`FunctionName=${functionName}`)) ||
        (operation === "UpdateStateMachine" && new RegExp(`:stateMachine:${functionName}( |$)`).test(summary)));
    const meant = seen.intents.filter(({ item }) => String(item.resource).endsWith(`:${functionName}`));
    return sandbox.aws.calls
      .filter(isCalled)
      .filter(({ at }) => !meant.some((put) => put.item.sk.startsWith("REPLACEMENT#") && put.at <= at))
      .map(() => `${functionName} got other code, and nothing was written down before`);
  });
}

const isFor = ({ environment, target }: AliasFacts, sk: string) => sk.startsWith(`INTENT#${environment}#${target}#`);

function explains({ kind }: AliasFacts, { at, item }: Put, change: AliasChange): boolean {
  return at <= change.at && inPercent(weightsIn(kind, item.to as Route)) === inPercent(change.weights);
}

/** What the journal means by a route, in the alias's own words. */
function weightsIn(kind: string, to: Route): AliasChange["weights"] {
  const { versions, share } = kindOf(kind);
  return Object.fromEntries(versions(to).map((version) => [version, share(to, version) / 100]));
}

function inPercent(weights: AliasChange["weights"]): string {
  const parts = Object.entries(weights).map(([version, share]) => `${version}: ${Math.round(share * 100)}`);
  return parts.toSorted().join(", ");
}
