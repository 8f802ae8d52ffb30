/** Functions that another host runs: this service takes their events and hands them on. */
import { type Call, type Operation, Reply } from "../service.ts";

/** Takes an event for a function of this account and name, to be run later; false: it has no such function. */
export type Hosted = (event: {
  readonly account: string;
  readonly functionName: string;
  readonly payload: string;
}) => boolean;

interface InvokeInput {
  readonly FunctionName?: string;
  readonly InvocationType?: string;
  readonly Payload?: string;
}

/** Invoke, by the other host where it has the function, else by `invoke`. An event is answered before it runs. */
export function hosting(hosted: Hosted | undefined, invoke: Operation): Operation {
  if (hosted === undefined) return invoke;
  return (input: InvokeInput, call: Call) => {
    const functionName = (input.FunctionName ?? "").replace(/^arn:.*:function:/, "");
    const isEvent = input.InvocationType === "Event";
    const taken = isEvent && hosted({ account: call.account, functionName, payload: input.Payload ?? "{}" });
    return taken ? new Reply("", 202) : invoke(input as never, call);
  };
}
