/** How promotions stand, as lines for a person. */
import { callerInWords } from "../functions/domain/callers.ts";
import { oneLine } from "../functions/domain/text.ts";
import { local } from "../functions/domain/windows.ts";
import type { OpenPromotions, PromotionNews, PromotionStatus } from "../functions/pages/promotion/status-json.ts";

const LONGEST_LINE = 300;

/** `zone`: IANA zone in which times are written. */
export function statusLines(status: PromotionStatus, zone: string): string[] {
  return [
    `${status.service} ${status.version}  ${status.outcome ?? status.state}`,
    `  ${originInWords(status)}, opened ${local(status.openedAt, zone)}`,
    `  ${status.executionArn}`,
    ...(status.summary === "" ? [] : [`  ${oneLine(status.summary, LONGEST_LINE)}`]),
    ...status.environments.flatMap(environmentLines),
    ...status.approvals.filter(({ state }) => state === "waiting").flatMap((approval) => waitingLines(approval, zone)),
    ...status.signals.map(({ kind, by, reason }) => `${kind} by ${oneLine(by)}: ${oneLine(reason, LONGEST_LINE)}`),
  ];
}

/** A promotion and its environments on two lines. */
export function openLines({ promotions, broken }: OpenPromotions, zone: string): string[] {
  if (promotions.length + broken.length === 0) return ["No promotion is open."];
  const lines = promotions.flatMap((one) => [
    `${one.promotionId}  ${one.service} ${one.version}, opened ${local(one.openedAt, zone)}${one.outcome === null ? "" : `, ${one.outcome}`}`,
    `  ${one.environments.map(({ environment, state, outcome }) => `${environment}: ${outcome ?? stateInWords(state)}`).join(", ")}`,
  ]);
  return [...lines, ...broken.map((id) => `${oneLine(id)}  its record was changed or is gone`)];
}

/** `Tue 2026-01-13 20:15 UTC  prod      shifted       25 % ...` */
export function entryLine(
  { at, environment, kind, summary }: PromotionNews["trail"]["entries"][0],
  zone: string,
): string {
  const where = (environment ?? "").padEnd(8);
  return `${local(at, zone)}  ${where}  ${kind.padEnd(12)}  ${oneLine(summary, LONGEST_LINE)}`;
}

/** What the requester's name is worth. */
export const claimInWords = ({ verified }: Pick<PromotionStatus["origin"], "verified">) =>
  verified ? "verified" : "claimed, not verified";

/** The identity that started it, and whose it is where that is verified. */
export function starterInWords({
  startedBy,
  starter,
}: Pick<PromotionStatus["origin"], "startedBy" | "starter">): string {
  return startedBy === null ? "nobody on record" : oneLine(callerInWords({ arn: startedBy, person: starter }));
}

function originInWords({ origin }: PromotionStatus): string {
  const asked = `asked for by ${oneLine(origin.requestedBy)} (${claimInWords(origin)})`;
  return origin.startedBy === null ? asked : `${asked}, started by ${starterInWords(origin)}`;
}

const stateInWords = (state: PromotionStatus["environments"][0]["state"]) =>
  state === "not entered" ? "not entered yet" : state;

function environmentLines({
  environment,
  state,
  outcome,
  trip,
  targets,
}: PromotionStatus["environments"][0]): string[] {
  const why = trip === null ? "" : `, ${oneLine(trip.reason, LONGEST_LINE)}`;
  return [`${environment}: ${outcome ?? stateInWords(state)}${why}`, ...targets.map(targetLine)];
}

function targetLine({ target, traffic, restored, writing }: PromotionStatus["environments"][0]["targets"][0]): string {
  const restore = restored === null ? "" : `, restore ${restored}`;
  return `  ${target}: ${oneLine(traffic)} when last read back${restore}${writing ? ", a write is open" : ""}`;
}

/** Whom it waits for, and until when. */
function waitingLines(approval: PromotionStatus["approvals"][0], zone: string): string[] {
  const people = approval.waitingFor.flatMap((missing) =>
    missing.people.map((address) => `    ${oneLine(address)} as ${oneLine(missing.role)}`),
  );
  const until = local(approval.expiresAt, zone);
  const gone = approval.gone.map(
    ({ role, address, why }) =>
      `    ${oneLine(address)} as ${oneLine(role)} counts no more: ${oneLine(why, LONGEST_LINE)}`,
  );
  return [
    `waits for the approval "${approval.approval}" of ${approval.environment} until ${until}`,
    ...people,
    ...gone,
  ];
}
