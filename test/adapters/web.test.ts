import { expect, test } from "vitest";
import { web } from "../../functions/adapters/web.ts";
import { ServiceTrouble } from "../../functions/domain/errors.ts";
import { handClock } from "./wire.ts";

test("a page is given with its status and the time it took, whatever the status", async () => {
  const { clock, advance } = handClock();
  const asked: unknown[] = [];
  const fetchPage = async (...args: [string, number]) => {
    asked.push(args);
    advance(120);
    return { status: 503, body: "down" };
  };

  const page = await web({ fetchPage, clock }).get("https://example.com/health", 2_000);

  expect(page).toEqual({ status: 503, body: "down", ms: 120 });
  expect(asked).toEqual([["https://example.com/health", 2_000]]);
});

test("no answer is trouble that keeps its cause", async () => {
  const cause = new Error("getaddrinfo ENOTFOUND example.com");
  const { clock } = handClock();

  const asked = web({ fetchPage: () => Promise.reject(cause), clock }).get("https://example.com", 2_000);

  await expect(asked).rejects.toBeInstanceOf(ServiceTrouble);
  await expect(asked).rejects.toMatchObject({ cause });
});
