import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SCHEMA_FILES, schemaText } from "../../infra/schemas/generate.ts";

describe("the published JSON Schemas", () => {
  it.each(SCHEMA_FILES)("%s is what the zod schema says (else run: node infra/schemas/generate.ts)", (file) => {
    expect(JSON.parse(readFileSync(`infra/schemas/${file}`, "utf8"))).toEqual(JSON.parse(schemaText(file)));
  });

  it.each(SCHEMA_FILES)("%s refuses unknown keys wherever it names keys", (file) => {
    const closed = objectsIn(JSON.parse(schemaText(file))).map((schema) => schema.additionalProperties);
    expect(closed.length).toBeGreaterThan(1);
    expect(new Set(closed)).toEqual(new Set([false]));
  });

  it.each(SCHEMA_FILES)("%s describes every key, since editors show it and problems hint with it", (file) => {
    const bare = objectsIn(JSON.parse(schemaText(file))).flatMap((schema) =>
      Object.entries(schema.properties).flatMap(([key, property]) => (isDescribed(property) ? [] : [key])),
    );
    expect(bare).toEqual([]);
  });
});

interface ObjectSchema {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly additionalProperties?: unknown;
}

function isDescribed(property: unknown): boolean {
  return typeof property === "object" && property !== null && "description" in property;
}

/** Every schema in the tree that names the keys of an object. */
function objectsIn(schema: unknown): ObjectSchema[] {
  if (Array.isArray(schema)) return schema.flatMap(objectsIn);
  if (typeof schema !== "object" || schema === null) return [];
  const inner = Object.values(schema).flatMap(objectsIn);
  return isObjectSchema(schema) ? [schema, ...inner] : inner;
}

function isObjectSchema(schema: object): schema is ObjectSchema {
  return "properties" in schema && typeof schema.properties === "object" && Reflect.get(schema, "type") === "object";
}
