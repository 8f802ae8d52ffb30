import type { Route } from "../service.ts";

const FUNCTION = "/2015-03-31/functions/{FunctionName}";
const PROVISIONED = "/2019-09-30/functions/{FunctionName}/provisioned-concurrency";

/** Where each operation rests [Lambda API reference]. */
export const ROUTES: readonly Route[] = [
  { operation: "GetFunctionConfiguration", method: "GET", path: `${FUNCTION}/configuration` },
  { operation: "UpdateFunctionConfiguration", method: "PUT", path: `${FUNCTION}/configuration` },
  { operation: "UpdateFunctionCode", method: "PUT", path: `${FUNCTION}/code` },
  { operation: "PublishVersion", method: "POST", path: `${FUNCTION}/versions` },
  { operation: "ListVersionsByFunction", method: "GET", path: `${FUNCTION}/versions` },
  { operation: "GetPolicy", method: "GET", path: `${FUNCTION}/policy` },
  { operation: "ListEventSourceMappings", method: "GET", path: "/2015-03-31/event-source-mappings" },
  { operation: "GetFunction", method: "GET", path: FUNCTION },
  { operation: "DeleteFunction", method: "DELETE", path: FUNCTION },
  { operation: "GetAlias", method: "GET", path: `${FUNCTION}/aliases/{Name}` },
  { operation: "UpdateAlias", method: "PUT", path: `${FUNCTION}/aliases/{Name}` },
  { operation: "DeleteAlias", method: "DELETE", path: `${FUNCTION}/aliases/{Name}` },
  { operation: "CreateAlias", method: "POST", path: `${FUNCTION}/aliases` },
  { operation: "ListAliases", method: "GET", path: `${FUNCTION}/aliases` },
  { operation: "PutProvisionedConcurrencyConfig", method: "PUT", path: PROVISIONED },
  { operation: "GetProvisionedConcurrencyConfig", method: "GET", path: PROVISIONED },
  { operation: "DeleteProvisionedConcurrencyConfig", method: "DELETE", path: PROVISIONED },
  {
    operation: "Invoke",
    method: "POST",
    path: `${FUNCTION}/invocations`,
    headers: { "x-amz-invocation-type": "InvocationType", "x-amz-client-context": "ClientContext" },
    payload: "Payload",
  },
];
