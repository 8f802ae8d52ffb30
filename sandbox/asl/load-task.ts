import type { Fields } from "./fields.ts";
import type { Integration } from "./machine.ts";

interface Known {
  readonly integration: Integration;
  readonly resourceType: string;
  readonly resource: string;
  /** The API parameters that are implemented, required ones first. */
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const INVOKE = { resourceType: "lambda", required: ["FunctionName"], optional: ["Payload"] };

const RESOURCES: Readonly<Record<string, Known>> = {
  "arn:aws:states:::lambda:invoke": { ...INVOKE, integration: "invoke", resource: "invoke" },
  "arn:aws:states:::lambda:invoke.waitForTaskToken": {
    ...INVOKE,
    integration: "invoke-with-token",
    resource: "invoke.waitForTaskToken",
  },
  "arn:aws:states:::states:startExecution.sync:2": {
    integration: "start-and-wait",
    resourceType: "states",
    resource: "startExecution.sync:2",
    required: ["StateMachineArn"],
    optional: ["Name", "Input"],
  },
};

/** The integration behind a Task's Resource; refuses unknown resources and API parameters that are not implemented. */
export function compileResource(fields: Fields) {
  const arn = fields.needText("Resource");
  const known = Object.hasOwn(RESOURCES, arn) ? RESOURCES[arn] : undefined;
  if (known === undefined) {
    fields.problem("Resource", `'${arn}' is not implemented here`);
    return { integration: "invoke", resourceType: "", resource: "" } as const;
  }
  checkParameters(fields.object("Parameters"), known);
  const { integration, resourceType, resource } = known;
  return { integration, resourceType, resource };
}

function checkParameters(parameters: Fields, { required, optional }: Known): void {
  const given = parameters.names().map((name) => name.replace(/\.\$$/u, ""));
  for (const name of required) if (!given.includes(name)) parameters.problem(name, "is required");
  for (const name of given) {
    if (![...required, ...optional].includes(name)) parameters.problem(name, "is not implemented here");
  }
}
