/** Policies for people, to be attached to their roles: who looks, who decides when mail is lost, who operates. */
import { Stack } from "aws-cdk-lib";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { Grant } from "../../functions/targets/grant.ts";
import type { Partition } from "../functions.ts";
import { type Api, STAGE } from "./api.ts";
import { give } from "./grants.ts";
import { type Ledger, readingGrants } from "./ledger.ts";
import { type PeoplesPolicy, ROUTES } from "./routes.ts";

/**
 * What of the record may be read without being able to do more for it. Links and starts are left out. Among a promotion's
 * items are task tokens: who may send one's success, too, wakes a pause, which reads the ledger and goes back to sleep.
 */
export const READABLE = [
  "promotion",
  "plans",
  "approvals",
  "audit",
  "open",
  "locks",
  "registry",
  "policy",
] as const satisfies readonly Partition[];

const ABOUT: Readonly<Record<PeoplesPolicy, string>> = {
  reader: "sees how promotions stand, by the API and in the record",
  approver: "sees how promotions stand, and decides by signed request",
  operator: "sees how promotions stand, starts them, holds them and takes them back",
};

/** One policy of each kind, by the deployment's name and its own: `headgate-reader`. */
export function makePeoplesPolicies(scope: Construct, name: string, api: Api, ledger: Ledger): void {
  for (const [policy, about] of Object.entries(ABOUT) as [PeoplesPolicy, string][]) {
    const made = new ManagedPolicy(scope, `${policy.charAt(0).toUpperCase()}${policy.slice(1)}Policy`, {
      managedPolicyName: `${name}-${policy}`,
      description: `Headgate ${name}: ${about}`,
    });
    give(made, [
      routesOf(api, ["reader", policy]),
      // The command finds the API by the stack's outputs.
      { actions: ["cloudformation:DescribeStacks"], resources: [Stack.of(scope).stackId] },
      ...(policy === "reader" ? readingGrants(ledger, READABLE) : []),
    ]);
  }
}

function routesOf({ rest }: Api, policies: readonly PeoplesPolicy[]): Grant {
  const routes = ROUTES.filter(({ policy }) => policy !== null && policies.includes(policy));
  return {
    actions: ["execute-api:Invoke"],
    resources: routes.map(({ method, path }) => rest.arnForExecuteApi(method, path.replace(/\{\w+\}/g, "*"), STAGE)),
    why: "Promotions have names that do not exist yet; methods and routes are exactly these.",
  };
}
