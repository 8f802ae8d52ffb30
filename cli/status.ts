/** How a promotion stands, read from the ledger with one's own credentials; it works when the API does not. */

import { loadApprovals, loadDecisions } from "../functions/domain/approval/load.ts";
import { countedDecisions, waitingFor } from "../functions/domain/approval/settlement.ts";
import { loadAudit } from "../functions/domain/ledger/append-audit.ts";
import { asHeader, type Header } from "../functions/domain/ledger/header.ts";
import { asHead } from "../functions/domain/ledger/journal-records.ts";
import { keys } from "../functions/domain/ledger/keys.ts";
import { loadIntents, loadSignals, loadTargets } from "../functions/domain/ledger/load.ts";
import { originInWords } from "../functions/domain/ledger/origin.ts";
import { exitCodeOf } from "../functions/domain/outcomes.ts";
import type { Clock, Ledger } from "../functions/domain/ports.ts";
import { oneLine } from "../functions/domain/text.ts";
import { local } from "../functions/domain/windows.ts";
import { kindOf } from "../functions/targets/kinds.ts";

export interface StatusOptions {
  readonly promotionId: string;
  readonly ledger: Ledger;
  /** IANA zone in which times are written. */
  readonly zone: string;
  /** Takes text with its line ends, as `process.stdout.write` does. */
  readonly write: (text: string) => void;
}

/** Prints how things stand. Returns the exit code: 0, or 2 when there is no such promotion. */
export async function status(options: StatusOptions): Promise<0 | 2> {
  const lines = await statusLines(options);
  if (lines === null) {
    options.write(`There is no promotion ${options.promotionId}.\n`);
    return 2;
  }
  for (const line of lines) options.write(`${line}\n`);
  return 0;
}

/** How often the ledger is looked at while a promotion is watched, in ms. */
const LOOK_EVERY_MS = 5_000;

/**
 * Prints each new entry of the record as it comes, until the promotion has ended. Returns the outcome's exit code (0
 * promoted, 3 rolled back, 4 refused, 5 rollback failed, 1 the rest), or 2 when there is no such promotion.
 */
export async function watch(options: StatusOptions & { readonly clock: Clock }): Promise<number> {
  const { promotionId, ledger, zone, write, clock } = options;
  let shown = 0;
  for (;;) {
    const found = await ledger.read(keys.header(promotionId));
    if (found === undefined) return status(options);
    const trail = await loadAudit(ledger, promotionId);
    for (const { at, environment, kind, summary } of trail.slice(shown))
      write(
        `${local(at, zone)}  ${(environment ?? "").padEnd(8)}  ${kind.padEnd(12)}  ${oneLine(summary, LONGEST_LINE)}\n`,
      );
    shown = trail.length;
    const { state, outcome } = asHeader(found);
    if (state === "closed" && outcome !== null) return exitCodeOf(outcome);
    await clock.sleep(LOOK_EVERY_MS);
  }
}

const LONGEST_LINE = 300;

/** Null: there is no such promotion. */
async function statusLines({ promotionId, ledger, zone }: StatusOptions): Promise<string[] | null> {
  const found = await ledger.read(keys.header(promotionId));
  if (found === undefined) return null;
  const header = asHeader(found);
  const environments: string[] = [];
  for (const name of header.environments) environments.push(...(await environmentLines(ledger, promotionId, name)));
  return [
    `${header.service} ${header.version}  ${header.outcome ?? header.state}`,
    `  ${originInWords(header)}, opened ${local(header.openedAt, zone)}`,
    `  ${header.executionArn}`,
    ...(header.summary === "" ? [] : [`  ${oneLine(header.summary, LONGEST_LINE)}`]),
    ...environments,
    ...(await waitingLines(ledger, header, zone)),
  ];
}

async function environmentLines(ledger: Ledger, promotionId: string, environment: string): Promise<string[]> {
  const found = await ledger.read(keys.head(promotionId, environment));
  if (found === undefined) return [`${environment}: not entered yet`];
  const { state, outcome, trip } = asHead(found);
  const intents = await loadIntents(ledger, promotionId, environment);
  const targets = await loadTargets(ledger, promotionId, environment);
  const open = (target: string) => intents.some((intent) => intent.target === target && intent.result === null);
  return [
    `${environment}: ${outcome ?? state}${trip === null ? "" : `, ${oneLine(trip.reason, LONGEST_LINE)}`}`,
    ...targets.map(
      ({ target, kind, last, restored }) =>
        `  ${target}: ${kindOf(kind).inWords(last.route)} when last read back${restored === null ? "" : `, restore ${restored}`}${open(target) ? ", a write is open" : ""}`,
    ),
  ];
}

/** Whom it waits for, and what operators have said. */
async function waitingLines(ledger: Ledger, { promotionId }: Header, zone: string): Promise<string[]> {
  const approvals = await loadApprovals(ledger, promotionId);
  const waiting: string[] = [];
  for (const record of approvals.filter(({ state }) => state === "waiting")) {
    const missing = waitingFor(record, countedDecisions(record, await loadDecisions(ledger, record)));
    const people = missing.flatMap(({ role, people }) => people.map((address) => `    ${address} as ${role}`));
    const until = local(record.expiresAt, zone);
    waiting.push(`waits for the approval "${record.approval}" of ${record.environment} until ${until}`, ...people);
  }
  const signals = await loadSignals(ledger, promotionId);
  return [
    ...waiting,
    ...signals.map(({ kind, by, reason }) => `${kind} by ${oneLine(by)}: ${oneLine(reason, LONGEST_LINE)}`),
  ];
}
