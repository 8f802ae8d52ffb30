/** How the command bears an API that is busy, slow or out of reach, and what it says then. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ApiOptions, refusalOf, signedApi } from "../../cli/signed-api.ts";
import { ManualClock } from "../support/manual-clock.ts";

const URL_OF_API = "https://a1b2.execute-api.eu-west-1.amazonaws.com/v1";
const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };

type Answer = number | Error | { status: number; body: object; headers?: Record<string, string> };

const lost = (code: string) => new TypeError("fetch failed", { cause: Object.assign(new Error("broken"), { code }) });

/** An API that gives these answers one after the other, and the last one for ever. */
function apiThat(answers: readonly Answer[], options: ApiOptions = {}) {
  const clock = new ManualClock(Date.UTC(2026, 0, 12));
  const said: string[] = [];
  const tried: { at: number; authorization: string | null }[] = [];
  const start = clock.now();
  const answering = async (_url: unknown, init?: RequestInit): Promise<Response> => {
    tried.push({ at: clock.now() - start, authorization: new Headers(init?.headers).get("authorization") });
    const answer = answers[Math.min(tried.length, answers.length) - 1] ?? 200;
    if (answer instanceof Error) throw answer;
    if (typeof answer === "number") return new Response('{"message":"as it says"}', { status: answer });
    return new Response(JSON.stringify(answer.body), { status: answer.status, headers: answer.headers ?? {} });
  };
  const api = signedApi(URL_OF_API, {
    credentials: CREDENTIALS,
    clock,
    random: () => 0.5,
    say: (text) => said.push(text),
    fetch: answering,
    ...options,
  });
  return { api, said, tried };
}

describe("a request to the API", () => {
  it.each<[string, Answer]>([
    ["is throttled", 429],
    ["is answered by a function that could not start", 502],
    ["meets a function in trouble", 503],
    ["takes the gateway too long", 504],
    ["loses its connection", lost("ECONNRESET")],
    ["gets no answer in time", Object.assign(new Error("timed out"), { name: "TimeoutError" })],
  ])("that %s is sent again, and it is said once that it waits", async (_what, trouble) => {
    const { api, said, tried } = apiThat([trouble, trouble, 200]);
    expect((await api.post("/x", {})).status).toBe(200);
    expect(tried).toHaveLength(3);
    expect(said).toEqual([expect.stringContaining("Trying again for up to 30 s.")]);
  });

  it.each<[string, Answer]>([
    ["is refused", 403],
    ["comes too late", 409],
    ["is for a host that does not exist", lost("ENOTFOUND")],
    ["is for a host with a wrong certificate", lost("CERT_HAS_EXPIRED")],
  ])("that %s is not", async (_what, answer) => {
    const { api, said, tried } = apiThat([answer]);
    await api.post("/x", {});
    expect(tried).toHaveLength(1);
    expect(said).toEqual([]);
  });

  it("is given up once the time is up, with the last answer and what to do", async () => {
    const { api, tried } = apiThat([429]);
    const answer = await api.get("/x");
    expect(answer.status).toBe(429);
    expect(refusalOf(answer)).toEqual([
      "as it says",
      "    hint: many requests at once: wait a minute and say it again",
    ]);
    expect(tried.at(-1)?.at).toBeLessThan(30_000);
  });

  it("waits longer each time, spread by half, and never past its time", async () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(share, fc.integer({ min: 1, max: 60_000 }), async (random, limitMs) => {
        const { api, tried } = apiThat([503], { random: () => random, limitMs });
        await api.get("/x");
        const waits = tried.slice(1).map(({ at }, index) => at - (tried[index]?.at ?? 0));
        for (const [index, wait] of waits.entries()) {
          const full = Math.min(8_000, 500 * 2 ** index);
          expect(wait).toBeGreaterThanOrEqual(full / 2);
          expect(wait).toBeLessThanOrEqual(full);
        }
        expect(tried.at(-1)?.at).toBeLessThan(limitMs);
      }),
    );
  });

  it("waits as long as the answer asks", async () => {
    const { api, tried } = apiThat([{ status: 429, body: {}, headers: { "retry-after": "7" } }, 200]);
    await api.get("/x");
    expect(tried[1]?.at).toBe(7_000);
  });

  it("says of a refusal after a lost answer that the lost one may have done it", async () => {
    const { api } = apiThat([lost("ECONNRESET"), { status: 409, body: { error: "decided already" } }]);
    expect(refusalOf(await api.post("/x", {}))).toEqual([
      "decided already",
      expect.stringContaining("the first time may have done it, see headgate status"),
    ]);
  });

  it.each([
    ["Forbidden", "a web ACL turned this away"],
    ["Missing Authentication Token", "has to be the stack's output ApiUrl"],
    ["The security token included in the request is expired", "aws sso login"],
    ["Signature expired: 20260112T080000Z is now earlier than", "set this machine's clock"],
    ["User: arn:aws:iam::1:user/x is not authorized to perform: execute-api:Invoke", "docs/deploy.md lists the routes"],
  ])('that API Gateway refuses with "%s" says what to do', async (message, hint) => {
    const { api } = apiThat([{ status: 403, body: { message } }]);
    expect(refusalOf(await api.get("/x")).join("\n")).toContain(hint);
  });

  it("without credentials, or without a host, is an answer too, and no stack trace", async () => {
    const none = Object.assign(new Error("nothing found"), { name: "CredentialsProviderError" });
    const credentials = async () => Promise.reject(none);
    const unsigned = await apiThat([200], { credentials }).api.get("/x");
    expect(unsigned).toMatchObject({ status: 0, body: { error: expect.stringContaining("no AWS credentials") } });
    const nowhere = await apiThat([lost("ENOTFOUND")]).api.get("/x");
    expect(nowhere.body.error).toBe("a1b2.execute-api.eu-west-1.amazonaws.com gave no answer (ENOTFOUND: broken)");
  });
});
