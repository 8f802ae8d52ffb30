/** What an attacker sends, as it is, and what must be left of it: nothing. */
import { request as httpRequest } from "node:http";
import { expect } from "vitest";
import { CALLER_HEADER } from "./approval-server.ts";
import type { Site } from "./approval-site.ts";

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, unknown>>;
}

export interface Raw {
  readonly method?: string;
  /** As it stands in the request's first line: no client tidies it up. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

/** Sends a request that browsers and `fetch` would refuse to send, or would send in another form. */
export async function raw({ base }: Site, { method = "GET", path, headers = {}, body }: Raw): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const sent = httpRequest(
      { hostname, port, method, path, headers: { ...lengthOf(body), ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({ status: response.statusCode ?? 0, text, headers: response.headers });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

const lengthOf = (body: string | Buffer | undefined) =>
  body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };

/** A signed request with this body, word for word; an object is sent as JSON. */
export async function signed(
  here: Site,
  path: string,
  body: object | string,
  caller: string,
  method = "POST",
): Promise<Answer> {
  const headers = { "content-type": "application/json", [CALLER_HEADER]: caller };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return raw(here, { method, path, headers, ...(method === "GET" ? {} : { body: text }) });
}

/** Everything that somebody could have changed: items by their keys, mails, and who was woken. */
export const worldOf = ({ on: { ledger, inbox, woken } }: Site): ReadonlyMap<string, string> =>
  new Map([
    ...ledger.items().map((item): [string, string] => [`${item.pk} ${item.sk}`, JSON.stringify(item)]),
    ...inbox.map((mail, at): [string, string] => [`mail ${at} to ${mail.to}`, JSON.stringify(mail)]),
    ...woken.map((token, at): [string, string] => [`wake ${at}`, token]),
  ]);

/** What is not as it was, to the byte. */
export function changedSince(before: ReadonlyMap<string, string>, here: Site): string[] {
  const after = worldOf(here);
  return [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key));
}

/** Sends it, and holds the world against what it was. Nothing that anybody sends is a fault of ours: no status is 5xx. */
export async function withoutTrace(here: Site, send: () => Promise<Answer>): Promise<Answer> {
  const before = worldOf(here);
  const answer = await send();
  expect(answer.status, answer.text).toBeLessThan(500);
  expect(changedSince(before, here)).toEqual([]);
  return answer;
}
