/** API Gateway before the functions that answer requests: pages behind links, and the signed routes. */
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import { apiEvent } from "./gateway.ts";
import type { SandboxPlace } from "./places.ts";

type ApiStep =
  | "approval-page"
  | "decide"
  | "revoke"
  | "start-promotion"
  | "show-promotion"
  | "operate"
  | "rotate-links";

/** What the command in a mail sends, signed by whom it was mailed to. */
export interface SignedAnswer {
  readonly address: string;
  readonly promotionId: string;
  readonly environment: string;
  readonly approval: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Something that a person sent to decide, whatever the answer: by a mail's link, or signed. */
export interface Said {
  readonly at: number;
  readonly through: { readonly link: string } | Omit<SignedAnswer, "body">;
  /** The form, or the body of the signed request. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ApiOptions {
  readonly clock: { now(): number };
  readonly place: SandboxPlace;
  readonly invoke: (step: ApiStep, event: APIGatewayProxyEvent) => Promise<unknown>;
}

export class Api {
  readonly #options: ApiOptions;
  /** In the order in which it was sent. */
  readonly said: Said[] = [];

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /** One request, on behalf of a page's visitor or of a signed caller; a function that fails is a 502. */
  async request(step: ApiStep, event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
    try {
      return (await this.#options.invoke(step, event)) as APIGatewayProxyResult;
    } catch {
      return { statusCode: 502, body: JSON.stringify({ message: "Internal server error" }) };
    }
  }

  /** What `headgate start` gets when this IAM identity signs for it. */
  start(release: unknown, caller: string): Promise<APIGatewayProxyResult> {
    const body = JSON.stringify({ release });
    const request = { method: "POST", path: "/promotions", pathParameters: {}, contentType: "application/json", body };
    return this.request("start-promotion", apiEvent({ ...request, caller }));
  }

  /** What `headgate status` and `headgate watch` get when this IAM identity signs for them. */
  look(path: string, caller: string): Promise<APIGatewayProxyResult> {
    const { pathname, searchParams } = new URL(path, "https://headgate.example");
    const [, , promotionId] = pathname.split("/").map(decodeURIComponent);
    const pathParameters = promotionId === undefined ? {} : { promotionId };
    const query = Object.fromEntries(searchParams);
    return this.request("show-promotion", apiEvent({ method: "GET", path, pathParameters, query, body: null, caller }));
  }

  /** What a person's browser sends for the link of a mail, and gets. */
  async visit(method: string, link: string, body: string | null): Promise<{ status: number; body: string }> {
    if (body !== null) this.#note({ link }, Object.fromEntries(new URLSearchParams(body)));
    const form = body === null ? {} : { contentType: "application/x-www-form-urlencoded" };
    const answer = await this.request(
      "approval-page",
      apiEvent({ method, path: `/approvals/${link}`, pathParameters: { link }, body, ...form }),
    );
    return { status: answer.statusCode, body: answer.body };
  }

  /** What the command in an approver's mail sends. */
  async decide({ address, body, ...approval }: SignedAnswer): Promise<{ status: number }> {
    this.#note({ address, ...approval }, body);
    const event = apiEvent({
      method: "POST",
      path: `/promotions/${approval.promotionId}/environments/${approval.environment}/approvals/${approval.approval}`,
      pathParameters: approval,
      contentType: "application/json",
      body: JSON.stringify(body),
      caller: `arn:aws:iam::${this.#options.place.account}:user/${address}`,
    });
    return { status: (await this.request("decide", event)).statusCode };
  }

  /** What `headgate rotate-keys` gets when this IAM identity signs for it. */
  rotate(reason: string, caller: string): Promise<APIGatewayProxyResult> {
    const body = JSON.stringify({ reason, request: `at-${this.#options.clock.now()}` });
    const request = {
      method: "POST",
      path: "/links/rotate",
      pathParameters: {},
      contentType: "application/json",
      body,
    };
    return this.request("rotate-links", apiEvent({ ...request, caller }));
  }

  /** What `headgate revoke` and `headgate reinstate` get when this IAM identity signs for them. */
  sayOf(verb: "revoke" | "reinstate", address: string, reason: string, caller: string): Promise<APIGatewayProxyResult> {
    const path = `/people/${verb}`;
    const body = JSON.stringify({ address, reason });
    const request = { method: "POST", path, pathParameters: {}, contentType: "application/json", body };
    return this.request("revoke", apiEvent({ ...request, caller }));
  }

  #note(through: Said["through"], body: Said["body"]): void {
    this.said.push({ at: this.#options.clock.now(), through, body });
  }
}
