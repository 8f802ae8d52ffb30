import { asCaller, callerInWords } from "../functions/domain/callers.ts";
import { brokenAt } from "../functions/domain/ledger/audit.ts";
import { claimInWords as claimOf } from "../functions/domain/ledger/origin.ts";
import type { Hash } from "../functions/domain/ports.ts";
import { fieldsOf, oneLine, plainJson } from "../functions/domain/text.ts";
import { local } from "../functions/domain/windows.ts";
import { PromotionNews } from "../functions/pages/promotion/status-json.ts";
import { type Look, lookAt, pathOf } from "./look.ts";
import { type StatusOptions, sayWhyNot } from "./status.ts";
import { claimInWords, starterInWords } from "./status-words.ts";

/**
 * Prints who approved what, when and with which words, from the audit trail alone. Returns the exit code: 0, 1 when the
 * trail's chain is broken, 2 when there is no such promotion, 4 when looking is refused or unanswered.
 */
export async function printApprovalRecord(options: StatusOptions & { readonly hash: Hash }): Promise<0 | 1 | 2 | 4> {
  const { promotionId, hash, zone, json, write } = options;
  const look = await wholeTrail(options);
  if (look.kind !== "found") return sayWhyNot(write, look, promotionId);
  const { trail } = look.value;
  const broken = brokenAt(hash, trail.entries) ?? cutAt(look.value);
  if (json) write(`${plainJson(look.json)}\n`);
  else for (const line of [...approvalRecord(look.value, zone), "", chainInWords(trail, broken)]) write(`${line}\n`);
  return broken === null ? 0 : 1;
}

/** Every piece of the trail, as one answer. */
async function wholeTrail({ get, promotionId }: StatusOptions): Promise<Look<PromotionNews>> {
  const path = pathOf(promotionId);
  const entries: Trail["entries"] = [];
  for (let since = 0; ; ) {
    const look = await lookAt(get, `${path}?since=${since}`, PromotionNews);
    if (look.kind !== "found") return look;
    const { trail } = look.value;
    entries.push(...trail.entries);
    since = trail.upTo;
    const whole = { ...trail, entries };
    if (since >= (trail.head?.sequence ?? 0)) {
      return { ...look, value: { ...look.value, trail: whole }, json: { ...look.json, trail: whole } };
    }
  }
}

type Trail = PromotionNews["trail"];

/**
 * First number that is missing at the end: the ledger's word for the newest entry is another than the last one here, or is
 * gone. What is closed has its ending in the trail.
 */
function cutAt({ state, trail: { entries, head } }: PromotionNews): number | null {
  if (head === null) return state === "closed" ? 1 : null;
  const last = entries.at(-1);
  return head.hash === last?.hash ? null : (last?.sequence ?? 0) + 1;
}

function chainInWords({ entries }: Trail, broken: number | null): string {
  if (broken !== null) return `Trail: BROKEN at entry ${broken}`;
  return `Trail: ${entries.length} entries, whole, head ${entries.at(-1)?.hash ?? "none"}`;
}

const DECIDED = ["approved", "rejected"];

/** The record in the form of the BBWS runbook's template (section 6.4), with what a decision was bound to. */
function approvalRecord({ service, version, path, openedAt, origin, trail }: PromotionNews, zone: string): string[] {
  const about = trail.entries.filter(
    ({ kind, data }) => data?.approval !== undefined && (DECIDED.includes(kind) || isEnd(kind)),
  );
  const sections = path.flatMap((environment) => section(environment, about, zone));
  const { requestedBy, startedBy, starter, verified } = originIn(trail.entries) ?? origin;
  return [
    `Promotion: ${oneLine(service)} ${oneLine(version)} (${path.map((name) => name.toUpperCase()).join(" → ")})`,
    `Date: ${local(openedAt, zone)}`,
    `Requested by: ${oneLine(requestedBy)} (${claimInWords({ verified })})`,
    `Started by: ${starterInWords({ startedBy, starter })}`,
    ...(sections.length === 0 ? ["", "No approval was asked for and answered."] : sections),
  ];
}

/** Who asked and who started, as the trail's first entry has it; null: that entry is not there yet. */
function originIn(trail: Trail["entries"]): PromotionNews["origin"] | null {
  const { release, startedBy, starter } = trail.find(({ id }) => id === "opened")?.data ?? {};
  const requestedBy = fieldsOf(release).requestedBy;
  if (requestedBy === undefined) return null;
  const caller = asCaller(starter);
  const origin = { requestedBy: String(requestedBy), startedBy: typeof startedBy === "string" ? startedBy : null };
  return {
    ...origin,
    starter: caller?.person ?? null,
    verified: claimOf({ ...origin, starter: caller }) === "verified",
  };
}

const isEnd = (kind: string) => kind.startsWith("approval-");

function section(environment: string, about: Trail["entries"], zone: string): string[] {
  const entries = about.filter((entry) => entry.environment === environment);
  if (entries.length === 0) return [];
  return ["", `${environment.toUpperCase()} Approval:`, ...entries.flatMap((entry) => linesOf(entry, zone))];
}

function linesOf({ kind, data, summary, at }: Trail["entries"][0], zone: string): string[] {
  if (isEnd(kind)) return [`= ${oneLine(summary)} (${local(at, zone)})`];
  const whole = (value: unknown) => oneLine(String(value ?? ""), Number.POSITIVE_INFINITY);
  const text = (name: string) => whole(data?.[name]);
  const points = (name: string) => (Array.isArray(data?.[name]) ? data[name].map(whole) : []);
  const decidedAt = typeof data?.at === "number" ? data.at : at;
  return [
    `- ${text("role")}: ${text("address")}`,
    `  ${kind === "approved" ? "Approved" : "Rejected"}: ${local(decidedAt, zone)}`,
    ...(text("comment") === "" ? [] : [`  Comment: "${text("comment")}"`]),
    ...points("checklist").map((one) => `  [x] ${one}`),
    ...points("unticked").map((one) => `  [ ] ${one}`),
    `  By: ${signerIn(data)}, from ${text("sourceIp")}`,
    `  Evidence: ${text("binding")}`,
  ];
}

/** The link of a mail, or who signed: whose name it is, whether that is verified, and the key by which to look them up. */
function signerIn(data: Trail["entries"][0]["data"]): string {
  if (typeof data?.caller !== "string") return "personal link";
  const signer = asCaller(data.signer);
  const said = callerInWords({ arn: data.caller, person: signer?.person ?? null });
  return oneLine(signer?.accessKey ? `${said}, access key ${signer.accessKey}` : said);
}
