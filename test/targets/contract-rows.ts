/** What the contract has to know of each kind: how a policy names one, which calls it lives by, and a hand that moves it. */
import type { KindName } from "../../functions/targets/kinds.ts";
import type { Bench } from "./contract-bench.ts";

export interface ContractRow {
  /** The kind's own fields of a policy's target, for a target of this name. */
  policyTarget(name: string): Readonly<Record<string, unknown>>;
  /** The calls by which its traffic is read, written, and its candidate published. */
  readonly reads: string;
  readonly writes: string;
  readonly publishes: string;
  /** Somebody else moves traffic, and leaves the description as it is. */
  moveByHand(bench: Bench, target: string): void;
  /** What the description of the target says, by the service's own state. */
  description(bench: Bench, target: string): string;
}

const ACCOUNT = "111122223333";
const REGION = "eu-west-1";

const machine = (name: string) => ({ machine: `shop-${name}`, alias: "live", account: ACCOUNT, region: REGION });

export const ROWS: Readonly<Record<KindName, ContractRow>> = {
  "lambda-alias": {
    policyTarget: (name) => ({ functionName: `shop-${name}`, alias: "live", probe: { expect: {} } }),
    reads: "GetAlias",
    writes: "UpdateAlias",
    publishes: "PublishVersion",
    moveByHand: ({ sandbox }, name) =>
      sandbox.lambda.moveByHand(
        { functionName: `shop-${name}`, alias: "live", account: ACCOUNT, region: REGION },
        { version: "6" },
      ),
    description: ({ sandbox }, name) => {
      const functions = sandbox.lambda.functions();
      return functions.find((one) => one.name === `shop-${name}`)?.aliases.get("live")?.current.description ?? "";
    },
  },
  "state-machine-alias": {
    policyTarget: (name) => ({ stateMachineName: `shop-${name}`, alias: "live" }),
    reads: "DescribeStateMachineAlias",
    writes: "UpdateStateMachineAlias",
    publishes: "PublishStateMachineVersion",
    moveByHand: ({ sandbox }, name) => sandbox.stepFunctions.moveByHand(machine(name), { 1: 37, 2: 63 }),
    description: ({ sandbox }, name) => sandbox.stepFunctions.descriptionOf(machine(name)),
  },
};
