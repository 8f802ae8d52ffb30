import { loadAudit } from "../functions/domain/ledger/append-audit.ts";
import { type AuditRecord, brokenAt } from "../functions/domain/ledger/audit.ts";
import { asHeader, type Header } from "../functions/domain/ledger/header.ts";
import { keys } from "../functions/domain/ledger/keys.ts";
import { claimInWords } from "../functions/domain/ledger/origin.ts";
import type { Hash, Ledger } from "../functions/domain/ports.ts";
import { oneLine } from "../functions/domain/text.ts";
import { local } from "../functions/domain/windows.ts";

export interface RecordOptions {
  readonly promotionId: string;
  readonly ledger: Ledger;
  readonly hash: Hash;
  /** IANA zone in which times are written. */
  readonly zone: string;
  /** Takes text with its line ends, as `process.stdout.write` does. */
  readonly write: (text: string) => void;
}

/**
 * Prints who approved what, when and with which words, from the audit trail alone. Returns the exit code: 0, 1 when the
 * trail's chain is broken, 2 when there is no such promotion.
 */
export async function printApprovalRecord({
  promotionId,
  ledger,
  hash,
  zone,
  write,
}: RecordOptions): Promise<0 | 1 | 2> {
  const header = await ledger.read(keys.header(promotionId));
  if (header === undefined) {
    write(`There is no promotion ${promotionId}.\n`);
    return 2;
  }
  const trail = await loadAudit(ledger, promotionId);
  const broken = brokenAt(hash, trail);
  for (const line of approvalRecord(asHeader(header), trail, zone)) write(`${line}\n`);
  const head = trail.at(-1)?.hash ?? "none";
  write(
    broken === null
      ? `\nTrail: ${trail.length} entries, whole, head ${head}\n`
      : `\nTrail: BROKEN at entry ${broken}\n`,
  );
  return broken === null ? 0 : 1;
}

const DECIDED = ["approved", "rejected"];

/** The record in the form of the BBWS runbook's template (section 6.4), with what a decision was bound to. */
export function approvalRecord(
  header: Pick<Header, "service" | "version" | "environments" | "openedAt" | "requestedBy" | "startedBy">,
  trail: readonly AuditRecord[],
  zone: string,
): string[] {
  const about = trail.filter(
    ({ kind, data }) => data?.approval !== undefined && (DECIDED.includes(kind) || isEnd(kind)),
  );
  const origin = originIn(trail) ?? header;
  const path = header.environments.map((name) => name.toUpperCase()).join(" → ");
  const sections = header.environments.flatMap((environment) => section(environment, about, zone));
  return [
    `Promotion: ${header.service} ${header.version} (${path})`,
    `Date: ${local(header.openedAt, zone)}`,
    `Requested by: ${oneLine(origin.requestedBy)} (${claimInWords(origin)})`,
    `Started by: ${origin.startedBy ?? "nobody on record"}`,
    ...(sections.length === 0 ? ["", "No approval was asked for and answered."] : sections),
  ];
}

/** Who asked and who started, as the trail's first entry has it; null: that entry is not there yet. */
function originIn(trail: readonly AuditRecord[]): Pick<Header, "requestedBy" | "startedBy"> | null {
  const { release, startedBy } = trail.find(({ id }) => id === "opened")?.data ?? {};
  if (typeof release !== "object" || release === null || !("requestedBy" in release)) return null;
  return {
    requestedBy: String(release.requestedBy),
    startedBy: typeof startedBy === "string" ? startedBy : null,
  };
}

const isEnd = (kind: string) => kind.startsWith("approval-");

function section(environment: string, about: readonly AuditRecord[], zone: string): string[] {
  const entries = about.filter((entry) => entry.environment === environment);
  if (entries.length === 0) return [];
  return ["", `${environment.toUpperCase()} Approval:`, ...entries.flatMap((entry) => linesOf(entry, zone))];
}

function linesOf({ kind, data, summary, at }: AuditRecord, zone: string): string[] {
  if (isEnd(kind)) return [`= ${oneLine(summary)} (${local(at, zone)})`];
  const text = (name: string) => oneLine(String(data?.[name] ?? ""));
  const points = (name: string) => (Array.isArray(data?.[name]) ? data[name].map((one) => oneLine(String(one))) : []);
  const decidedAt = typeof data?.at === "number" ? data.at : at;
  return [
    `- ${text("role")}: ${text("address")}`,
    `  ${kind === "approved" ? "Approved" : "Rejected"}: ${local(decidedAt, zone)}`,
    ...(text("comment") === "" ? [] : [`  Comment: "${text("comment")}"`]),
    ...points("checklist").map((one) => `  [x] ${one}`),
    ...points("unticked").map((one) => `  [ ] ${one}`),
    `  By: ${data?.caller === null || data?.caller === undefined ? "personal link" : text("caller")}, from ${text("sourceIp")}`,
    `  Evidence: ${text("binding")}`,
  ];
}
