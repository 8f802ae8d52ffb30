import { S3Client } from "@aws-sdk/client-s3";
import { UpdateStateMachineCommand } from "@aws-sdk/client-sfn";
import { describe, expect, test } from "vitest";
import { CallRefused } from "../../../functions/domain/errors.ts";
import { CodeOutOfReach, RevisionMoved } from "../../../functions/domain/ports.ts";
import { sha256 } from "../../../functions/runtime/dependencies.ts";
import { machineDefinition } from "../../../functions/targets/state-machine-alias/code.ts";
import { SimulatedS3 } from "../../../sandbox/aws/s3/s3.ts";
import { errorOf, START, simulateMachine } from "../../sandbox/aws/harness.ts";

const DEFINITION = JSON.stringify({ StartAt: "Load", States: { Load: { Type: "Succeed" } } });
const OTHER = JSON.stringify({ StartAt: "Store", States: { Store: { Type: "Succeed" } } });

const guard = (revision: string) => ({ revision, deadline: START + 3_600_000 });

/** The machine `etl`, and its next definition in S3. */
const scene = () => {
  const simulation = simulateMachine();
  const { aws, clock, client, config, machine } = simulation;
  const s3 = new SimulatedS3(aws);
  const versionId = s3.plant({ bucket: "builds", key: "etl.json", body: DEFINITION });
  s3.plant({ bucket: "builds", key: "etl.json", body: OTHER });
  const s3Client = new S3Client(config());
  const code = machineDefinition({ client: () => client, s3: () => s3Client, hash: sha256, clock }, machine.arn);
  const artifact = { from: "s3", bucket: "builds", key: "etl.json", versionId, sha256: sha256(DEFINITION) } as const;
  const byOthers = (definition: string) =>
    client.send(new UpdateStateMachineCommand({ stateMachineArn: machine.arn, definition }));
  return { ...simulation, code, artifact, byOthers };
};

describe("the definition of a state machine", () => {
  test("is replaced by exactly the pinned object, and published with all else as it was", async () => {
    const { run, code, artifact, machine } = scene();
    const published = await run(async () => {
      await code.replace(artifact, guard((await code.current()).revision));
      const { sha256: found, revision } = await code.current();
      return code.publish({ sha256: found, revision, description: "headgate p1: v3" });
    });
    expect(published).toEqual({ version: "3", sha256: sha256(DEFINITION) });
    const { description, revision } = machine.version("3");
    expect(description).toBe("headgate p1: v3");
    expect(revision.settings).toEqual({ ...machine.version("2").revision.settings, definition: DEFINITION });
  });

  test("is known by version, and no version that is not there", async () => {
    const { run, code, machine } = scene();
    const own = machine.version("2").revision.settings.definition;
    const [second, ninth] = await run(async () => [await code.version("2"), await code.version("9")]);
    expect(second).toMatchObject({ version: "2", sha256: sha256(own), readiness: { is: "ready" } });
    expect(ninth).toBeUndefined();
  });

  test("is published once, however often it is asked for", async () => {
    const { run, code } = scene();
    const versions = await run(async () => {
      const { sha256: found, revision } = await code.current();
      const publish = () => code.publish({ sha256: found, revision, description: "" });
      return [(await publish()).version, (await publish()).version];
    });
    expect(versions).toEqual(["2", "2"]);
  });

  test("of a machine that nobody has updated is published by its initial revision", async () => {
    const { run, clock, stepFunctions, client } = scene();
    const { arn } = stepFunctions.createMachine({ machine: "fresh", versions: [{}] });
    const s3 = () => new S3Client({});
    const code = machineDefinition({ client: () => client, s3, hash: sha256, clock }, arn);
    const version = await run(async () => {
      const { sha256: found, revision } = await code.current();
      return (await code.publish({ sha256: found, revision, description: "" })).version;
    });
    expect(version).toBe("1");
  });

  test("is not replaced over somebody else's change, nor published with it", async () => {
    const { run, code, artifact, byOthers, machine } = scene();
    const errors = await run(async () => {
      const { revision, sha256: found } = await code.current();
      await byOthers(OTHER);
      return [
        await errorOf(code.replace(artifact, guard(revision))),
        await errorOf(code.publish({ sha256: found, revision, description: "" })),
      ];
    });
    for (const error of errors) expect(error).toBeInstanceOf(RevisionMoved);
    expect(machine.current.settings.definition).toBe(OTHER);
    expect(machine.versions.size).toBe(2);
  });

  test("is refused where the object is not what the plan pins, or the version is not there", async () => {
    const { run, code, artifact } = scene();
    const errors = await run(async () => {
      const { revision } = await code.current();
      return [
        await errorOf(code.replace({ ...artifact, sha256: sha256(OTHER) }, guard(revision))),
        await errorOf(code.replace({ from: "version", version: "9" }, guard(revision))),
      ];
    });
    expect(errors[0]).toBeInstanceOf(CallRefused);
    expect(errors[1]).toBeInstanceOf(CodeOutOfReach);
  });

  test("is put back by a published version's own, which leaves the settings alone", async () => {
    const { run, code, artifact, machine } = scene();
    const before = machine.current.settings;
    await run(async () => {
      await code.replace(artifact, guard((await code.current()).revision));
      await code.replace({ from: "version", version: "2" }, guard((await code.current()).revision));
    });
    expect(machine.current.settings).toEqual(before);
  });

  test("names the settings that another tool changed, and not what they hold", async () => {
    const { run, client, code, machine } = scene();
    const roleArn = "arn:aws:iam::111122223333:role/other";
    const [before, after] = await run(async () => {
      const before = await code.current();
      await client.send(new UpdateStateMachineCommand({ stateMachineArn: machine.arn, roleArn }));
      return [before, await code.current()];
    });
    const changed = Object.keys(after?.settings ?? {}).filter(
      (name) => after?.settings[name] !== before?.settings[name],
    );
    expect(changed).toEqual(["roleArn"]);
    expect(JSON.stringify(after)).not.toContain(roleArn);
  });
});
