import type { Download } from "../adapters/lambda-code.ts";

/** Fetches a file over the network. Throws when it is longer than it may be; redirects are not followed. */
export const download: Download = async (url, { most, timeoutMs }) => {
  const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.byteLength;
    if (length > most) throw new Error(`the file is longer than ${most} bytes`);
    pieces.push(piece);
  }
  return { status: response.status, body: Buffer.concat(pieces) };
};
