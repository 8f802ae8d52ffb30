/** Puts the engine of the states language behind the wire of the real client. */

import type { Executions } from "../../asl/executions.ts";
import type { ExecutionDescription, HistoryEvent } from "../../asl/shapes.ts";
import type { Operation } from "../service.ts";

/** The wire has epoch seconds, the engine milliseconds. */
const seconds = (ms: number) => ms / 1_000;

function described(execution: ExecutionDescription) {
  const { startDate, stopDate, redriveDate, ...rest } = execution;
  return {
    ...rest,
    startDate: seconds(startDate),
    ...(stopDate === undefined ? {} : { stopDate: seconds(stopDate) }),
    ...(redriveDate === undefined ? {} : { redriveDate: seconds(redriveDate) }),
  };
}

const event = (of: HistoryEvent) => ({ ...of, timestamp: seconds(of.timestamp) });

/** The operations of machines that the engine runs, by the API's names. */
export function engineOperations(executions: Executions): Readonly<Record<string, Operation>> {
  return {
    StartExecution: (input: Parameters<Executions["startExecution"]>[0]) => {
      const { executionArn, startDate } = executions.startExecution(input);
      return { executionArn, startDate: seconds(startDate) };
    },
    StopExecution: (input: Parameters<Executions["stopExecution"]>[0]) => ({
      stopDate: seconds(executions.stopExecution(input).stopDate),
    }),
    DescribeExecution: (input: Parameters<Executions["describeExecution"]>[0]) =>
      described(executions.describeExecution(input)),
    GetExecutionHistory: (input: Parameters<Executions["getExecutionHistory"]>[0]) => {
      const { events, ...page } = executions.getExecutionHistory(input);
      return { events: events.map(event), ...page };
    },
    ListExecutions: (input: Parameters<Executions["listExecutions"]>[0]) => {
      const { executions: found, ...page } = executions.listExecutions(input);
      return { executions: found.map((one) => described(one as ExecutionDescription)), ...page };
    },
    RedriveExecution: (input: Parameters<Executions["redriveExecution"]>[0]) => ({
      redriveDate: seconds(executions.redriveExecution(input).redriveDate),
    }),
    SendTaskSuccess: (input: Parameters<Executions["sendTaskSuccess"]>[0]) => {
      executions.sendTaskSuccess(input);
      return {};
    },
    SendTaskFailure: (input: Parameters<Executions["sendTaskFailure"]>[0]) => {
      executions.sendTaskFailure(input);
      return {};
    },
    SendTaskHeartbeat: (input: Parameters<Executions["sendTaskHeartbeat"]>[0]) => {
      executions.sendTaskHeartbeat(input);
      return {};
    },
  };
}
