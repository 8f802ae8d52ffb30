/**
 * Two services' approvals in one ledger, played by the real handlers, with the story of each written down as somebody saw
 * it who looks on from outside.
 */
import { approvalPage } from "../../functions/approval-page.ts";
import { decideByApi } from "../../functions/decide.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import type { HttpRequest, HttpResponse } from "../../functions/pages/http.ts";
import { revoke } from "../../functions/revoke.ts";
import { rotate } from "../../functions/rotate-links.ts";
import { type Answer, type Event, isAskedAnew, type Rules, seatedSince } from "./approval-reference.ts";
import { approvalPlan, HOUR, INFRA, LEAD, MANAGER, role, type Scene, scene } from "./approval-scene.ts";
import { FORM_HEADERS, formFrom } from "./approval-server.ts";
import { ACCESS_KEY, API_ACCOUNT, callerBy, roleArn, SSO_ROLE, sessionArn, userArn } from "./callers.ts";

export const SAM = "sam.dev@example.com";
export const ANN = "ann.lead@example.com";
export const NEW = "new.lead@example.com";
export const PEOPLE = [LEAD, ANN, INFRA, NEW, MANAGER, SAM];
export const ROLES = ["tech-lead", "infrastructure-lead", "manager"] as const;

/** Who may hold a role by the policies that are put in force; the plans name some of them. */
export const POOL: Readonly<Record<string, readonly string[]>> = {
  "tech-lead": [LEAD, ANN, NEW, SAM],
  "infrastructure-lead": [INFRA, ANN, NEW],
  manager: [MANAGER],
};

const STARTER = sessionArn("Release", "pipeline-1");
const CALLERS = {
  verifiedRoles: [roleArn(SSO_ROLE)],
  speakForOthers: [roleArn("Approvers"), roleArn("Release")],
};
const OPS = userArn("ops");

const LEADS = role("tech-lead", [LEAD, ANN, SAM]);
const RULES = {
  roles: {
    "tech-lead": { needed: 1, people: [LEAD, ANN, SAM] },
    "infrastructure-lead": { needed: 1, people: [INFRA, ANN] },
    manager: { needed: 1, people: [MANAGER] },
  },
  escalation: "manager",
  parties: [SAM],
  expiresMs: 48 * HOUR,
  escalatesMs: 10 * HOUR,
  validMs: 30 * HOUR,
};

const APPROVAL = approvalPlan({
  roles: [LEADS, role("infrastructure-lead", [INFRA, ANN])],
  escalateTo: role("manager", [MANAGER]),
  escalateSeconds: RULES.escalatesMs / 1_000,
  validSeconds: RULES.validMs / 1_000,
});

/** A mail with a link, and how long the story was when it came. */
interface Letter {
  readonly id: string;
  readonly role: string;
  readonly person: string;
  readonly at: number;
}

interface Form {
  readonly letter: Letter;
  readonly body: string;
  /** Length of the story, and the time, when the page was opened. */
  readonly opened: number;
  readonly openedAt: number;
}

/** One service's side. */
export class Side {
  readonly on: Scene;
  readonly rules: Rules;
  readonly story: Event[] = [];
  readonly letters: Letter[] = [];
  readonly forms: Form[] = [];
  #read = 0;

  constructor(on: Scene, starter: string | null) {
    this.on = on;
    this.rules = { ...RULES, starter };
  }

  get version(): string {
    return this.on.name.promotionId.slice(-8, -2);
  }

  tell(event: Event): void {
    this.story.push(event);
  }

  /** Mails that came since, with what the story was by then. */
  readMail(): void {
    for (const { to, body } of this.on.inbox.slice(this.#read)) {
      const id = /\/approvals\/([0-9a-f]{64})\n/.exec(body)?.[1];
      const asked = /(?:asked,|decision) as ([a-z-]+)[,.]/.exec(body)?.[1];
      if (id !== undefined && asked !== undefined) {
        this.letters.push({ id, role: asked, person: to, at: this.story.length });
      }
    }
    this.#read = this.on.inbox.length;
  }

  /** The machine looks, as it does after every wake. */
  async look(): Promise<string> {
    const { outcome } = await this.on.settle();
    this.tell({ what: "looked", at: this.on.now });
    this.readMail();
    return outcome ?? "waiting";
  }

  /** Newest generation of seats, which each change of one raises. */
  generation(): unknown {
    return this.on.ledger.items(({ pk, sk }) => pk.endsWith(this.on.name.promotionId) && sk.startsWith("APPROVAL#"))[0]
      ?.generation;
  }

  /** A link lives as long as the seat that it was mailed to, and until all links are ended. */
  isAlive({ role: asked, person, at }: Letter): boolean {
    const ended = this.story.findLastIndex(({ what }) => what === "links ended");
    const since = seatedSince(this.rules, this.story, asked, person);
    return since >= 0 && at > since && at > ended;
  }
}

export class Play {
  readonly sides: readonly [Side, Side];
  #rotations = 0;

  private constructor(sides: readonly [Side, Side]) {
    this.sides = sides;
  }

  static async begin(): Promise<Play> {
    const starter = { startedBy: STARTER, starter: callerBy(STARTER, CALLERS) };
    const one = await scene({ approval: APPROVAL, header: starter });
    const two = await scene({
      approval: APPROVAL,
      release: { service: "crypto-watch", version: "v2.0.0" },
      beside: one,
    });
    const play = new Play([new Side(one, sessionArn("Release", "").slice(0, -1)), new Side(two, null)]);
    await play.policy(POOL);
    for (const side of play.sides) {
      const { promotionId } = side.on.name;
      await side.on.ledger.write([{ put: item(keys.open(promotionId), { promotionId }) }]);
      await play.ask(side);
      await side.look();
    }
    return play;
  }

  #everywhere(event: Event): void {
    for (const side of this.sides) side.tell(event);
  }

  async ask(side: Side): Promise<void> {
    const { now } = side.on;
    const first = side.story.every(({ what }) => what !== "asked");
    await side.on.ask();
    if (first || isAskedAnew(side.rules, [...side.story, { what: "links ended", at: now }])) {
      side.tell({ what: "asked", at: now });
    }
  }

  async policy(people: Readonly<Record<string, readonly string[]>>): Promise<void> {
    const [{ on }] = this.sides;
    await on.putPolicy(people, ["prod"], CALLERS);
    this.#everywhere({ what: "policy", people, at: on.now });
  }

  pass(ms: number): void {
    for (const { on } of this.sides) on.now += ms;
  }

  async supersede(side: Side): Promise<void> {
    await side.on.signal("supersede", "a newer promotion", "v9");
    side.tell({ what: "superseded", at: side.on.now });
  }

  stop(side: Side): void {
    side.on.status = "ABORTED";
    side.tell({ what: "execution stopped", at: side.on.now });
  }

  async say(verb: "revoke" | "reinstate", person: string): Promise<HttpResponse> {
    const [{ on }] = this.sides;
    const answer = await revoke(on.deps)(
      signed(`/people/${verb}`, OPS, { address: person, reason: "laptop was stolen" }),
    );
    this.#everywhere({ what: verb === "revoke" ? "revoked" : "reinstated", person, at: on.now });
    return answer;
  }

  async rotate(): Promise<HttpResponse> {
    const [{ on }] = this.sides;
    this.#rotations += 1;
    const request = `rotation-${this.#rotations}`;
    const answer = await rotate(on.deps)(signed("/links/rotate", OPS, { reason: "a link leaked", request }));
    this.#everywhere({ what: "links ended", at: on.now });
    return answer;
  }

  /** Opens a mailed link, and keeps the form that the page shows, if it shows one. */
  async open(side: Side, letter: Letter): Promise<HttpResponse> {
    const answer = await visit(side, letter, "GET", "");
    const form = { letter, body: answer.body, opened: side.story.length, openedAt: side.on.now };
    if (answer.body.includes('name="token"')) side.forms.push(form);
    return answer;
  }

  /** Sends a form that was opened at some time. */
  async post(side: Side, form: Form, decision: Answer["decision"]): Promise<HttpResponse> {
    const filled = { decision, version: side.version, comment: "as agreed" };
    return visit(side, form.letter, "POST", formFrom(form.body, filled));
  }

  async sign(
    side: Side,
    caller: string,
    body: { readonly action: string } & Record<string, unknown>,
  ): Promise<HttpResponse> {
    const { promotionId, environment, approval } = side.on.name;
    const path = `/promotions/${promotionId}/environments/${environment}/approvals/${approval}`;
    const request = signed(path, caller, body);
    return decideByApi(side.on.deps)({ ...request, pathParameters: { ...side.on.name } });
  }
}

function visit(side: Side, { id }: Letter, method: string, body: string): Promise<HttpResponse> {
  return approvalPage(side.on.deps)({
    method,
    path: `/approvals/${id}`,
    pathParameters: { link: id },
    query: {},
    headers: method === "POST" ? FORM_HEADERS : {},
    body,
    sourceIp: "198.51.100.7",
    userAgent: "a browser",
    caller: null,
  });
}

function signed(path: string, arn: string, body: unknown): HttpRequest {
  return {
    method: "POST",
    path,
    pathParameters: {},
    query: {},
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    sourceIp: "198.51.100.7",
    userAgent: "the command",
    caller: { arn, accessKey: ACCESS_KEY, account: API_ACCOUNT },
  };
}
