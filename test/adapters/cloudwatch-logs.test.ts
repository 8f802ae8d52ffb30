import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, test } from "vitest";
import { cloudWatchLogs } from "../../functions/adapters/cloudwatch-logs.ts";
import { CallRefused, ServiceTrouble } from "../../functions/domain/errors.ts";
import { type Answer, fault, ok, wire } from "./wire.ts";

const SEARCH = { group: "/aws/lambda/order", from: 1_764_000_000_000, to: 1_764_000_120_000 };
const onWire = (...answers: Answer[]) => {
  const line = wire(...answers);
  const client = new CloudWatchLogsClient(line.config);
  return { ...line, logs: cloudWatchLogs({ client: () => client }) };
};
const row = (stream: string, message: string) => [
  { field: "@logStream", value: stream },
  { field: "@message", value: message },
  { field: "@ptr", value: "x" },
];

describe("searching logs", () => {
  test("begins a query of error lines, the second in which it ends left out", async () => {
    const { logs, sent } = onWire(ok({ queryId: "q1" }));
    expect(await logs.search(SEARCH)).toBe("q1");
    expect(sent[0]?.headers["x-amz-target"]).toBe("Logs_20140328.StartQuery");
    expect(sent[0]?.json).toMatchObject({
      logGroupName: "/aws/lambda/order",
      startTime: 1_764_000_000,
      endTime: 1_764_000_119,
      limit: 10_000,
      queryString: expect.stringContaining("@message like /(?i)(error|"),
    });
  });

  test("gives nothing while it runs, then the lines, and whether there were more", async () => {
    const done = { status: "Complete", results: [row("a/[8]b", "boom")], statistics: { recordsMatched: 1 } };
    const { logs } = onWire(
      ok({ status: "Scheduled" }),
      ok({ status: "Running", results: [row("s", "part")] }),
      ok(done),
    );
    expect(await logs.found("q1")).toBeNull();
    expect(await logs.found("q1")).toBeNull();
    expect(await logs.found("q1")).toEqual({ lines: [{ stream: "a/[8]b", message: "boom" }], complete: true });
    const more = onWire(ok({ ...done, statistics: { recordsMatched: 2 } }));
    expect(await more.logs.found("q1")).toMatchObject({ complete: false });
  });

  test.each(["Failed", "Cancelled", "Timeout", "Unknown"])("is trouble where it ended as %s", async (status) => {
    await expect(onWire(ok({ status })).logs.found("q1")).rejects.toThrow(ServiceTrouble);
  });

  test("finds nothing in a group that was never written to, without asking further", async () => {
    const { logs, sent } = onWire(fault("ResourceNotFoundException"));
    expect(await logs.found(await logs.search(SEARCH))).toEqual({ lines: [], complete: true });
    expect(sent).toHaveLength(1);
  });

  test("tells too many queries at once, which pass, from a permission that is missing", async () => {
    await expect(onWire(fault("LimitExceededException")).logs.search(SEARCH)).rejects.toThrow(ServiceTrouble);
    await expect(onWire(fault("AccessDeniedException")).logs.search(SEARCH)).rejects.toThrow(CallRefused);
  });
});
