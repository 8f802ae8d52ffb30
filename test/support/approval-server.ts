/** Handlers behind a real HTTP server, through API Gateway's events: what arrives is what a browser or an attacker sent. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { APIGatewayProxyEvent } from "aws-lambda";
import { approvalPage } from "../../functions/approval-page.ts";
import { decideByApi } from "../../functions/decide.ts";
import type { Dependencies } from "../../functions/domain/ports.ts";
import { operate } from "../../functions/operate.ts";
import { failureAnswer, handlerFailure } from "../../functions/pages/failure.ts";
import type { HttpRequest, HttpResponse } from "../../functions/pages/http.ts";
import { revoke } from "../../functions/revoke.ts";
import { rotate } from "../../functions/rotate-links.ts";
import { fromGateway, toGateway } from "../../functions/runtime/http.ts";
import { showPromotion } from "../../functions/show-promotion.ts";
import { startPromotion } from "../../functions/start-promotion.ts";
import { ACCESS_KEY, API_ACCOUNT } from "./callers.ts";

interface Route {
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly action: (deps: Dependencies) => (request: HttpRequest) => Promise<HttpResponse>;
}

const ROUTES: readonly Route[] = [
  { pattern: /^\/people\/(?:revoke|reinstate)$/, names: [], action: revoke },
  { pattern: /^\/links\/rotate$/, names: [], action: rotate },
  { pattern: /^\/promotions$/, names: [], action: startPromotion },
  { pattern: /^\/promotions\/([^/]+)$/, names: ["promotionId"], action: showPromotion },
  { pattern: /^\/promotions\/([^/]+)\/signals$/, names: ["promotionId"], action: operate },
  { pattern: /^\/approvals\/([^/]*)$/, names: ["link"], action: approvalPage },
  {
    pattern: /^\/promotions\/([^/]+)\/environments\/([^/]+)\/approvals\/([^/]+)$/,
    names: ["promotionId", "environment", "approval"],
    action: decideByApi,
  },
];

/** Header that stands for the signature: API Gateway would put the caller's ARN into the event. */
export const CALLER_HEADER = "x-test-caller";

export interface TestServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function serve(deps: Dependencies): Promise<TestServer> {
  const server: Server = createServer((request, response) => {
    void answer(deps, request).then(({ statusCode, headers, body }) => {
      response.writeHead(statusCode, headers as Record<string, string>).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(deps: Dependencies, request: IncomingMessage) {
  // Not by URL: it would tidy up `..`, which API Gateway does not.
  const [pathname = "/", search = ""] = (request.url ?? "/").split("?");
  const body = await bodyOf(request);
  for (const { pattern, names, action } of ROUTES) {
    const match = pattern.exec(pathname);
    if (match === null) continue;
    const values = match.slice(1).map(decoded);
    // API Gateway's answer where a path is no UTF-8.
    if (values.includes(null)) return { statusCode: 400, headers: {}, body: '{"message":"Bad Request"}' };
    const event = eventOf(
      request,
      pathname,
      Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""])),
      search,
      body,
    );
    const asked = fromGateway(event);
    try {
      return toGateway(await action(deps)(asked));
    } catch (error) {
      return toGateway(failureAnswer(deps.hash, asked, handlerFailure(error, "test")));
    }
  }
  // API Gateway's answer where no route matches.
  return { statusCode: 403, headers: {}, body: '{"message":"Missing Authentication Token"}' };
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** As a REST API with a Lambda proxy integration sends it, bodies in base64. */
function eventOf(
  request: IncomingMessage,
  path: string,
  pathParameters: Record<string, string>,
  search: string,
  body: Buffer,
): APIGatewayProxyEvent {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const event = {
    httpMethod: request.method ?? "GET",
    path,
    pathParameters,
    // Of a name that stands twice the last one, as API Gateway has it.
    queryStringParameters: search === "" ? null : Object.fromEntries(new URLSearchParams(search)),
    headers,
    body: body.length === 0 ? null : body.toString("base64"),
    isBase64Encoded: body.length > 0,
    requestContext: {
      accountId: API_ACCOUNT,
      identity: {
        accessKey: CALLER_HEADER in headers ? ACCESS_KEY : null,
        sourceIp: "198.51.100.7",
        userAgent: headers["user-agent"] ?? null,
        userArn: headers[CALLER_HEADER] ?? null,
      },
    },
  };
  return event as unknown as APIGatewayProxyEvent;
}

/** A form as a browser would send it: the hidden token from the page, and whatever the person filled in. */
export function formFrom(page: string, filled: Readonly<Record<string, string | readonly string[]>>): string {
  const token = /name="token" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const form = new URLSearchParams({ token });
  for (const [name, value] of Object.entries(filled)) {
    for (const one of Array.isArray(value) ? value : [value]) form.append(name, one);
  }
  return form.toString();
}

export const FORM_HEADERS = { "content-type": "application/x-www-form-urlencoded" };
