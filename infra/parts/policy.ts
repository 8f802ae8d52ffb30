/** The policy in the ledger, written at deployment and by nobody else. */
import { CustomResource, Duration } from "aws-cdk-lib";
import { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { canonicalJson } from "../../functions/domain/canonical.ts";
import { VARIABLES } from "../../functions/runtime/dependencies.ts";
import type { CodeOf } from "../bundle.ts";
import { give } from "./grants.ts";
import { KEPT, makeLog } from "./keeping.ts";
import { makeRole, RUNTIME, roleNameOf } from "./lambdas.ts";
import { type Ledger, ledgerGrants } from "./ledger.ts";

/** Name of its code, which is not one of `functions/`: no machine calls it. */
export const POLICY_WRITER = "policy-writer";

export function makePolicy(scope: Construct, name: string, codeOf: CodeOf, ledger: Ledger, document: unknown): void {
  const role = makeRole(scope, "PolicyWriter", roleNameOf(name, POLICY_WRITER));
  give(role, ledgerGrants(ledger, { reads: [], writes: ["policy"], deletes: [] }));
  const functionName = `${name}-${POLICY_WRITER}`;
  const logGroup = makeLog(scope, "PolicyWriterLog", `/aws/lambda/${functionName}`, ledger.key, KEPT.audit);
  logGroup.grantWrite(role);
  const writer = new LambdaFunction(scope, "PolicyWriter", {
    ...RUNTIME,
    functionName,
    description: "Headgate: puts the deployed policy in force",
    code: codeOf(POLICY_WRITER),
    timeout: Duration.seconds(60),
    memorySize: 512,
    role,
    logGroup,
    environment: { NODE_OPTIONS: "--enable-source-maps", [VARIABLES.table]: ledger.table.tableName },
  });
  const policy = new CustomResource(scope, "Policy", {
    serviceToken: writer.functionArn,
    resourceType: "Custom::HeadgatePolicy",
    serviceTimeout: Duration.minutes(5),
    properties: { document: canonicalJson(document) },
  });
  // Its permissions are a resource of their own, which the call would otherwise not wait for.
  policy.node.addDependency(role);
}
