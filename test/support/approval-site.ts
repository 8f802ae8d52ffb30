/** The approval pages of one scene over HTTP, as a browser, a scanner or an attacker meets them. */
import { expect } from "vitest";
import { decisionsToDeliver } from "../../functions/domain/approval/load.ts";
import { INFRASTRUCTURE_LEAD, LEAD, type Scene, type SceneOptions, scene, TECH_LEAD } from "./approval-scene.ts";
import { CALLER_HEADER, FORM_HEADERS, formFrom, serve, type TestServer } from "./approval-server.ts";

const servers: TestServer[] = [];

/** Stops every server of this file's sites; for `afterEach`. */
export async function closeSites(): Promise<void> {
  await Promise.all(servers.splice(0).map(async (server) => server.close()));
}

export interface Site {
  readonly on: Scene;
  readonly base: string;
  url(address?: string): string;
  get(address?: string): Promise<{ status: number; text: string; headers: Headers }>;
  /** Sends a body as it is. */
  send(url: string, body: string, headers?: Record<string, string>): Promise<{ status: number; text: string }>;
  /** Opens the page and sends its form, filled in. */
  submit(
    address: string,
    filled: Record<string, string | readonly string[]>,
  ): Promise<{ status: number; text: string }>;
  decisions(): number;
  state(): unknown;
}

/** The scene asked, its workflow paused, and its pages behind HTTP. */
export async function site(options: SceneOptions = {}): Promise<Site> {
  const on = await scene(options);
  await on.ask();
  await on.pause();
  const server = await serve(on.deps);
  servers.push(server);
  const url = (address = LEAD) => `${server.url}/approvals/${on.linkOf(address)}`;
  const get = async (address = LEAD) => {
    const response = await fetch(url(address));
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  const send = async (to: string, body: string, headers: Record<string, string> = FORM_HEADERS) => {
    const response = await fetch(to, { method: "POST", body, headers, redirect: "manual" });
    return { status: response.status, text: await response.text() };
  };
  return {
    on,
    base: server.url,
    url,
    get,
    send,
    submit: async (address, filled) => send(url(address), formFrom((await get(address)).text, filled)),
    decisions: () => on.items("DECISION").length,
    state: () => on.items("APPROVAL")[0]?.state,
  };
}

export const APPROVE = { decision: "approved", version: "v1.4.0", comment: "", checklist: TECH_LEAD.checklist };
export const APPROVE_INFRA = { ...APPROVE, checklist: INFRASTRUCTURE_LEAD.checklist };

/** Nothing was decided, and the workflow sleeps on. */
export async function expectUntouched({ on, decisions, state }: Site): Promise<void> {
  expect(decisions()).toBe(0);
  expect(on.items("DECIDER")).toEqual([]);
  expect(state()).toBe("waiting");
  expect(on.woken).toEqual([]);
  expect(await decisionsToDeliver(on.ledger, on.name.promotionId)).toEqual([]);
}

export const ARN = "arn:aws:sts::093646564004:assumed-role/Approvers/session-1";

/** Calls the signed route as `ARN`. */
export async function api(
  { on, base }: Site,
  body: object,
  headers: Record<string, string> = { [CALLER_HEADER]: ARN },
  path = "before",
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${base}/promotions/${on.name.promotionId}/environments/prod/approvals/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ action: "decide", decision: "approved", version: "v1.4.0", ...body }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
