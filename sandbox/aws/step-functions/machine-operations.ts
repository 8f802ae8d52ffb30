import type {
  DeleteStateMachineVersionInput,
  DescribeStateMachineInput,
  ListStateMachineVersionsInput,
  PublishStateMachineVersionInput,
  TagResourceInput,
  UntagResourceInput,
  UpdateStateMachineInput,
} from "@aws-sdk/client-sfn";
import { SfnError } from "../../asl/errors.ts";
import { paginate } from "../../asl/requests.ts";
import { AwsError } from "../errors.ts";
import type { SimulatedAws } from "../router.ts";
import type { Call } from "../service.ts";
import { isVersion, qualified, unqualified } from "./arns.ts";
import { checkDefinition, checkDescription, quotaExceeded, validation } from "./checks.ts";
import type { Consistency } from "./consistency.ts";
import { asOf, type MachineVersion, type Revision, type WorkloadMachine } from "./machine.ts";
import type { Machines } from "./machines.ts";

/** [Step Functions developer guide, service quotas: versions and aliases; tagging] */
const MOST = { versions: 1_000, tags: 50 };

/** A machine that nobody has updated has no revision id; PublishStateMachineVersion calls it so. */
export const INITIAL = "INITIAL";

const seconds = (ms: number): number => ms / 1_000;

/** State machines and their versions: describing, updating, publishing, deleting, tagging. */
export class MachineOperations {
  readonly #aws: SimulatedAws;
  readonly #machines: Machines;
  readonly #consistency: Consistency;
  #revisions = 0;

  constructor(aws: SimulatedAws, machines: Machines, consistency: Consistency) {
    this.#aws = aws;
    this.#machines = machines;
    this.#consistency = consistency;
  }

  /** A machine as it was a moment ago, or a version, which never changes. An alias has a call of its own. */
  describe({ stateMachineArn = "" }: DescribeStateMachineInput, call: Call): Record<string, unknown> {
    const { qualifier } = qualified(stateMachineArn);
    const machine = this.#machines.of(stateMachineArn, call);
    if (qualifier === null) {
      const revision = asOf(machine.revisions, this.#consistency.seenBy(call));
      return { ...described(machine, revision), creationDate: seconds(machine.createdAt) };
    }
    const version = machine.versions.get(qualifier);
    if (version === undefined) throw this.#machines.missing(stateMachineArn);
    const { revision, description, publishedAt } = version;
    const own = { stateMachineArn, creationDate: seconds(publishedAt) };
    return { ...described(machine, revision), ...own, ...(description === "" ? {} : { description }) };
  }

  /** Makes a new revision of whatever is given, over what was there. There is no optimistic lock. */
  update(input: UpdateStateMachineInput, call: Call): Record<string, unknown> {
    const machine = this.#machines.of(unqualified(input.stateMachineArn ?? ""), call);
    if (input.definition === undefined && input.roleArn === undefined) {
      throw new SfnError("MissingRequiredParameter", "Either the definition, the role ARN, or both must be specified");
    }
    if (input.versionDescription !== undefined && input.publish !== true) {
      throw validation("versionDescription can only be set when publish is true");
    }
    if (input.definition !== undefined) checkDefinition(machine.name, input.definition);
    checkDescription("versionDescription", input.versionDescription);
    const revision = this.#revise(machine, input);
    const published = input.publish === true ? this.#publish(machine, input.versionDescription) : undefined;
    return {
      updateDate: seconds(revision.at),
      revisionId: revision.revisionId,
      ...(published === undefined ? {} : { stateMachineVersionArn: `${machine.arn}:${published.number}` }),
    };
  }

  /** Publishes the present revision, or answers with the version that it already has. */
  publish(input: PublishStateMachineVersionInput, call: Call): Record<string, unknown> {
    const machine = this.#machines.of(unqualified(input.stateMachineArn ?? ""), call);
    checkDescription("description", input.description);
    const { revisionId } = machine.current;
    if (input.revisionId !== undefined && input.revisionId !== revisionId) {
      throw conflict(`The current State Machine revision ID does not match the requested one: ${input.revisionId}`);
    }
    const { number, publishedAt } = this.#publish(machine, input.description);
    return { creationDate: seconds(publishedAt), stateMachineVersionArn: `${machine.arn}:${number}` };
  }

  /** The newest first. */
  listVersions(input: ListStateMachineVersionsInput, call: Call): Record<string, unknown> {
    const machine = this.#machines.of(unqualified(input.stateMachineArn ?? ""), call);
    const { page, ...next } = paginate([...machine.versions.values()].reverse(), input);
    const stateMachineVersions = page.map(({ number, publishedAt }) => ({
      stateMachineVersionArn: `${machine.arn}:${number}`,
      creationDate: seconds(publishedAt),
    }));
    return { stateMachineVersions, ...next };
  }

  /** Refused while an alias names the version; executions on it run on. One that is gone already is fine. */
  deleteVersion({ stateMachineVersionArn = "" }: DeleteStateMachineVersionInput, call: Call): Record<string, never> {
    const { qualifier } = qualified(stateMachineVersionArn);
    if (qualifier === null || !isVersion(qualifier)) {
      throw validation(`'${stateMachineVersionArn}' is no ARN of a state machine version`);
    }
    const machine = this.#machines.of(stateMachineVersionArn, call);
    const users = machine.aliasesOf(qualifier).map(({ name }) => name);
    if (users.length > 0) {
      throw conflict(`Version to be deleted must not be referenced by an alias. Current list of aliases: ${users}`);
    }
    machine.versions.delete(qualifier);
    return {};
  }

  tag({ resourceArn = "", tags = [] }: TagResourceInput, call: Call): Record<string, never> {
    const machine = this.#machines.of(unqualified(resourceArn), call);
    const after = new Map([...machine.tags, ...tags.map(({ key, value }) => [key ?? "", value ?? ""] as const)]);
    if (after.size > MOST.tags) throw new SfnError("TooManyTags", `'${resourceArn}' would have more than ${MOST.tags}`);
    for (const [key, value] of after) machine.tags.set(key, value);
    return {};
  }

  untag({ resourceArn = "", tagKeys = [] }: UntagResourceInput, call: Call): Record<string, never> {
    const machine = this.#machines.of(unqualified(resourceArn), call);
    for (const key of tagKeys) machine.tags.delete(key);
    return {};
  }

  listTags({ resourceArn = "" }: Pick<TagResourceInput, "resourceArn">, call: Call): Record<string, unknown> {
    const machine = this.#machines.of(unqualified(resourceArn), call);
    return { tags: [...machine.tags].map(([key, value]) => ({ key, value })) };
  }

  #revise(machine: WorkloadMachine, input: UpdateStateMachineInput): Revision {
    this.#revisions += 1;
    const { settings } = machine.current;
    const revision: Revision = {
      at: this.#aws.clock.now(),
      revisionId: this.#aws.random("machine-revision", this.#revisions).uuid(),
      settings: {
        definition: input.definition ?? settings.definition,
        roleArn: input.roleArn ?? settings.roleArn,
        loggingConfiguration: input.loggingConfiguration ?? settings.loggingConfiguration,
        tracingConfiguration: input.tracingConfiguration ?? settings.tracingConfiguration,
      },
    };
    machine.revisions.push(revision);
    return revision;
  }

  #publish(machine: WorkloadMachine, description = ""): MachineVersion {
    const { current } = machine;
    const known = [...machine.versions.values()].find(({ revision }) => revision === current);
    if (known !== undefined) return known;
    if (machine.versions.size >= MOST.versions) throw quotaExceeded(`${MOST.versions} versions of ${machine.arn}`);
    return machine.publish(description, this.#aws.clock.now());
  }
}

const conflict = (message: string): AwsError => new AwsError("ConflictException", message, { status: 409 });

const described = (machine: WorkloadMachine, { revisionId, settings }: Revision): Record<string, unknown> => ({
  stateMachineArn: machine.arn,
  name: machine.name,
  status: "ACTIVE",
  type: "STANDARD",
  ...settings,
  ...(revisionId === INITIAL ? {} : { revisionId }),
});
