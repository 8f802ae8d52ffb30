/** Starts a promotion of a release: through the API, where the starter is verified, or as the console would. */
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { promotionName } from "../functions/domain/promotion/starts.ts";
import { sha256 } from "../functions/runtime/dependencies.ts";
import { readJson } from "./read-json.ts";
import { type Post, refusalOf } from "./signed-api.ts";

/** How the start reaches Step Functions. */
export type Way =
  | { readonly by: "api"; readonly post: Post }
  | { readonly by: "machine"; readonly machineArn: string; readonly client?: Pick<SFNClient, "send"> };

export interface StartOptions {
  readonly releaseFile: string;
  readonly way: Way;
  /** 1 for the first start of this release; a closed execution's name is taken for 90 days. */
  readonly attempt: number;
  readonly write: (text: string) => void;
}

/** Returns the exit code: 0 started (or running already under this name), 2 bad input, 4 refused, or ended before. */
export async function start({ releaseFile, way, attempt, write }: StartOptions): Promise<0 | 2 | 4> {
  const file = await readJson(releaseFile);
  if (!file.ok) {
    for (const line of file.lines) write(`${line}\n`);
    return 2;
  }
  const order = { release: file.value, attempt, write };
  return way.by === "api" ? startByApi(way, order) : startMachine(way, order);
}

type Order = Pick<StartOptions, "attempt" | "write"> & { readonly release: unknown };

async function startByApi({ post }: Way & { by: "api" }, { release, attempt, write }: Order): Promise<0 | 2 | 4> {
  const answer = await post("/promotions", { release, attempt });
  const { status, body } = answer;
  if (status === 200 || status === 201) {
    write(`${status === 200 ? "runs already:" : "started"} ${String(body.executionArn)}\n`);
    if (body.startedBy !== undefined) write(`on record as started by ${String(body.startedBy)}\n`);
    for (const warning of Array.isArray(body.warnings) ? body.warnings : []) write(`${String(warning)}\n`);
    return 0;
  }
  for (const line of refusalOf(answer)) write(`${line}\n`);
  return status === 400 ? 2 : 4;
}

async function startMachine(
  { machineArn, client }: Way & { by: "machine" },
  { release, attempt, write }: Order,
): Promise<0 | 4> {
  const name = promotionName(sha256, release, attempt);
  const region = machineArn.split(":")[3];
  const sfn = client ?? new SFNClient(region === undefined ? {} : { region });
  try {
    const input = JSON.stringify(release);
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn: machineArn, name, input }));
    write(`started ${executionArn ?? name}\n`);
    write("nobody is on record as its starter: only a start through the API (HEADGATE_API_URL) is verified\n");
    return 0;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ExecutionAlreadyExists") throw error;
    write(`${name} ran before, or runs with another input: start it again with --attempt ${attempt + 1}\n`);
    return 4;
  }
}
