import type { APIGatewayProxyEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { ServiceTrouble } from "../../functions/domain/errors.ts";
import type { HttpRequest, HttpResponse } from "../../functions/pages/http.ts";
import { htmlHeaders } from "../../functions/pages/layout.ts";
import { sha256 } from "../../functions/runtime/dependencies.ts";
import { fromGateway } from "../../functions/runtime/http.ts";
import { httpStep } from "../../functions/runtime/step.ts";
import { CONTEXT, testHost } from "./test-host.ts";

type Change = Partial<Omit<APIGatewayProxyEvent, "requestContext">> & { readonly userArn?: string };

/** As API Gateway's REST proxy sends it, as far as pages look. */
const eventOf = ({ userArn, ...change }: Change = {}): APIGatewayProxyEvent =>
  ({
    httpMethod: "POST",
    path: "/approve/abc",
    pathParameters: { link: "abc", promotionId: "p1" },
    queryStringParameters: null,
    headers: { "Content-Type": "application/x-www-form-urlencoded", Cookie: "a=b" },
    body: "decision=approve",
    isBase64Encoded: false,
    requestContext: {
      accountId: "093646564004",
      identity: { accessKey: "ASIA1", sourceIp: "203.0.113.9", userAgent: "Browser/1", userArn: userArn ?? null },
    },
    ...change,
  }) as unknown as APIGatewayProxyEvent;

const PAGE: HttpResponse = { status: 200, headers: { "content-type": "text/html" }, body: "<p>ä</p>" };

describe("a request", () => {
  test("has lower-case headers, empty parts where the gateway sends null, and nobody as its caller", () => {
    expect(fromGateway(eventOf())).toEqual({
      method: "POST",
      path: "/approve/abc",
      pathParameters: { link: "abc", promotionId: "p1" },
      query: {},
      headers: { "content-type": "application/x-www-form-urlencoded", cookie: "a=b" },
      body: "decision=approve",
      sourceIp: "203.0.113.9",
      userAgent: "Browser/1",
      caller: null,
    } satisfies HttpRequest);
  });

  test("has its body decoded where the gateway encoded it", () => {
    const body = Buffer.from("reason=für alle").toString("base64");

    expect(fromGateway(eventOf({ body, isBase64Encoded: true })).body).toBe("reason=für alle");
  });

  test("without a body or headers has empty ones", () => {
    const bare = eventOf({ body: null, headers: null as never });

    expect(fromGateway(bare)).toMatchObject({ body: "", headers: {} });
  });

  test("that was signed says by whom, by which key, and in which account the API is", () => {
    const userArn = "arn:aws:sts::093646564004:assumed-role/Operators/ann";

    expect(fromGateway(eventOf({ userArn })).caller).toEqual({
      arn: userArn,
      accessKey: "ASIA1",
      account: "093646564004",
    });
  });
});

describe("a page", () => {
  const serve = async (page: (request: HttpRequest) => Promise<HttpResponse>, change: Change = {}) => {
    const { host, lines } = testHost();
    const answer = await httpStep("decide-approval", () => page).on(host)(eventOf(change), CONTEXT);
    return { answer, lines };
  };

  test("answers in the gateway's form", async () => {
    const { answer } = await serve(async () => PAGE);

    expect(answer).toEqual({
      statusCode: 200,
      headers: { "content-type": "text/html" },
      body: "<p>ä</p>",
      isBase64Encoded: false,
    });
  });

  test("that fails answers 500 without details, and the log has them", async () => {
    const { answer, lines } = await serve(() => Promise.reject(new TypeError("secret detail")));

    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain("secret detail");
    expect(answer.body).toContain("request-1");
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: "ERROR",
        promotionId: "p1",
        error: expect.objectContaining({ name: "TypeError" }),
      }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ error: "TypeError", Error: 1 }));
  });

  test("that fails for the moment answers 503", async () => {
    const { answer } = await serve(() => Promise.reject(new ServiceTrouble("throttled")));

    expect(answer.statusCode).toBe(503);
    expect(answer.body).toContain("try again");
  });

  const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

  test("that fails is a page for a browser, with every header that the page itself has", async () => {
    const broken = () => Promise.reject(new TypeError("secret detail"));
    const { answer } = await serve(broken, { headers: { Accept: BROWSER } });

    expect(answer.headers).toEqual(htmlHeaders(sha256));
    expect(answer.body).toMatch(/<h1>Something is broken<.h1>.*open the link again/s);
    expect((await serve(broken, { headers: { Accept: BROWSER }, httpMethod: "HEAD" })).answer.body).toBe("");
  });

  test.each(["application/json", "*/*", "", "application/json, text/html"])(
    "that fails is JSON for a program: Accept %j",
    async (Accept) => {
      const { answer } = await serve(() => Promise.reject(new TypeError("x")), { headers: { Accept } });

      expect(answer.headers).toMatchObject({ "content-type": "application/json", "cache-control": "no-store" });
      expect(JSON.parse(answer.body)).toMatchObject({ error: expect.stringContaining("tell whoever runs Headgate") });
    },
  );
});
