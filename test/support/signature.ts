/** Signature Version 4 as AWS documents it, worked out from a request as it arrived. */
import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Whom the test's requests are signed by. */
export const CREDENTIALS = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};

type Arrived = Pick<IncomingMessage, "method" | "url" | "headers">;

const SCOPE = /Credential=AKIDEXAMPLE\/(\d{8})\/([a-z0-9-]+)\/([a-z-]+)\/aws4_request, SignedHeaders=([^,]+)/;

/** What the request says of itself; undefined: it is not signed. */
export const signatureIn = ({ headers }: Arrived) => /Signature=([0-9a-f]{64})/.exec(headers.authorization ?? "")?.[1];

/** What AWS would work out for it, in the scope that it names. */
export function signatureOf({ method = "GET", url = "/", headers }: Arrived, body = ""): string {
  const [, date = "", region = "", service = "", names = ""] = SCOPE.exec(headers.authorization ?? "") ?? [];
  const [path = "", query = ""] = url.split("?");
  const canonical = [
    method,
    path,
    query.split("&").sort().join("&"),
    ...names.split(";").map((name) => `${name}:${String(headers[name])}`),
    "",
    names,
    sha256(body),
  ].join("\n");
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", String(headers["x-amz-date"]), scope, sha256(canonical)].join("\n");
  const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(
    (secret, part) => createHmac("sha256", secret).update(part).digest(),
    `AWS4${CREDENTIALS.secretAccessKey}`,
  );
  return createHmac("sha256", key).update(text).digest("hex");
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
