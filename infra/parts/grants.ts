/** Permissions with the reasons for their wildcards, and findings of cdk-nag that are as they should be. */
import { Stack, Validations } from "aws-cdk-lib";
import { ManagedPolicy, PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { IConstruct } from "constructs";
import { fieldsOf } from "../../functions/domain/text.ts";
import type { Grant } from "../../functions/targets/grant.ts";

/** Gives a role, or a policy, its permissions. Grants without resources, for what is not used here, are left out. */
export function give(role: Role | ManagedPolicy, grants: readonly Grant[]): void {
  for (const { actions, resources, conditions = {}, why } of grants) {
    if (resources.length === 0) continue;
    const statement = { actions: [...actions], resources: [...resources], conditions: { ...conditions } };
    if (role instanceof ManagedPolicy) role.addStatements(new PolicyStatement(statement));
    else role.addToPrincipalPolicy(new PolicyStatement(statement));
    if (why === undefined) continue;
    for (const resource of resources.filter((arn) => arn.includes("*"))) {
      acknowledge(role, `IAM5[Resource::${asPrinted(role, resource)}]`, why);
    }
  }
}

/** Accepts one finding on a construct and on what is below it; `finding` as cdk-nag prints it, without its pack's name. */
export function acknowledge(scope: IConstruct, finding: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions-${finding}`, reason });
}

/** A text with CloudFormation's references in it, in cdk-nag's spelling: `arn:<AWS::Partition>:s3:::bucket/*`. */
function asPrinted(scope: IConstruct, text: string): string {
  const resolved: unknown = Stack.of(scope).resolve(text);
  const { "Fn::Join": join } = fieldsOf(resolved);
  const parts = Array.isArray(join) && Array.isArray(join[1]) ? join[1] : [resolved];
  return parts.map((part) => (typeof part === "string" ? part : `<${String(fieldsOf(part).Ref)}>`)).join("");
}
