/** How a promotion begins, pure: its name, its header, what is said of it. */
import { claimed, claimLines } from "../claims.ts";
import type { Header } from "../ledger/header.ts";
import { originInWords } from "../ledger/origin.ts";
import { planHashesOf } from "../ledger/plan-parts.ts";
import type { Notice } from "../notices/notice.ts";
import type { PromotionPlan } from "../plan.ts";
import type { Hash } from "../ports.ts";
import { fieldsOf, oneLine } from "../text.ts";

/** A start of the promotion machine, as its execution says. */
export interface Start {
  readonly release: unknown;
  readonly executionArn: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** Same execution, same id: a retried or redriven start finds what the first one wrote. */
export function promotionIdOf(hash: Hash, { release, executionArn, startedAt }: Start): string {
  const { service, version } = fieldsOf(release);
  const readable = [service, version]
    .map(plain)
    .filter((part) => part !== "")
    .join("-");
  return `${readable || "promotion"}-${hash(`${executionArn} ${startedAt}`).slice(0, 8)}`;
}

const plain = (value: unknown) =>
  typeof value === "string" ? value.replace(/[^0-9A-Za-z.-]+/g, "-").slice(0, 24) : "";

/** The header of a promotion that opens; without a plan it names no environment, since its release was refused. */
export function headerOf(
  hash: Hash,
  known: Pick<Header, "promotionId" | "startedBy" | "starter" | "policyHash" | "executionArn" | "openedAt">,
  plan: PromotionPlan | null,
): Header {
  return {
    ...known,
    service: plan?.service ?? "",
    version: plan?.version ?? "",
    state: "open",
    requestedBy: plan?.requestedBy ?? "",
    ...(plan === null ? { planHash: "" } : planHashesOf(hash, plan)),
    environments: plan?.environments.map(({ environment }) => environment) ?? [],
    outcome: null,
    summary: "",
    closedAt: null,
  };
}

/** The trail's word for it; an emergency, of a release that was found good, is marked as one. */
export function openedInWords(header: Header, release: unknown): string {
  const { emergency } = fieldsOf(release);
  const mark = emergency === undefined ? "" : `EMERGENCY (${oneLine(String(fieldsOf(emergency).reason))}): `;
  return `${mark}${header.service} ${header.version}, ${originInWords(header)}`;
}

/** Columns of the longest name of a field. */
const NAMES = 12;

/** What everybody who is told of any of its environments is told; what is claimed, whole and on lines of its own. */
export function announcement(header: Header, plan: PromotionPlan): Notice {
  const { emergency, summary, ticket, environments } = plan;
  const body = [
    ...(emergency === null ? [] : claimLines("EMERGENCY", emergency.reason, NAMES)),
    ...claimLines("Changes", summary, NAMES),
    `  Environments ${environments.map(({ environment }) => environment).join(", then ")}`,
    `  Ticket       ${ticket === null ? "none" : claimed(ticket)}`,
    `  Promotion    ${header.promotionId}`,
    "",
    sentence(originInWords(header)),
    "",
  ].join("\n");
  return { name: "opened", subject: `${plan.service} ${plan.version}: promotion started`, body };
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
