/** What Headgate may do with a policy's state machine aliases, and with the machines behind them. */

import { ANY_VERSION, type Grant, type GrantedTarget, type TargetUse } from "../grant.ts";
import type { Placed } from "../kind.ts";

/** The permissions of one use. IAM checks a call about an alias against the alias's ARN or the machine's: both are named. */
export function stateMachineAliasGrants(use: TargetUse, targets: readonly GrantedTarget[]): readonly Grant[] {
  const machines = machinesOf(targets);
  const aliases = [...new Set([...machines, ...targets.map(({ resource }) => resource)])];
  switch (use) {
    case "read-traffic":
      return [
        { actions: ["states:DescribeStateMachineAlias"], resources: aliases },
        { actions: ["states:DescribeStateMachine"], resources: withVersions(machines), why: ANY_VERSION },
      ];
    case "move-traffic":
      return [{ actions: ["states:UpdateStateMachineAlias"], resources: aliases }];
    case "publish-code":
      return [
        { actions: ["states:UpdateStateMachine", "states:PublishStateMachineVersion"], resources: machines },
        { actions: ["states:DescribeStateMachine"], resources: withVersions(machines), why: ANY_VERSION },
      ];
    case "invoke": {
      const probed = targets.filter((target) => target.probed);
      const versions = machinesOf(probed).map((arn) => `${arn}:*`);
      return [
        { actions: ["states:StartExecution"], resources: versions, why: ANY_VERSION },
        { actions: ["states:DescribeExecution"], resources: executionsOf(probed), why: ANY_EXECUTION },
      ];
    }
    case "settle-in-flight": {
      const stopping = targets.filter(({ placed }) => placed.some(stops));
      return [
        { actions: ["states:ListExecutions"], resources: withVersions(machines), why: ANY_VERSION },
        { actions: ["states:StopExecution"], resources: executionsOf(stopping), why: ANY_EXECUTION },
      ];
    }
    case "retire-versions": {
      const retired = machinesOf(targets.filter((target) => target.retired));
      return [
        { actions: ["states:ListStateMachineAliases"], resources: retired },
        {
          actions: [
            "states:DescribeStateMachine",
            "states:DescribeStateMachineAlias",
            "states:DeleteStateMachineVersion",
          ],
          resources: withVersions(retired),
          why: ANY_VERSION,
        },
      ];
    }
  }
}

const machinesOf = (targets: readonly GrantedTarget[]): string[] => [
  ...new Set(targets.map(({ resource }) => resource.slice(0, resource.lastIndexOf(":")))),
];

const ANY_EXECUTION = "Executions are named by whoever starts them; their machines are exactly the policy's.";

const stops = (placed: Placed): boolean => "inFlight" in placed && placed.inFlight === "stop";

const executionsOf = (targets: readonly GrantedTarget[]): string[] =>
  machinesOf(targets).map((arn) => `${arn.replace(":stateMachine:", ":execution:")}:*`);

const withVersions = (machines: readonly string[]): string[] => machines.flatMap((arn) => [arn, `${arn}:*`]);
