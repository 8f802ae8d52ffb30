/** The policy that is deployed: read, checked as far as it can be without a release, and refused whole. */
import { readFileSync } from "node:fs";
import { type Policy, policySchema } from "../functions/domain/documents/policy.ts";
import { addressesOfPolicy, uniqueAddresses } from "../functions/domain/documents/policy-people.ts";
import { type Problem, renderProblems } from "../functions/domain/documents/problems.ts";
import { resolvePlan } from "../functions/domain/plan/resolve.ts";
import { fieldsOf } from "../functions/domain/text.ts";

/** Longest document in characters: it travels to the ledger in one event of CloudFormation's. */
const LONGEST_DOCUMENT = 200_000;

export interface PolicyFile {
  readonly policy: Policy;
  /** The document as it is stored and hashed. */
  readonly document: unknown;
  /** Everybody who is ever written to, each address once, in lower case as the mailer sends it. */
  readonly people: readonly string[];
  /** Who is told that Headgate itself is in trouble: those who are paged. */
  readonly pageTo: readonly string[];
}

/** Reads and checks a policy file. Throws an error that lists all problems, each with place, value and hint. */
export function readPolicyFile(file: string): PolicyFile {
  return checkPolicy(JSON.parse(readFileSync(file, "utf8")), file);
}

/** Checks a policy document. Throws like `readPolicyFile`; `name` is what the error calls the document. */
export function checkPolicy(document: unknown, name: string): PolicyFile {
  const problems = problemsOf(document);
  if (problems.length > 0) throw new Error(`${name} is no policy:\n${renderProblems(problems).join("\n")}`);
  const policy = policySchema.parse(document);
  const people = addressesOfPolicy(policy);
  if (JSON.stringify(document).length > LONGEST_DOCUMENT) {
    throw new Error(`${name} is longer than ${LONGEST_DOCUMENT} characters; use templates and defaults`);
  }
  const pageTo = uniqueAddresses(Object.values(policy.environments).flatMap((environment) => environment.pageTo ?? []));
  return { policy, document, people, pageTo };
}

/** What is wrong with the policy itself, found by planning an imaginary release of each service through all of it. */
function problemsOf(document: unknown): Problem[] {
  const services = Object.keys(fieldsOf(fieldsOf(document).services));
  const found = new Map<string, Problem>();
  for (const service of services.length === 0 ? ["none"] : services) {
    const resolution = resolvePlan(document, imaginaryRelease(document, service), { now: 0 });
    if (resolution.ok) continue;
    for (const problem of resolution.problems) {
      if (problem.path.startsWith("policy")) found.set(`${problem.path} ${problem.message}`, problem);
    }
  }
  return [...found.values()];
}

function imaginaryRelease(document: unknown, service: string): unknown {
  const { order, services } = fieldsOf(document);
  const { targets } = fieldsOf(fieldsOf(services)[service]);
  const names = (Array.isArray(targets) ? targets : []).map((target) => String(fieldsOf(target).name));
  return {
    apiVersion: "headgate/v1",
    service,
    version: "v0",
    commit: "0000000",
    ticket: "NONE-0",
    requestedBy: "nobody@example.com",
    risk: "high",
    summary: "checks the policy before it is deployed",
    artifacts: Object.fromEntries(names.map((target) => [target, { version: "1" }])),
    environments: order,
  };
}
