import { expect, test } from "vitest";
import { ask, translated } from "../../../functions/adapters/shared/aws-errors.ts";
import { CallRefused, ServiceTrouble } from "../../../functions/domain/errors.ts";

const awsError = (name: string, httpStatusCode: number, message = "about it") =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
const networkError = (code: string) => Object.assign(new Error("broken"), { code });

test.each([
  ["throttling by its name", awsError("ThrottlingException", 400)],
  ["throttling by its status", awsError("Whatever", 429)],
  ["a fault of the service", awsError("InternalServerError", 500)],
  ["an unavailable service", awsError("ServiceUnavailable", 503)],
  ["an answer that did not come in time", Object.assign(new Error("late"), { name: "TimeoutError" })],
  ["a call given up at its deadline", Object.assign(new Error("Request aborted"), { name: "AbortError" })],
  ["a broken connection", networkError("ECONNRESET")],
  ["a name that did not resolve", networkError("EAI_AGAIN")],
])("%s is worth another try", (_, error) => {
  const found = translated("lambda:GetAlias", error);

  expect(found).toBeInstanceOf(ServiceTrouble);
  expect(found.cause).toBe(error);
  expect(found.message).toContain("lambda:GetAlias failed");
});

test.each([
  ["a missing resource", awsError("ResourceNotFoundException", 404)],
  ["an invalid value", awsError("ValidationException", 400)],
  ["missing credentials", Object.assign(new Error("none found"), { name: "CredentialsProviderError" })],
])("%s is refused for good", (_, error) => {
  const found = translated("lambda:GetAlias", error);

  expect(found).toBeInstanceOf(CallRefused);
  expect(found.cause).toBe(error);
  expect(found.message).not.toContain("hint");
});

test("a denied call says which permission is missing", () => {
  const denied = (call: string, message?: string) => translated(call, awsError("AccessDenied", 403, message)).message;

  expect(denied("lambda:UpdateAlias")).toContain("hint: allow lambda:UpdateAlias");
  expect(denied("lambda:Invoke")).toContain("hint: allow lambda:InvokeFunction");
  expect(denied("s3:HeadObject")).toContain("hint: allow s3:GetObjectVersion");
});

test("a role that may not be assumed is named instead of the call that needed it", () => {
  const error = awsError("AccessDenied", 403, "User: x is not authorized to perform: sts:AssumeRole on resource: y");

  expect(translated("lambda:GetAlias", error).message).toContain("hint: allow sts:AssumeRole");
});

test("what is neither AWS's nor the network's word passes unchanged", async () => {
  const bug = new TypeError("undefined is not a function");
  const killed = Object.assign(new Error("its sandbox is gone"), { name: "Sandbox.Timedout" });

  await expect(ask("lambda:GetAlias", () => Promise.reject(bug))).rejects.toBe(bug);
  await expect(ask("lambda:GetAlias", () => Promise.reject(killed))).rejects.toBe(killed);
});

test("an error that the caller knows becomes the caller's answer", async () => {
  const missing = () => Promise.reject(awsError("ResourceNotFoundException", 404));

  const answer = await ask<string>("lambda:GetAlias", missing, { ResourceNotFoundException: () => "nothing there" });

  expect(answer).toBe("nothing there");
});

test("an error named like a property of every object is not taken for a known one", async () => {
  const odd = () => Promise.reject(awsError("toString", 400));

  await expect(ask("lambda:GetAlias", odd, {})).rejects.toBeInstanceOf(CallRefused);
});
