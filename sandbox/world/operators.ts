/** What operators do in a scenario: verbs through the API, as the command line would, and what a hand does in a console. */
import { apiEvent } from "../host/gateway.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Scenario } from "./scenario.ts";

type Action = Scenario["operators"][number];

/** Puts every action and every move by hand on the clock, counted from now. */
export function scheduleOperators(sandbox: Sandbox, { operators, moves }: Scenario, executionArn: string): void {
  for (const action of operators) {
    sandbox.clock.after(action.at, `operator: ${action.verb}`, () => act(sandbox, action, executionArn));
  }
  for (const move of moves) {
    const { at, function: functionName, alias, version, weights } = move;
    sandbox.clock.after(at, `${functionName} is moved by hand`, () => {
      const account = accountOf(sandbox, move);
      sandbox.lambda.moveByHand({ functionName, alias, account }, { version, weights });
      sandbox.timeline.add({
        at: sandbox.clock.now(),
        kind: "person",
        environment: "",
        what: "somebody else",
        text: `moves ${functionName} to version ${version}`,
      });
    });
  }
}

/** Where the function is; a name that several accounts have is the first one's, unless the move says whose. */
function accountOf(sandbox: Sandbox, { function: name, account }: Scenario["moves"][number]): string {
  const found = sandbox.lambda.functions().find((fn) => fn.name === name && fn.account === (account ?? fn.account));
  if (found === undefined) throw new RangeError(`the world has no function ${name}`);
  return found.account;
}

async function act(sandbox: Sandbox, action: Action, executionArn: string): Promise<void> {
  const tell = (text: string) =>
    sandbox.timeline.add({ at: sandbox.clock.now(), kind: "person", environment: "", what: action.by, text });
  if (action.verb === "stop") {
    tell("stops the execution in the console");
    sandbox.executions.stopExecution({ executionArn, error: "stopped", cause: action.reason ?? "by hand" });
  } else if (action.verb === "redrive") {
    tell("redrives the execution");
    sandbox.executions.redriveExecution({ executionArn });
  } else {
    tell(`${action.verb}: ${await signal(sandbox, action)}`);
  }
}

/** The running promotion is found as the command line finds it: by the ledger's list of open ones. */
async function signal(sandbox: Sandbox, { verb, by, reason, environment }: Action): Promise<string> {
  const [open] = await sandbox.ledger.list("OPEN", "PROMOTION#");
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
    caller: `arn:aws:sts::${sandbox.place.account}:assumed-role/operator/${by}`,
  });
  const answer = await sandbox.request("operate", event);
  return `${answer.statusCode} ${answer.body}`;
}
