/** Starts a promotion of a release, as the console would, after the same check. */
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { readJson } from "./read-json.ts";

export interface StartOptions {
  readonly releaseFile: string;
  readonly machineArn: string;
  /** 1 for the first start of this release; a closed execution's name is taken for 90 days. */
  readonly attempt: number;
  readonly write: (text: string) => void;
  readonly client?: Pick<SFNClient, "send">;
}

const LONGEST_NAME = 80;

/** `bbws-store-v2025.12.25.1-1`: the same release and attempt give the same name, so a second start is the first one. */
export function executionNameOf(release: unknown, attempt: number): string {
  const { service, version } = (typeof release === "object" && release !== null ? release : {}) as Record<
    string,
    unknown
  >;
  const plain = `${String(service ?? "")}-${String(version ?? "")}`.replace(/[^0-9A-Za-z._-]+/g, "-");
  const suffix = `-${attempt}`;
  return `${plain.slice(0, LONGEST_NAME - suffix.length)}${suffix}`;
}

/** Returns the exit code: 0 started (or running already under this name), 2 bad input, 4 this attempt has ended before. */
export async function start({ releaseFile, machineArn, attempt, write, client }: StartOptions): Promise<0 | 2 | 4> {
  const file = await readJson(releaseFile);
  if (!file.ok) {
    for (const line of file.lines) write(`${line}\n`);
    return 2;
  }
  const name = executionNameOf(file.value, attempt);
  const region = machineArn.split(":")[3];
  const sfn = client ?? new SFNClient(region === undefined ? {} : { region });
  try {
    const input = JSON.stringify(file.value);
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn: machineArn, name, input }));
    write(`started ${executionArn ?? name}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ExecutionAlreadyExists") throw error;
    write(`${name} ran before, or runs with another input: start it again with --attempt ${attempt + 1}\n`);
    return 4;
  }
}
