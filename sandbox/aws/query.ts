/** The query protocol (SNS, STS): a form goes in, XML comes out. */

type Node = { value?: string; readonly children: Map<string, Node> };

const newNode = (): Node => ({ children: new Map() });

const insert = (root: Node, path: string, value: string): void => {
  let node = root;
  for (const part of path.split(".")) {
    let child = node.children.get(part);
    if (child === undefined) {
      child = newNode();
      node.children.set(part, child);
    }
    node = child;
  }
  node.value = value;
};

/** `entry.1.key` / `entry.1.value`, or SNS's `Name` / `Value`, as an object. */
const mapOf = (entries: Node): Record<string, unknown> => {
  const pairs = [...entries.children.values()].map((entry) => {
    const key = entry.children.get("key") ?? entry.children.get("Name");
    const value = entry.children.get("value") ?? entry.children.get("Value");
    return [key?.value ?? "", value === undefined ? "" : shapeOf(value)] as const;
  });
  return Object.fromEntries(pairs);
};

const shapeOf = (node: Node): unknown => {
  if (node.children.size === 0) return node.value ?? "";
  const members = node.children.get("member");
  if (members !== undefined) return [...members.children.values()].map(shapeOf);
  const entries = node.children.get("entry");
  if (entries !== undefined) return mapOf(entries);
  return Object.fromEntries([...node.children].map(([name, child]) => [name, shapeOf(child)]));
};

/** The operation and input of a form body. Scalars stay strings, as the form has no types. */
export const decodeForm = (body: string): { operation: string; input: Record<string, unknown> } => {
  const root = newNode();
  for (const [path, value] of new URLSearchParams(body)) insert(root, path, value);
  const { Action, Version: _version, ...input } = shapeOf(root) as Record<string, unknown>;
  return { operation: String(Action), input };
};

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#xD;",
  "\n": "&#xA;",
};

const escapeText = (text: string): string => text.replace(/[&<>"\r\n]/g, (found) => ESCAPES[found] ?? found);

const element = (name: string, value: unknown): string => {
  if (value === undefined) return "";
  if (Array.isArray(value)) return `<${name}>${value.map((item) => element("member", item)).join("")}</${name}>`;
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => `<entry>${element("key", key)}${element("value", item)}</entry>`);
    return `<${name}>${entries.join("")}</${name}>`;
  }
  if (typeof value === "object" && value !== null) return `<${name}>${membersOf(value)}</${name}>`;
  return `<${name}>${escapeText(String(value))}</${name}>`;
};

const membersOf = (value: object): string =>
  Object.entries(value)
    .map(([name, member]) => element(name, member))
    .join("");

/** A successful answer. Maps must be `Map`s, since XML tells them from structures. */
export const encodeAnswer = (operation: string, namespace: string, output: unknown, requestId: string): string =>
  `<${operation}Response xmlns="${namespace}"><${operation}Result>${membersOf(output ?? {})}</${operation}Result>` +
  `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>`;

/** A query error: `Sender` for the caller's fault, `Receiver` for the service's. */
export const encodeQueryError = (code: string, message: string, status: number, requestId: string): string =>
  `<ErrorResponse><Error><Type>${status < 500 ? "Sender" : "Receiver"}</Type><Code>${escapeText(code)}</Code>` +
  `<Message>${escapeText(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`;

/** An S3 error body. */
export const encodeXmlError = (code: string, message: string, requestId: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${escapeText(code)}</Code>` +
  `<Message>${escapeText(message)}</Message><RequestId>${requestId}</RequestId></Error>`;
