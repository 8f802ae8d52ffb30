/** Records and decisions in as few words as a test needs. */
import { type ApprovalRecord, type Decision, whoIsAsked } from "../../functions/domain/approval/approval.ts";
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
    requester: "requester@example.com",
    startedBy: null,
    binding: "b",
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
