/** A small AWS at a local address, for code that runs as deployed: in a process of its own, with the SDK's own HTTP. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface LocalAws {
  readonly url: string;
  /** What the ledger holds: `pk sk` of each item. */
  items(): string[];
  close(): void;
}

const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";
const CREDENTIALS = `<AssumeRoleResponse xmlns="${NAMESPACE}"><AssumeRoleResult><Credentials><AccessKeyId>AKID</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
const PUBLISHED = `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`;

/** Holds one policy in its ledger, and every object that is asked for, with this checksum (base64). */
export async function startLocalAws(policyJson: string, checksum: string): Promise<LocalAws> {
  const table = new LedgerTable();
  table.put({ pk: { S: "POLICY" }, sk: { S: "CURRENT" }, hash: { S: "hash" } });
  table.put({ pk: { S: "POLICY" }, sk: { S: "VERSION#hash" }, json: { S: policyJson } });
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
        response.end(JSON.stringify(table.answer(target, JSON.parse(body))));
      } else {
        response
          .writeHead(200, { "content-type": "text/xml" })
          .end(body.includes("AssumeRole") ? CREDENTIALS : PUBLISHED);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, items: () => table.names(), close: () => server.close() };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}

type StoredItem = Readonly<Record<string, { readonly S?: string } | undefined>>;

interface DynamoRequest {
  readonly Key?: StoredItem;
  readonly ExpressionAttributeValues?: StoredItem;
  readonly TransactItems?: readonly { readonly Put?: { readonly Item: StoredItem } }[];
}

/** As much of DynamoDB as one promotion's opening needs: no conditions, since nobody else is there. */
class LedgerTable {
  readonly #items = new Map<string, StoredItem>();

  put(item: StoredItem): void {
    this.#items.set(nameOf(item), item);
  }

  names(): string[] {
    return [...this.#items.keys()];
  }

  answer(
    target: string,
    { Key = {}, ExpressionAttributeValues: values = {}, TransactItems = [] }: DynamoRequest,
  ): unknown {
    for (const { Put } of TransactItems) if (Put !== undefined) this.put(Put.Item);
    if (target.endsWith("Query")) {
      const prefix = `${values[":pk"]?.S} ${values[":prefix"]?.S ?? ""}`;
      const names = this.names()
        .filter((name) => name.startsWith(prefix))
        .sort((a, b) => (a < b ? -1 : 1));
      return { Items: names.map((name) => this.#items.get(name)) };
    }
    const found = this.#items.get(nameOf(Key));
    return found === undefined ? {} : { Item: found };
  }
}

const nameOf = ({ pk, sk }: StoredItem): string => `${pk?.S} ${sk?.S}`;
