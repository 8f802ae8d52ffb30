/**
 * The CDK app. Settings by context, as in `cdk deploy -c policy=infra/policies/bbws.json -c name=headgate`:
 * `policy` (the file), `name` (of the deployment), `account` and `region` (Headgate's own; default: the caller's),
 * `artifactBuckets` (comma-separated), `externalId` (default: the name), `deployRoleArn` (the role that CloudFormation works
 * as; default: that of CDK's bootstrap), and those of `settings.ts`.
 */
import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { bundled, type CodeOf } from "./bundle.ts";
import { FUNCTIONS } from "./functions.ts";
import { HeadgateStack } from "./headgate-stack.ts";
import { POLICY_WRITER } from "./parts/policy.ts";
import { placesOf, type TargetPlace } from "./places.ts";
import { readPolicyFile } from "./policy-file.ts";
import { readApiSettings, readSender } from "./settings.ts";
import { TargetRoleStack } from "./target-role-stack.ts";

/** Every function's file, by the name of its code. */
export const ENTRIES: Readonly<Record<string, string>> = Object.fromEntries([
  ...FUNCTIONS.map(({ name }) => [name, file(`../functions/${name}.ts`)] as const),
  [POLICY_WRITER, file(`./${POLICY_WRITER}.ts`)],
]);

function file(path: string): string {
  return new URL(path, import.meta.url).pathname;
}

/** Fills an app with the stacks of one deployment: Headgate's own, and one per role that it assumes. */
export function addStacks(app: App, codeOf: CodeOf): void {
  const setting = (key: string, fallback: string): string => String(app.node.tryGetContext(key) ?? fallback);
  const name = setting("name", "headgate");
  const policyFile = readPolicyFile(setting("policy", "infra/policies/bbws.json"));
  const artifactBuckets = setting("artifactBuckets", "")
    .split(",")
    .filter((bucket) => bucket !== "");
  const shared = { name, artifactBuckets, externalId: setting("externalId", name) };
  const given = (key: string) => setting(key, "");
  // Without credentials the CLI still names a Region, its own default: it says nothing without an account.
  const caller = process.env.CDK_DEFAULT_ACCOUNT === undefined ? {} : { region: process.env.CDK_DEFAULT_REGION };
  const home = {
    ...optional("account", setting("account", process.env.CDK_DEFAULT_ACCOUNT ?? "")),
    ...optional("region", setting("region", caller.region ?? "")),
  };
  const deployRole = optional("deployRoleArn", setting("deployRoleArn", ""));
  const api = readApiSettings(given, home.region);
  const sender = readSender(given, home.region);
  new HeadgateStack(app, name, { ...shared, ...deployRole, env: home, policyFile, codeOf, api, sender });
  for (const place of placesOf(policyFile.policy).filter(hasRole)) {
    const { account, region } = place;
    new TargetRoleStack(app, `${name}-target-${place.environments.join("-")}`, {
      ...shared,
      env: { account, region },
      place,
      home,
    });
  }
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}

function hasRole(place: TargetPlace): place is TargetPlace & { readonly roleArn: string } {
  return place.roleArn !== null;
}

function optional<K extends string>(key: K, value: string): { readonly [P in K]?: string } {
  return value === "" ? {} : ({ [key]: value } as { readonly [P in K]: string });
}

if (import.meta.main) {
  const app = new App();
  addStacks(app, bundled(ENTRIES));
  app.synth();
}
