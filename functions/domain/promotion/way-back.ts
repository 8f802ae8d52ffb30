/** How the way back of a promotion stands, from its records alone. */
import type { Head, TargetRecord } from "../ledger/journal-records.ts";
import { notBack } from "../notices/unsafe.ts";

export interface WayBack {
  /** `on its way`: nothing has told this promotion to go back, and traffic is where it put it. */
  readonly state: "on its way" | "rolling back" | "verified" | "refused" | "nothing";
  /** Targets whose traffic this promotion moved, in environments that it has not promoted. */
  readonly moved: number;
  /** Of those, moved and not read back on the baseline yet, as `environment/target`. */
  readonly open: readonly string[];
  /** Of those, left alone because somebody else moved them. */
  readonly refused: readonly string[];
}

/** One environment's journal. */
export interface Journal {
  readonly head: Head;
  readonly targets: readonly TargetRecord[];
}

/** Sums up the journals of the environments that were entered. */
export function wayBack(journals: readonly Journal[]): WayBack {
  const unpromoted = journals.filter(({ head }) => head.outcome !== "promoted");
  const found = unpromoted.map(({ head, targets }) => {
    const { open, refused } = notBack(head, targets);
    const named = (names: readonly string[]) => names.map((name) => `${head.environment}/${name}`);
    return { open: named(open), refused: named(refused) };
  });
  const moved = unpromoted.flatMap(({ targets }) => targets.filter(({ sequence }) => sequence > 0)).length;
  const open = found.flatMap((one) => one.open);
  const refused = found.flatMap((one) => one.refused);
  const goesOn = unpromoted.some(({ head }) => head.state === "open");
  return { state: stateOf(goesOn, moved, open, refused), moved, open, refused };
}

function stateOf(
  goesOn: boolean,
  moved: number,
  open: readonly string[],
  refused: readonly string[],
): WayBack["state"] {
  if (goesOn) return "on its way";
  if (moved === 0) return "nothing";
  if (open.length > 0) return "rolling back";
  return refused.length > 0 ? "refused" : "verified";
}

/** `12 of 200 targets are back; left alone, because somebody else moved it: prod/order` */
export function wayBackInWords({ state, moved, open, refused }: WayBack): string {
  if (state === "on its way") return "nothing has told it to go back";
  if (state === "nothing") return "no traffic was moved";
  const back = moved - open.length - refused.length;
  const alone = refused.length === 0 ? [] : [`left alone, because somebody else moved it: ${refused.join(", ")}`];
  return [`${back} of ${moved} target${moved === 1 ? " is" : "s are"} back, read back`, ...alone].join("; ");
}
