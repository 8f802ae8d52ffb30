/** JSON as Step Functions passes it from state to state. Values are never changed in place. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isArray = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** Step Functions' hard limit on the input or output of a state, task or execution: 256 KiB of UTF-8. */
export const PAYLOAD_LIMIT_BYTES = 262_144;

/** A JSON value together with its text, which is needed for sizes and history and is made once, on demand. */
export class Payload {
  readonly value: Json;
  #text: string | undefined;

  constructor(value: Json, text?: string) {
    this.value = value;
    this.#text = text;
  }

  get text(): string {
    this.#text ??= JSON.stringify(this.value);
    return this.#text;
  }

  get isTooLarge(): boolean {
    // A UTF-16 unit takes at most three bytes, so most payloads need no counting.
    return this.text.length * 3 > PAYLOAD_LIMIT_BYTES && Buffer.byteLength(this.text) > PAYLOAD_LIMIT_BYTES;
  }
}

/** What a Lambda function, or an API call, makes of a value: JSON there and back, so that nothing is shared. */
export function throughJson(value: unknown): Json {
  const text: string | undefined = JSON.stringify(value);
  return text === undefined ? null : (JSON.parse(text) as Json);
}
