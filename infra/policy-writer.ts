/**
 * Puts the deployed policy in force: CloudFormation calls it while the stack is deployed, and its role is the only one
 * that may write the policy's partition. Deploying through the stack keeps the policy and the people's subscriptions,
 * which come from the same file, from drifting apart; a stack that is rolled back puts the former policy back in force.
 */
import type { CloudFormationCustomResourceEvent } from "aws-lambda";
import * as z from "zod";
import { policySchema } from "../functions/domain/documents/policy.ts";
import { storePolicy } from "../functions/domain/ledger/policies.ts";
import { buildDependencies } from "../functions/runtime/dependencies.ts";
import { awsHost, type Host } from "../functions/runtime/host.ts";
import { openLog } from "../functions/runtime/log.ts";
import type { LambdaContext } from "../functions/runtime/step.ts";

/** What the answer to CloudFormation is sent with; it waits for it at an address of its own for each event. */
export type Answer = (url: string, body: string) => Promise<void>;

const Properties = z.looseObject({ document: z.string() });

/** The handler on a host. Whatever happens is answered: without an answer CloudFormation waits for an hour. */
export const policyWriter =
  (host: Host, answer: Answer) =>
  async (event: CloudFormationCustomResourceEvent, context: LambdaContext): Promise<void> => {
    const { StackId, RequestId, LogicalResourceId, ResponseURL } = event;
    const about = { StackId, RequestId, LogicalResourceId, PhysicalResourceId: "policy" };
    const log = openLog(host, { step: "policy-writer", requestId: context.awsRequestId });
    try {
      const hash = await putInForce(host, event, context);
      log.info("the policy is in force", { hash });
      await answer(ResponseURL, JSON.stringify({ ...about, Status: "SUCCESS", Data: { hash } }));
    } catch (error) {
      log.error("the policy could not be put in force", error);
      await answer(ResponseURL, JSON.stringify({ ...about, Status: "FAILED", Reason: String(error).slice(0, 1_000) }));
    }
  };

/** A stack that is deleted leaves its ledger behind, and the policies that promotions were bound to with it. */
async function putInForce(
  host: Host,
  event: CloudFormationCustomResourceEvent,
  context: LambdaContext,
): Promise<string> {
  if (event.RequestType === "Delete") return "";
  const { document } = Properties.parse(event.ResourceProperties);
  const log = openLog(host, { step: "policy-writer", requestId: context.awsRequestId });
  const deps = buildDependencies(host, log, () => context.getRemainingTimeInMillis());
  const policy: unknown = JSON.parse(document);
  policySchema.parse(policy);
  return storePolicy(deps, policy);
}

const ANSWER_MS = 10_000;

/** The address is signed without a content type, so the answer must not have one. */
const put: Answer = async (url, body) => {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const response = await fetch(url, { method: "PUT", body, headers: { "content-type": "" }, signal });
  if (!response.ok) throw new Error(`CloudFormation's answer address said ${response.status}`);
};

export const handler = (event: CloudFormationCustomResourceEvent, context: LambdaContext): Promise<void> =>
  policyWriter(awsHost(process.env), put)(event, context);
