import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import type { HttpRequest, HttpResponse } from "@smithy/types";
import { AwsError } from "./errors.ts";
import { decodeForm, encodeAnswer, encodeQueryError, encodeXmlError } from "./query.ts";
import { decodeRest, type RestRequest } from "./rest.ts";
import { Reply, type SimulatedService } from "./service.ts";

/** Who signed a request, for which service and region: read from the credential scope, else from the host. */
export interface Signer {
  readonly account: string | undefined;
  readonly region: string;
  readonly service: string;
}

const SCOPE = /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\/aws4_request/;

/** Accounts are read from access keys of the form `SIM093646564004`; other keys name no account. */
export const signerOf = (request: HttpRequest): Signer => {
  const { authorization = "" } = request.headers;
  const scope = SCOPE.exec(authorization);
  const [host = "", region = "us-east-1"] = request.hostname.split(".");
  if (scope === null) return { account: undefined, region, service: host };
  const account = /^SIM(\d{12})/.exec(scope[1] ?? "")?.[1];
  return { account, region: scope[2] ?? region, service: scope[3] ?? host };
};

const bytesOf = (body: unknown): Uint8Array => {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return body;
  throw new AwsError("InvalidRequestContent", "the simulation takes request bodies as text or bytes, not as streams");
};

const textOf = (request: HttpRequest): string => {
  const bytes = bytesOf(request.body);
  const plain = request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
  return new TextDecoder().decode(plain);
};

const flatQuery = (request: HttpRequest): Record<string, string> => {
  const pairs = Object.entries(request.query ?? {}).map(([name, value]) => {
    const first = Array.isArray(value) ? value[0] : value;
    return [name, first ?? ""] as const;
  });
  return Object.fromEntries(pairs);
};

/** S3 puts the bucket into the host where its name allows it: one shape, `/bucket/key`, for both styles. */
const restPath = (request: HttpRequest, service: SimulatedService): string => {
  const bucket = service.name === "s3" ? /^(.+)\.s3\./.exec(request.hostname)?.[1] : undefined;
  return bucket === undefined ? request.path : `/${bucket}${request.path}`;
};

const restRequest = (request: HttpRequest, service: SimulatedService): RestRequest => {
  const { "x-id": _hint, ...query } = flatQuery(request);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return { method: request.method, path: restPath(request, service), query, headers, body: textOf(request) };
};

/** The operation that a request asks for, and its input as the service will see it. */
export const decodeRequest = (
  request: HttpRequest,
  service: SimulatedService,
): { operation: string; input: Record<string, unknown> } => {
  if (service.protocol === "json") {
    const { "x-amz-target": target = "" } = request.headers;
    const operation = target.slice(target.lastIndexOf(".") + 1);
    return { operation, input: JSON.parse(textOf(request) || "{}") as Record<string, unknown> };
  }
  if (service.protocol === "query") return decodeForm(textOf(request));
  const found = decodeRest(service.routes ?? [], restRequest(request, service));
  if (found !== undefined) return found;
  throw new AwsError("UnknownOperationException", `${service.name} has no ${request.method} ${request.path}`, {
    status: 404,
  });
};

const JSON_TYPE = { "content-type": "application/json" };
const XML_TYPE = { "content-type": "text/xml" };

const respond = (status: number, headers: Record<string, string>, body: unknown): HttpResponse => ({
  statusCode: status,
  headers,
  body: body instanceof Uint8Array || body instanceof Readable ? body : new TextEncoder().encode(String(body)),
});

const restBody = (body: unknown): unknown => {
  if (body === undefined) return "";
  if (typeof body === "string" || body instanceof Uint8Array || body instanceof Readable) return body;
  return JSON.stringify(body);
};

/** The answer of an operation in the service's protocol. No Date header: a client would correct its clock by it. */
export const encodeOutput = (
  service: SimulatedService,
  operation: string,
  output: unknown,
  requestId: string,
): HttpResponse => {
  const id = { "x-amzn-requestid": requestId };
  if (output instanceof Reply) {
    return respond(output.status, { ...JSON_TYPE, ...id, ...output.headers }, restBody(output.body));
  }
  if (service.protocol === "query") {
    return respond(200, { ...XML_TYPE, ...id }, encodeAnswer(operation, service.namespace ?? "", output, requestId));
  }
  return respond(200, { ...JSON_TYPE, ...id }, JSON.stringify(output ?? {}));
};

/** An error in the service's protocol: `__type` for JSON, a header for REST JSON, XML for the rest. */
export const encodeError = (service: SimulatedService, error: AwsError, requestId: string): HttpResponse => {
  const id = { "x-amzn-requestid": requestId };
  switch (service.protocol) {
    case "json": {
      const body = { __type: error.name, message: error.message, ...error.members };
      return respond(error.status, { ...JSON_TYPE, ...id }, JSON.stringify(body));
    }
    case "rest-json": {
      const headers = { ...JSON_TYPE, ...id, "x-amzn-errortype": error.name };
      return respond(error.status, headers, JSON.stringify({ message: error.message, ...error.members }));
    }
    case "query":
      return respond(
        error.status,
        { ...XML_TYPE, ...id },
        encodeQueryError(error.name, error.message, error.status, requestId),
      );
    case "rest-xml":
      return respond(error.status, { ...XML_TYPE, ...id }, encodeXmlError(error.name, error.message, requestId));
  }
};
