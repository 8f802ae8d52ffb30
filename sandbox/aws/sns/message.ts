import { AwsError } from "../errors.ts";
import type { AttributeValues } from "./filter.ts";

/** A publication as it travels. */
export interface PublishInput {
  readonly TopicArn?: string;
  readonly Message?: string;
  readonly Subject?: string;
  readonly MessageStructure?: string;
  readonly MessageAttributes?: Readonly<
    Record<string, { readonly DataType?: string; readonly StringValue?: string; readonly BinaryValue?: string }>
  >;
}

const invalid = (what: string): AwsError => new AwsError("InvalidParameter", `Invalid parameter: ${what}`);

/** Body and attributes together, in bytes [SNS quotas]. */
const LARGEST = 256 * 1024;

const bytes = (text: string | undefined): number => Buffer.byteLength(text ?? "");

const checkSubject = (subject: string | undefined): void => {
  if (subject === undefined) return;
  // Fewer than 100 characters, no line breaks or control characters [Publish API].
  const isPlain = [...subject].every((character) => character >= " " && character !== "\u007f");
  if (subject.trim() === "" || subject.length >= 100 || !isPlain) throw invalid("Subject");
};

const checkAttributes = (attributes: PublishInput["MessageAttributes"] = {}): void => {
  for (const [name, { DataType = "", StringValue, BinaryValue }] of Object.entries(attributes)) {
    if (DataType === "") throw invalid(`The message attribute '${name}' must contain non-empty message attribute type`);
    if ((StringValue ?? BinaryValue ?? "") === "") {
      throw invalid(`The message attribute '${name}' must contain non-empty message attribute value`);
    }
  }
};

/** Throws InvalidParameter for what cannot be published. */
export const checkMessage = (input: PublishInput): void => {
  if ((input.Message ?? "") === "") throw invalid("Empty message");
  checkSubject(input.Subject);
  checkAttributes(input.MessageAttributes);
  const attributes = Object.entries(input.MessageAttributes ?? {});
  const size = attributes.reduce(
    (sum, [name, value]) =>
      sum + bytes(name) + bytes(value.DataType) + bytes(value.StringValue) + bytes(value.BinaryValue),
    bytes(input.Message),
  );
  if (size > LARGEST) throw invalid("Message too long");
};

/** What an e-mail subscription gets: of a JSON message its `email` part, else its `default`. */
export const bodyFor = (input: PublishInput): string => {
  const message = input.Message ?? "";
  if (input.MessageStructure !== "json") return message;
  const parts = JSON.parse(message) as Readonly<Partial<Record<string, string>>>;
  if (parts.default === undefined) throw invalid("Message Structure - No default entry in JSON message body");
  return parts.email ?? parts.default;
};

/** The attributes as a filter policy sees them: numbers as numbers, the members of a String.Array one by one. */
export const attributesOf = (input: PublishInput): AttributeValues => {
  const entries = Object.entries(input.MessageAttributes ?? {}).map(([name, { DataType = "", StringValue = "" }]) => {
    if (DataType.startsWith("Number")) return [name, [Number(StringValue)]] as const;
    if (DataType !== "String.Array") return [name, [StringValue]] as const;
    return [name, JSON.parse(StringValue) as (string | number)[]] as const;
  });
  return Object.fromEntries(entries);
};
