/** What operators do in a scenario: verbs through the API, as the command line would, and what a hand does in a console. */

import type { Ledger } from "../../functions/domain/ports.ts";
import type { Executions } from "../asl/executions.ts";
import type { SimulatedLambda } from "../aws/lambda/lambda.ts";
import type { VirtualClock } from "../clock.ts";
import type { Api } from "../host/api.ts";
import { apiEvent } from "../host/gateway.ts";
import type { SandboxPlace } from "../host/places.ts";
import type { Timeline } from "../timeline.ts";
import type { Scenario } from "./scenario.ts";

type Action = Scenario["operators"][number];

/** What of a world they can lay hands on. */
export interface Reach {
  readonly clock: VirtualClock;
  readonly place: SandboxPlace;
  readonly lambda: SimulatedLambda;
  readonly executions: Executions;
  readonly ledger: Ledger;
  readonly api: Api;
  readonly timeline: Timeline;
}

/** Puts every action and every move by hand on the clock, counted from now. */
export function scheduleOperators(world: Reach, { operators, moves }: Scenario, executionArn: string): void {
  for (const action of operators) {
    world.clock.after(action.at, `operator: ${action.verb}`, () => act(world, action, executionArn));
  }
  for (const move of moves) {
    const { at, function: functionName, alias, version, weights } = move;
    world.clock.after(at, `${functionName} is moved by hand`, () => {
      const account = accountOf(world, move);
      world.lambda.moveByHand({ functionName, alias, account }, { version, weights });
      world.timeline.add({
        at: world.clock.now(),
        kind: "person",
        environment: "",
        what: "somebody else",
        text: `moves ${functionName} to version ${version}`,
      });
    });
  }
}

/** Where the function is; a name that several accounts have is the first one's, unless the move says whose. */
function accountOf(world: Reach, { function: name, account }: Scenario["moves"][number]): string {
  const found = world.lambda.functions().find((fn) => fn.name === name && fn.account === (account ?? fn.account));
  if (found === undefined) throw new RangeError(`the world has no function ${name}`);
  return found.account;
}

async function act(world: Reach, action: Action, executionArn: string): Promise<void> {
  const tell = (text: string) =>
    world.timeline.add({ at: world.clock.now(), kind: "person", environment: "", what: action.by, text });
  if (action.verb === "stop") {
    tell("stops the execution in the console");
    world.executions.stopExecution({ executionArn, error: "stopped", cause: action.reason ?? "by hand" });
  } else if (action.verb === "redrive") {
    tell("redrives the execution");
    world.executions.redriveExecution({ executionArn });
  } else {
    tell(`${action.verb}: ${await signal(world, action)}`);
  }
}

/** The running promotion is found as the command line finds it: by the ledger's list of open ones. */
async function signal(world: Reach, { verb, by, reason, environment }: Action): Promise<string> {
  const [open] = await world.ledger.list("OPEN", "PROMOTION#");
  const promotionId = String(open?.promotionId ?? "");
  const event = apiEvent({
    method: "POST",
    path: `/promotions/${promotionId}/signals`,
    pathParameters: { promotionId },
    contentType: "application/json",
    body: JSON.stringify({
      verb,
      reason: reason ?? `${verb} in the scenario`,
      ...(verb === "release-hold" ? { environment } : {}),
    }),
    caller: `arn:aws:sts::${world.place.account}:assumed-role/operator/${by}`,
  });
  const answer = await world.api.request("operate", event);
  return `${answer.statusCode} ${answer.body}`;
}
