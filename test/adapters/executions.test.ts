import { SFNClient } from "@aws-sdk/client-sfn";
import { describe, expect, test } from "vitest";
import { executions } from "../../functions/adapters/executions.ts";
import { CallRefused, ServiceTrouble } from "../../functions/domain/errors.ts";
import { type Answer, fault, ok, wire } from "./wire.ts";

const MACHINE = "arn:aws:states:af-south-1:093646564004:stateMachine:headgate-promotion";
const FIRST = "arn:aws:states:af-south-1:093646564004:execution:headgate-promotion:shop-v2-1";

const onWire = (...answers: Answer[]) => {
  const line = wire(...answers);
  const client = new SFNClient(line.config);
  return { ...line, machines: executions({ client: () => client, machineArn: () => MACHINE }) };
};

describe("waking a token", () => {
  test("says nothing with it: whoever wakes reads the ledger", async () => {
    const { machines, sent } = onWire(ok());

    expect(await machines.wake("the token")).toBe(true);
    expect(sent[0]?.headers["x-amz-target"]).toBe("AWSStepFunctions.SendTaskSuccess");
    expect(sent[0]?.json).toEqual({ taskToken: "the token", output: "{}" });
  });

  test.each(["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])(
    "%s means that nobody waits any more",
    async (name) => {
      expect(await onWire(fault(name)).machines.wake("the token")).toBe(false);
    },
  );

  test("trouble is not mistaken for nobody waiting", async () => {
    await expect(onWire(fault("ThrottlingException")).machines.wake("t")).rejects.toBeInstanceOf(ServiceTrouble);
    await expect(onWire(fault("AccessDeniedException")).machines.wake("t")).rejects.toBeInstanceOf(CallRefused);
  });
});

describe("an execution's state", () => {
  test("is what Step Functions says", async () => {
    const { machines, sent } = onWire(ok({ status: "TIMED_OUT" }));

    expect(await machines.status(FIRST)).toBe("TIMED_OUT");
    expect(sent[0]?.json).toEqual({ executionArn: FIRST });
  });

  test("is undefined once Step Functions has forgotten it", async () => {
    expect(await onWire(fault("ExecutionDoesNotExist")).machines.status(FIRST)).toBeUndefined();
  });
});

describe("starting a promotion", () => {
  test("gives the name and the input as JSON text", async () => {
    const { machines, sent } = onWire(ok({ executionArn: FIRST, startDate: 0 }));

    expect(await machines.start("shop-v2-1", { service: "shop" })).toBe("started");
    expect(sent[0]?.headers["x-amz-target"]).toBe("AWSStepFunctions.StartExecution");
    expect(sent[0]?.json).toEqual({ stateMachineArn: MACHINE, name: "shop-v2-1", input: '{"service":"shop"}' });
  });

  test("says when the name is that of another one", async () => {
    expect(await onWire(fault("ExecutionAlreadyExists")).machines.start("shop-v2-1", {})).toBe("taken");
  });

  test("trouble is not mistaken for a name that is taken", async () => {
    await expect(onWire(fault("ThrottlingException")).machines.start("n", {})).rejects.toBeInstanceOf(ServiceTrouble);
    await expect(onWire(fault("AccessDeniedException")).machines.start("n", {})).rejects.toBeInstanceOf(CallRefused);
  });

  test("has an ARN that follows from its name", () => {
    expect(onWire().machines.arnOf("shop-v2-1")).toBe(FIRST);
  });
});
