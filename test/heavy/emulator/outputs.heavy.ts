import { afterAll, beforeAll, expect, test } from "vitest";
import { type Caller, outputsOf, Unlocated } from "../../../cli/outputs.ts";
import { type Moto, startMoto } from "./moto.ts";

const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const URL_OF_API = "https://a1.execute-api.eu-west-1.amazonaws.com/v1?a=1&b=<2>";

let moto: Moto;
const caller = (): Caller => ({
  region: "eu-west-1",
  credentials: CREDENTIALS,
  endpoint: `http://127.0.0.1:${moto.port}`,
  fetch,
});
beforeAll(async () => {
  moto = await startMoto(0);
  await create("headgate", { ApiUrl: { Value: URL_OF_API }, LedgerTable: { Value: "headgate", Description: "a & b" } });
});
afterAll(async () => moto?.stop());

/** moto asks for no signature, and takes Region and service from its scope. */
async function create(StackName: string, Outputs: object): Promise<void> {
  const Resources = { Topic: { Type: "AWS::SNS::Topic" } };
  const TemplateBody = JSON.stringify({ Resources, Outputs });
  const authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261129/eu-west-1/cloudformation/aws4_request";
  const body = new URLSearchParams({ Action: "CreateStack", Version: "2010-05-15", StackName, TemplateBody });
  const { status } = await fetch(caller().endpoint, { method: "POST", body, headers: { authorization } });
  expect(status).toBe(200);
}

test("a stack's outputs are read as CloudFormation writes them", async () => {
  expect(Object.fromEntries(await outputsOf("headgate", caller()))).toEqual({
    ApiUrl: URL_OF_API,
    LedgerTable: "headgate",
  });
});

test("a stack that is not there is told from one that may not be looked at", async () => {
  const error = await outputsOf("payroll", caller()).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Unlocated);
  expect(String(error)).toContain('there is no stack "payroll" in eu-west-1');
});
