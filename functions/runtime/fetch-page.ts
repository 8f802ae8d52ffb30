import type { FetchPage } from "../adapters/web.ts";

/** Longest body kept, in bytes; a check looks for a word, and a page may never end. */
const LONGEST_BODY = 256 * 1024;

/** Fetches a page over the network. Redirects are not followed: a check is told the status that its URL gave. */
export const fetchPage: FetchPage = async (url, timeoutMs) => {
  const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
  return { status: response.status, body: await readBody(response) };
};

async function readBody(response: Response): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const piece of response.body) {
    text += decoder.decode(piece, { stream: true });
    length += piece.byteLength;
    if (length >= LONGEST_BODY) break;
  }
  return text;
}
