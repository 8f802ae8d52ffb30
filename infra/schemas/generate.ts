/** Publishes the zod schemas as JSON Schemas, for editors: `node infra/schemas/generate.ts`. */
import { writeFileSync } from "node:fs";
import * as z from "zod";
import { sourceAnswerSchema, sourceRequestSchema } from "../../functions/domain/documents/metric-source.ts";
import { policySchema } from "../../functions/domain/documents/policy.ts";
import { releaseSchema } from "../../functions/domain/documents/release.ts";

const DOCUMENTS = {
  "policy.schema.json": policySchema,
  "release.schema.json": releaseSchema,
  "metric-source-request.schema.json": sourceRequestSchema,
  "metric-source-answer.schema.json": sourceAnswerSchema,
} as const;
export type SchemaFile = keyof typeof DOCUMENTS;
export const SCHEMA_FILES = Object.keys(DOCUMENTS) as readonly SchemaFile[];

/**
 * The text of a published schema. It describes what people write, so durations are texts; draft 7 is the newest that
 * editors complete from without gaps.
 */
export function schemaText(file: SchemaFile): string {
  return `${JSON.stringify(z.toJSONSchema(DOCUMENTS[file], { io: "input", target: "draft-7" }), null, 2)}\n`;
}

if (import.meta.main) {
  for (const file of SCHEMA_FILES) writeFileSync(new URL(file, import.meta.url), schemaText(file));
}
