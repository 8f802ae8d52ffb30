/** A small AWS at a local address, for code that runs as deployed: in a process of its own, with the SDK's own HTTP. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface LocalAws {
  readonly url: string;
  /** What was written to the ledger: `pk sk` of each put. */
  readonly puts: string[];
  close(): void;
}

const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";
const CREDENTIALS = `<AssumeRoleResponse xmlns="${NAMESPACE}"><AssumeRoleResult><Credentials><AccessKeyId>AKID</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
const PUBLISHED = `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`;

/** Holds one policy in its ledger, and every object that is asked for, with this checksum (base64). */
export async function startLocalAws(policyJson: string, checksum: string): Promise<LocalAws> {
  const puts: string[] = [];
  const server: Server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const target = request.headers["x-amz-target"];
      if (request.method === "HEAD") {
        const headers = {
          "x-amz-checksum-sha256": checksum,
          "x-amz-checksum-type": "FULL_OBJECT",
          "x-amz-version-id": "v",
        };
        response.writeHead(200, headers).end();
      } else if (typeof target === "string") {
        response.writeHead(200, { "content-type": "application/x-amz-json-1.0" });
        response.end(JSON.stringify(dynamoDb(target, JSON.parse(body), policyJson, puts)));
      } else {
        response
          .writeHead(200, { "content-type": "text/xml" })
          .end(body.includes("AssumeRole") ? CREDENTIALS : PUBLISHED);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, puts, close: () => server.close() };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}

interface DynamoRequest {
  readonly Key?: Readonly<Record<string, { readonly S: string }>>;
  readonly TransactItems?: readonly {
    readonly Put?: { readonly Item: Readonly<Record<string, { readonly S: string }>> };
  }[];
}

function dynamoDb(target: string, request: DynamoRequest, policyJson: string, puts: string[]): unknown {
  for (const { Put } of request.TransactItems ?? []) {
    if (Put !== undefined) puts.push(`${Put.Item.pk?.S} ${Put.Item.sk?.S}`);
  }
  if (target.endsWith("Query")) return { Items: [] };
  if (request.Key?.pk?.S !== "POLICY") return {};
  return { Item: { ...request.Key, hash: { S: "hash" }, json: { S: policyJson } } };
}
