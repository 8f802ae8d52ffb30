/**
 * How promotions stand, as JSON: what the signed GET routes answer and `headgate status --json` prints. Its names stay;
 * fields may be added. Instants are epoch milliseconds. docs/deploy.md has them in a table.
 */
import * as z from "zod";
import { signerInWords } from "../../domain/approval/approval.ts";
import { asNoted } from "../../domain/approval/in-force.ts";
import { countedDecisions, waitingFor } from "../../domain/approval/settlement.ts";
import type { Header } from "../../domain/ledger/header.ts";
import type { TrailPiece } from "../../domain/ledger/load-trail.ts";
import { claimInWords } from "../../domain/ledger/origin.ts";
import { OUTCOMES } from "../../domain/outcomes.ts";
import type { AllOpen, ApprovalFound, EnvironmentFound, StatusFound } from "../../domain/promotion/load-status.ts";
import { kindOf } from "../../targets/kinds.ts";

const at = z.number().describe("an instant, in epoch milliseconds");
const signer = z.string().nullable().describe("who signed, and whether that is verified; null: by a mailed link");
const outcome = z.enum(OUTCOMES).nullable().describe("how it ended; null while it goes on");
const environmentState = z.enum(["not entered", "open", "tripped", "closed"]).describe("of the environment's journal");

/** What every answer about a promotion begins with. */
const Promotion = z.object({
  promotionId: z.string(),
  service: z.string(),
  version: z.string(),
  state: z.enum(["open", "closed"]),
  outcome,
  summary: z.string().describe("why it ended, in a sentence; empty while it goes on"),
  executionArn: z.string(),
  origin: z.object({
    requestedBy: z.string().describe("as the release says"),
    verified: z.boolean().describe("whether that very person started it"),
    startedBy: z.string().nullable().describe("the IAM identity that started it; null: nobody is on record"),
    starter: z.string().nullable().describe("the person whom that identity verifiably is; null: it is not verified"),
  }),
  openedAt: at,
  closedAt: at.nullable(),
  path: z.array(z.string()).describe("the environments that it goes through, in order"),
});

const TrailHead = z.object({ sequence: z.number(), hash: z.string() }).nullable();

/** An entry exactly as it was hashed: whoever has all of them can check the chain. */
const Entry = z.looseObject({
  id: z.string(),
  sequence: z.number(),
  at,
  kind: z.string(),
  summary: z.string(),
  environment: z.string().exactOptional(),
  data: z.record(z.string(), z.unknown()).exactOptional(),
  previous: z.string(),
  hash: z.string(),
});

/** `GET /promotions/{promotionId}` */
export const PromotionStatus = Promotion.extend({
  environments: z.array(
    z.object({
      environment: z.string(),
      state: environmentState,
      outcome,
      trip: z.object({ by: z.string(), reason: z.string(), at }).nullable().describe("why it was stopped"),
      targets: z.array(
        z.object({
          target: z.string(),
          kind: z.string(),
          traffic: z.string().describe("where traffic goes, in the kind's words, when last read back"),
          restored: z.enum(["verified", "refused"]).nullable(),
          writing: z.boolean().describe("whether a write has no result yet"),
        }),
      ),
    }),
  ),
  approvals: z.array(
    z.object({
      environment: z.string(),
      approval: z.string(),
      state: z.enum(["waiting", "approved", "rejected", "expired", "superseded", "cancelled"]),
      expiresAt: at,
      waitingFor: z.array(z.object({ role: z.string(), missing: z.number(), people: z.array(z.string()) })),
      gone: z
        .array(z.object({ role: z.string(), address: z.string(), why: z.string() }))
        .describe("who was asked and decides no more, as last settled; what they said before counts no more"),
      decided: z.array(z.object({ role: z.string(), address: z.string(), decision: z.string(), at, signer })),
    }),
  ),
  signals: z.array(z.object({ kind: z.string(), by: z.string(), reason: z.string(), at })),
  trail: TrailHead.describe("number and hash of the trail's newest entry; null: it has none"),
});
export type PromotionStatus = z.output<typeof PromotionStatus>;

/** `GET /promotions/{promotionId}?since=N` */
export const PromotionNews = Promotion.extend({
  trail: z.object({
    entries: z.array(Entry).describe("those after N, at most a hundred"),
    upTo: z.number().describe("N of the next request"),
    head: TrailHead,
  }),
});
export type PromotionNews = z.output<typeof PromotionNews>;

/** `GET /promotions` */
export const OpenPromotions = z.object({
  promotions: z.array(
    Promotion.extend({
      environments: z.array(z.object({ environment: z.string(), state: environmentState, outcome })),
    }),
  ),
  broken: z
    .array(z.string())
    .default([])
    .describe("ids of those whose record was changed or is gone: nothing else can be said; absent in 0.1.0"),
});
export type OpenPromotions = z.output<typeof OpenPromotions>;

export function statusJson({ header, environments, approvals, signals, trail }: StatusFound): PromotionStatus {
  return {
    ...promotionJson(header),
    environments: environments.map(environmentJson),
    approvals: approvals.map(approvalJson),
    signals: signals.map(({ kind, by, reason, at }) => ({ kind, by, reason, at })),
    trail,
  };
}

export function newsJson(header: Header, { entries, upTo, head }: TrailPiece): PromotionNews {
  return { ...promotionJson(header), trail: { entries: entries.map((entry) => ({ ...entry })), upTo, head } };
}

export function openJson({ open, broken }: AllOpen): OpenPromotions {
  const promotions = open.map(({ header, heads }) => ({
    ...promotionJson(header),
    environments: header.environments.map((environment, index) => {
      const head = heads[index] ?? null;
      return { environment, state: head?.state ?? ("not entered" as const), outcome: head?.outcome ?? null };
    }),
  }));
  return { promotions, broken: [...broken] };
}

/** Field by field: what else the header holds is not for everybody. */
function promotionJson(header: Header): z.output<typeof Promotion> {
  const { promotionId, service, version, state, outcome, summary, executionArn, openedAt, closedAt } = header;
  const { requestedBy, startedBy, environments } = header;
  const starter = header.starter?.person ?? null;
  const origin = { requestedBy, startedBy, starter, verified: claimInWords(header) === "verified" };
  const path = [...environments];
  return { promotionId, service, version, state, outcome, summary, executionArn, origin, openedAt, closedAt, path };
}

function environmentJson({
  environment,
  head,
  targets,
  writing,
}: EnvironmentFound): PromotionStatus["environments"][0] {
  return {
    environment,
    state: head?.state ?? "not entered",
    outcome: head?.outcome ?? null,
    trip: head?.trip ? { by: head.trip.by, reason: head.trip.reason, at: head.trip.at } : null,
    targets: targets.map(({ target, kind, last, restored }) => {
      return { target, kind, traffic: kindOf(kind).inWords(last.route), restored, writing: writing.has(target) };
    }),
  };
}

function approvalJson({ record, decisions }: ApprovalFound): PromotionStatus["approvals"][0] {
  const { environment, approval, state, expiresAt } = record;
  const inForce = asNoted(record);
  const counted = countedDecisions(record, decisions, inForce);
  const missing = state === "waiting" ? waitingFor(record, counted, inForce) : [];
  return {
    environment,
    approval,
    state,
    expiresAt,
    waitingFor: missing.map((one) => ({ ...one, people: [...one.people] })),
    gone: (record.gone?.seats ?? []).map((seat) => ({ ...seat })),
    decided: counted.map((one) => {
      const { role, address, decision, at } = one;
      return { role, address, decision, at, signer: signerInWords(one) };
    }),
  };
}
