/** What is said of that which still runs on a candidate once traffic has left it. */

export interface LeftRunning {
  /** In the plural: `executions`. */
  readonly what: string;
  /** Where: `version 2 of etl-workflow-prod, alias live`. */
  readonly where: string;
  readonly names: readonly string[];
  /** There are others beyond those. */
  readonly more: boolean;
  /** How many were stopped; null: they are left to finish, as the policy has it. */
  readonly stopped: number | null;
}

/** Names that are shown; the record has them all. */
const SHOWN = 5;

export function leftInWords({ what, where, names, more, stopped }: LeftRunning): string {
  if (names.length === 0) return `no ${what} run on ${where} any more`;
  const count = `${names.length}${more ? " or more" : ""}`;
  const rest = names.length > SHOWN || more ? " and others" : "";
  const found = `${count} ${what} ran on ${where} when traffic had left it: ${names.slice(0, SHOWN).join(", ")}${rest}`;
  if (stopped === null) return `${found}; left to finish there`;
  if (stopped === names.length && !more) return `${found}; stopped`;
  return `${found}; ${stopped} of them stopped, the others run on`;
}
