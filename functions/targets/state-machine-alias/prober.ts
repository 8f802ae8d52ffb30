import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  type SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { ask } from "../../adapters/shared/aws-errors.ts";
import { compared, type Finding, shorten } from "../../adapters/shared/probe-finding.ts";
import type { Probe } from "../../domain/plan.ts";
import type { Clock, Prober } from "../../domain/ports.ts";

export interface ExecutionProberTools {
  readonly client: () => SFNClient;
  readonly clock: Clock;
}

/** Looks at an execution: a second apart at first, half as long again each time, at most ten seconds. */
const LOOKS = { firstMs: 1_000, times: 1.5, longestMs: 10_000 } as const;

/**
 * Starts one execution of exactly the candidate's version and waits for its output. It does what any execution does: the
 * payload has to be one whose work harms nobody. The name makes a start that is sent twice the same execution.
 */
export function executionProber({ client, clock }: ExecutionProberTools, stateMachineArn: string): Prober {
  return {
    async invoke(version, probe) {
      const begin = clock.now();
      const executionArn = await start(client(), `${stateMachineArn}:${version}`, `probe-${version}-${begin}`, probe);
      const ended = await endOf(client(), clock, executionArn, begin + probe.timeoutSeconds * 1_000);
      const finding = judge(ended, `${stateMachineArn}:${version}`, probe);
      return { ...finding, ms: clock.now() - begin };
    },
  };
}

async function start(client: SFNClient, stateMachineArn: string, name: string, { payload }: Probe): Promise<string> {
  const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(payload ?? {}) });
  const { executionArn = "" } = await ask("states:StartExecution", () => client.send(command));
  return executionArn;
}

/** DescribeExecution is eventually consistent: an execution that was started a moment ago may not be there yet. */
const NOT_YET_SEEN: DescribeExecutionOutput = {
  status: "RUNNING",
  executionArn: undefined,
  stateMachineArn: undefined,
  startDate: undefined,
};

/** The execution once it has closed, or as it stands at the deadline (epoch ms). */
async function endOf(
  client: SFNClient,
  clock: Clock,
  executionArn: string,
  deadline: number,
): Promise<DescribeExecutionOutput> {
  for (let pauseMs: number = LOOKS.firstMs; ; pauseMs = Math.min(LOOKS.longestMs, pauseMs * LOOKS.times)) {
    await clock.sleep(Math.max(0, Math.min(pauseMs, deadline - clock.now())));
    const command = new DescribeExecutionCommand({ executionArn });
    const execution = await ask<DescribeExecutionOutput>("states:DescribeExecution", () => client.send(command), {
      ExecutionDoesNotExist: () => NOT_YET_SEEN,
    });
    if (execution.status !== "RUNNING" || clock.now() >= deadline) return execution;
  }
}

function judge(execution: DescribeExecutionOutput, versionArn: string, probe: Probe): Finding {
  const { status, output = "", error, cause, stateMachineVersionArn } = execution;
  if (status === "RUNNING")
    return { ok: false, found: `no end within ${probe.timeoutSeconds} s; the execution runs on` };
  if (stateMachineVersionArn !== versionArn) {
    return { ok: false, found: `${stateMachineVersionArn ?? "no version"} ran instead of ${versionArn}` };
  }
  if (status === "SUCCEEDED") return compared(output, probe.expect);
  return { ok: false, found: shorten([`the execution ended ${status}`, error, cause].filter(Boolean).join(": ")) };
}
