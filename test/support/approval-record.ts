/** Records and decisions in as few words as a test needs. */
import {
  type ApprovalRecord,
  type Decision,
  rolesAsked,
  whoIsAsked,
} from "../../functions/domain/approval/approval.ts";
import type { InForce } from "../../functions/domain/approval/in-force.ts";
import * as settlement from "../../functions/domain/approval/settlement.ts";
import { HOUR, role, START } from "./approval-scene.ts";

export const A = "ann@example.com";
export const B = "ben@example.com";
export const C = "cleo@example.com";
export const D = "dora@example.com";

export type Change = Partial<ApprovalRecord>;

export function record(roles: Parameters<typeof whoIsAsked>[0]["roles"], change: Change = {}): ApprovalRecord {
  return {
    promotionId: "p",
    environment: "prod",
    approval: "before",
    state: "waiting",
    revision: 1,
    generation: 1,
    news: false,
    ...whoIsAsked({ roles, escalateTo: null }, ["requester@example.com"], 1),
    askedAt: START,
    expiresAt: START + 48 * HOUR,
    remindSeconds: null,
    escalatesAt: null,
    escalatedAt: null,
    gone: null,
    requester: "requester@example.com",
    startedBy: null,
    binding: "b",
    planHash: "h",
    gates: [],
    trail: null,
    endedAt: null,
    summary: "",
    ...change,
  };
}

export function said(asked: string, address: string, change: Partial<Decision> = {}): Decision {
  return {
    role: asked,
    address,
    decision: "approved",
    comment: "",
    checklist: [],
    unticked: [],
    version: "v1",
    at: START + 1,
    round: START,
    binding: "b",
    via: "page",
    caller: null,
    sourceIp: "",
    userAgent: "",
    ...change,
  };
}

export const lead = role("lead", [A, B]);
export const infra = role("infra", [C]);
export const manager = role("manager", [D], [], 1);
export const escalated = (change: Change = {}): ApprovalRecord =>
  record([lead, infra], {
    ...whoIsAsked({ roles: [lead, infra], escalateTo: manager }, ["requester@example.com"], 1),
    escalatesAt: START + 24 * HOUR,
    escalatedAt: START + 24 * HOUR,
    ...change,
  });

/** Everybody asked holds their role still. */
export const everybody = (asked: ApprovalRecord): InForce => ({
  holders: new Map(rolesAsked(asked).map(({ role, people }) => [role, people.map(({ address }) => address)])),
  revoked: [],
});

// The rules with everybody still in force, for tests that are about something else.
export const countedDecisions = (asked: ApprovalRecord, decisions: readonly Decision[]) =>
  settlement.countedDecisions(asked, decisions, everybody(asked));
export const waitingFor = (asked: ApprovalRecord, counted: readonly Decision[]) =>
  settlement.waitingFor(asked, counted, everybody(asked));
export const settle = (
  asked: ApprovalRecord,
  decisions: readonly Decision[],
  signals: Parameters<typeof settlement.settle>[2],
  now: number,
) => settlement.settle(asked, decisions, signals, everybody(asked), now);
