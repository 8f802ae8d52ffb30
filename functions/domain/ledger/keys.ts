/**
 * The ledger's items and their keys. One table. A promotion has several partitions, because IAM tells roles apart by
 * partition and by nothing smaller: its plan, which one function writes, once; its approvals, which is all that the
 * public page writes; its trail; the marks of its mails; and the rest. Nobody deletes but from approvals.
 *
 * | pk | sk | what |
 * |---|---|---|
 * | POLICY | CURRENT, VERSION#hash | the policy in force and every one before it |
 * | PROMOTION#id | HEADER | who, what, open or closed, outcome |
 * | PLAN#id | PLAN#environment#part | the resolved plan, cut into parts below the item limit |
 * | PROMOTION#id | HEAD#environment | head of the journal: open, tripped, closed |
 * | PROMOTION#id | TARGET#environment#target | baseline, candidate, last read-back |
 * | PROMOTION#id | INTENT#environment#target#seq | one write: intent, then result |
 * | PROMOTION#id | CODE#environment#resource | what candidates of a resource are made from: as it was, and how it went back |
 * | PROMOTION#id | REPLACEMENT#environment#resource#seq | one replacement of it: intent, then result |
 * | PROMOTION#id | BAKE#environment#phase, SAMPLE#... | judge state, and the samples behind each verdict |
 * | APPROVALS#id | APPROVAL#..., DECISION#..., DECIDER#..., RESENT#... | what was asked, answered, and sent again |
 * | PROMOTION#id | SIGNAL#..., PAUSE#... | operators' words, and the tokens that wait for them |
 * | PROMOTION#id | ADVICE#environment | what the bakes can see at last week's traffic |
 * | PROMOTION#id | GATES#environment#when, HOLD#environment#phase, ENDING | check results, why it stands still, why it ends |
 * | SENT#id | SENT#notice | which mails went out |
 * | PROMOTION#id | PAGE#environment#about | of what people were paged |
 * | PROMOTION#id | INFLIGHT#environment#target | what still ran on the candidate when the promotion was closed |
 * | PROMOTION#id | COUNTED#outcome | that it was counted in the metrics |
 * | AUDIT#id | AUDIT#seq, AUDITID#id, AUDITHEAD | the hash-chained trail |
 * | REVOKED | PERSON#person, REVISION | who was taken out of deciding before any policy said so |
 * | LOCK#resource | LOCK | owner and fence |
 * | LINK#hash | LINK | an approver's link |
 * | LINK-EPOCH | CURRENT, RAISED#epoch | the epoch that links have to be of to work, and who raised it when and why |
 * | ALARM#account#region#name | PROMOTION#id#environment | who wants to know of this alarm |
 * | OPEN | PROMOTION#id | promotions that are not closed, for the sweeper |
 * | START#execution | START | who started this execution through the API |
 * | KEPT | due#promotion#environment | previous versions that are deleted once they were kept for long enough |
 * | DEPLOYMENT#environment#service | VERSION#version#promotion, ACTIVE, HELD#version | the version registry |
 */
import type { Outcome } from "../outcomes.ts";
import type { Key, Place } from "../ports.ts";

export const promotion = (id: string) => `PROMOTION#${id}`;

export const planOf = (id: string) => `PLAN#${id}`;

const approvalsOf = (id: string) => `APPROVALS#${id}`;

const auditOf = (id: string) => `AUDIT#${id}`;

const sentOf = (id: string) => `SENT#${id}`;

const padded = (sequence: number) => String(sequence).padStart(6, "0");

export const keys = {
  policyCurrent: (): Key => ({ pk: "POLICY", sk: "CURRENT" }),
  policy: (hash: string): Key => ({ pk: "POLICY", sk: `VERSION#${hash}` }),
  revocations: (): Key => ({ pk: "REVOKED", sk: "REVISION" }),
  revoked: (person: string): Key => ({ pk: "REVOKED", sk: `PERSON#${person}` }),
  header: (id: string): Key => ({ pk: promotion(id), sk: "HEADER" }),
  planPart: (id: string, environment: string, part: number): Key => ({
    pk: planOf(id),
    sk: `PLAN#${environment}#${padded(part)}`,
  }),
  head: (id: string, environment: string): Key => ({ pk: promotion(id), sk: `HEAD#${environment}` }),
  target: (id: string, environment: string, target: string): Key => ({
    pk: promotion(id),
    sk: `TARGET#${environment}#${target}`,
  }),
  intent: (id: string, environment: string, target: string, sequence: number): Key => ({
    pk: promotion(id),
    sk: `INTENT#${environment}#${target}#${padded(sequence)}`,
  }),
  code: (id: string, environment: string, resource: string): Key => ({
    pk: promotion(id),
    sk: `CODE#${environment}#${resource}`,
  }),
  replacement: (id: string, environment: string, resource: string, sequence: number): Key => ({
    pk: promotion(id),
    sk: `REPLACEMENT#${environment}#${resource}#${padded(sequence)}`,
  }),
  bake: (id: string, environment: string, phase: string): Key => ({
    pk: promotion(id),
    sk: `BAKE#${environment}#${phase}`,
  }),
  samples: (id: string, environment: string, phase: string, part: number): Key => ({
    pk: promotion(id),
    sk: `SAMPLE#${environment}#${phase}#${padded(part)}`,
  }),
  reference: (id: string, environment: string): Key => ({ pk: promotion(id), sk: `REFERENCE#${environment}` }),
  approval: (id: string, environment: string, approval: string): Key => ({
    pk: approvalsOf(id),
    sk: `APPROVAL#${environment}#${approval}`,
  }),
  decision: (id: string, environment: string, approval: string, role: string, address: string): Key => ({
    pk: approvalsOf(id),
    sk: `DECISION#${environment}#${approval}#${role}#${address}`,
  }),
  decider: (id: string, environment: string, approval: string, address: string): Key => ({
    pk: approvalsOf(id),
    sk: `DECIDER#${environment}#${approval}#${address}`,
  }),
  resent: (id: string, environment: string, approval: string, role: string, person: string): Key => ({
    pk: approvalsOf(id),
    sk: `RESENT#${environment}#${approval}#${role}#${person}`,
  }),
  start: (executionArn: string): Key => ({ pk: `START#${executionArn}`, sk: "START" }),
  link: (hash: string): Key => ({ pk: `LINK#${hash}`, sk: "LINK" }),
  linkEpoch: (): Key => ({ pk: "LINK-EPOCH", sk: "CURRENT" }),
  raisedLinkEpoch: (epoch: number): Key => ({ pk: "LINK-EPOCH", sk: `RAISED#${padded(epoch)}` }),
  signal: (id: string, signal: string): Key => ({ pk: promotion(id), sk: `SIGNAL#${signal}` }),
  pause: (id: string, environment: string, pause: string): Key => ({
    pk: promotion(id),
    sk: `PAUSE#${environment}#${pause}`,
  }),
  due: (id: string): Key => ({ pk: promotion(id), sk: "DUE" }),
  sent: (id: string, notice: string): Key => ({ pk: sentOf(id), sk: `SENT#${notice}` }),
  inFlight: (id: string, environment: string, target: string): Key => ({
    pk: promotion(id),
    sk: `INFLIGHT#${environment}#${target}`,
  }),
  counted: (id: string, outcome: Outcome): Key => ({ pk: promotion(id), sk: `COUNTED#${outcome}` }),
  page: (id: string, environment: string, about: string): Key => ({
    pk: promotion(id),
    sk: `PAGE#${environment}#${about}`,
  }),
  /** Prefix of all pages of a promotion. */
  pages: (id: string): Key => ({ pk: promotion(id), sk: "PAGE#" }),
  auditHead: (id: string): Key => ({ pk: auditOf(id), sk: "AUDITHEAD" }),
  audit: (id: string, sequence: number): Key => ({ pk: auditOf(id), sk: `AUDIT#${padded(sequence)}` }),
  auditId: (id: string, entry: string): Key => ({ pk: auditOf(id), sk: `AUDITID#${entry}` }),
  lock: (resource: string): Key => ({ pk: `LOCK#${resource}`, sk: "LOCK" }),
  alarm: (place: Place, name: string, id: string, environment: string): Key => ({
    pk: `ALARM#${place.account}#${place.region}#${name}`,
    sk: `PROMOTION#${id}#${environment}`,
  }),
  kept: (dueAt: number, id: string, environment: string): Key => ({
    pk: "KEPT",
    sk: `${new Date(dueAt).toISOString()}#${id}#${environment}`,
  }),
  open: (id: string): Key => ({ pk: "OPEN", sk: `PROMOTION#${id}` }),
  deployed: (environment: string, service: string, version: string, id: string): Key => ({
    pk: `DEPLOYMENT#${environment}#${service}`,
    sk: `VERSION#${version}#${id}`,
  }),
  ending: (id: string): Key => ({ pk: promotion(id), sk: "ENDING" }),
  advice: (id: string, environment: string): Key => ({ pk: promotion(id), sk: `ADVICE#${environment}` }),
  gates: (id: string, environment: string, when: string): Key => ({
    pk: promotion(id),
    sk: `GATES#${environment}#${when}`,
  }),
  hold: (id: string, environment: string, phase: string): Key => ({
    pk: promotion(id),
    sk: `HOLD#${environment}#${phase}`,
  }),
  active: (environment: string, service: string): Key => ({ pk: `DEPLOYMENT#${environment}#${service}`, sk: "ACTIVE" }),
  held: (environment: string, service: string, version: string): Key => ({
    pk: `DEPLOYMENT#${environment}#${service}`,
    sk: `HELD#${version}`,
  }),
} as const;
