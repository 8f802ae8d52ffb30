import type { Fault, FaultAction } from "../aws/faults.ts";
import type { Scenario, ScenarioFault } from "./scenario.ts";

/** A scenario's fault, with its times counted from the scenario's start. */
export function faultOf({ startsAt }: Scenario): (fault: ScenarioFault) => Fault {
  return ({ call, action, from, to, name, handler, account, nth }) => {
    const [service = "", operation] = call.split(":");
    return {
      service,
      nth,
      action: actionOf(action),
      ...(operation === undefined ? {} : { operation }),
      ...(name === undefined ? {} : { name }),
      ...(handler === undefined ? {} : { handler }),
      ...(account === undefined ? {} : { account }),
      ...(from === undefined ? {} : { from: startsAt + from }),
      ...(to === undefined ? {} : { to: startsAt + to }),
    };
  };
}

function actionOf(action: ScenarioFault["action"]): FaultAction {
  if (typeof action === "string") return { kind: action };
  if ("delay" in action) return { kind: "delay", ms: action.delay };
  return { kind: "error", name: action.error, status: action.status };
}
