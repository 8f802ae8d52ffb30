/** A Lambda function, as it is deployed now, answers as expected. */
import * as z from "zod";
import { jsonSchema } from "../../schema-parts.ts";
import type { Gate } from "./gate.ts";

const TIMEOUT_SECONDS = 30;

const fields = {
  functionName: z.string().describe("the Lambda function to invoke"),
  payload: jsonSchema.optional().describe("what it is invoked with; default {}"),
  expect: z
    .record(z.string(), jsonSchema)
    .describe('values that must stand at dotted paths of the answer, such as {"statusCode": 200}'),
};

type Input = z.output<z.ZodObject<typeof fields>>;

interface Plan {
  readonly functionName: string;
  readonly payload: unknown;
  readonly expect: Readonly<Record<string, unknown>>;
}

export const invoke: Gate<Input, Plan> = {
  description: "a Lambda function answers as expected",
  fields,
  needs: { accounts: ["invoke"] },
  title: ({ functionName }, environment) => `invoke ${functionName.replaceAll("{environment}", environment)}`,
  resolve: ({ functionName, payload = {}, expect }, _every, spot) => ({
    functionName: spot.fill(["functionName"], functionName),
    payload,
    expect,
  }),
  async run({ functionName, payload, expect }, { prober }, { place }) {
    const probe = { payload, expect, timeoutSeconds: TIMEOUT_SECONDS };
    const answer = await prober(place, functionName).invoke("$LATEST", probe);
    return { passed: answer.ok, found: `${functionName} answered in ${answer.ms} ms: ${answer.found}` };
  },
  invokes: ({ functionName }) => [functionName],
};
