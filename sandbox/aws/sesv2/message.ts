import { AwsError } from "../errors.ts";

interface Content {
  readonly Data?: string;
  readonly Charset?: string;
}

/** A mail as it travels. */
export interface SendEmailInput {
  readonly FromEmailAddress?: string;
  readonly Destination?: {
    readonly ToAddresses?: readonly string[];
    readonly CcAddresses?: readonly string[];
    readonly BccAddresses?: readonly string[];
  };
  readonly Content?: {
    readonly Simple?: {
      readonly Subject?: Content;
      readonly Body?: { readonly Text?: Content; readonly Html?: Content };
      readonly Headers?: readonly { readonly Name?: string; readonly Value?: string }[];
    };
  };
}

interface Checked {
  readonly from: string;
  readonly recipients: readonly string[];
  readonly simple: {
    readonly subject: string;
    readonly body: string;
    readonly html: string;
    readonly headers: Record<string, string>;
  };
}

/** SES developer guide, quotas: recipients of one message, its size in bytes, and headers of one's own. */
const MOST_RECIPIENTS = 50;
const LARGEST = 40 * 1_024 * 1_024;
const MOST_HEADERS = 15;

/** MessageHeader: names of printable ASCII without a colon or space, values of printable ASCII. */
const HEADER_NAME = /^[!-9;-~]{1,126}$/;
const HEADER_VALUE = /^[ -~]{1,870}$/;

const bad = (why: string): AwsError => new AwsError("BadRequestException", why);

const ADDRESS = /^[^\s@<>]+@[^\s@<>]+$/;

/** `Headgate <releases@example.com>` is releases@example.com. Throws BadRequestException. */
function addressIn(text: string): string {
  const address = (/<([^<>]*)>$/.exec(text)?.[1] ?? text).toLowerCase();
  if (!ADDRESS.test(address) || /[^ -~]/.test(text)) throw bad("Missing final '@domain'");
  return address;
}

/** Throws BadRequestException for what SES does not take. Templates and raw messages are beyond the simulation. */
export function checkMessage({
  FromEmailAddress = "",
  Destination = {},
  Content: content = {},
}: SendEmailInput): Checked {
  const { ToAddresses = [], CcAddresses = [], BccAddresses = [] } = Destination;
  const recipients = [...ToAddresses, ...CcAddresses, ...BccAddresses].map(addressIn);
  if (recipients.length === 0) throw bad("There are no recipients.");
  if (recipients.length > MOST_RECIPIENTS) throw bad(`Recipient count exceeds ${MOST_RECIPIENTS}.`);
  const { Subject, Body = {}, Headers = [] } = content.Simple ?? {};
  const [subject, body, html] = [Subject?.Data ?? "", Body.Text?.Data ?? "", Body.Html?.Data ?? ""];
  if (body === "" && html === "") throw bad("The message has no body.");
  if (/[\r\n]/.test(subject)) throw bad("The subject has line breaks.");
  const size = Buffer.byteLength(subject) + Buffer.byteLength(body) + Buffer.byteLength(html);
  if (size > LARGEST) throw bad(`Message length is more than ${LARGEST} bytes long: '${size}'.`);
  return {
    from: addressIn(FromEmailAddress),
    recipients,
    simple: { subject, body, html, headers: headersOf(Headers) },
  };
}

function headersOf(headers: readonly { readonly Name?: string; readonly Value?: string }[]): Record<string, string> {
  if (headers.length > MOST_HEADERS) throw bad(`More than ${MOST_HEADERS} headers.`);
  const pairs = headers.map(({ Name = "", Value = "" }) => {
    if (!HEADER_NAME.test(Name) || !HEADER_VALUE.test(Value)) throw bad(`Header ${Name} is not valid.`);
    return [Name, Value] as const;
  });
  return Object.fromEntries(pairs);
}
