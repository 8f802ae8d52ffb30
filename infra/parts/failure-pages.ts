/** What API Gateway answers by itself, in the words and with the headers of our own pages. */
import { ResponseType, type RestApi } from "aws-cdk-lib/aws-apigateway";
import { failurePage, SENT } from "../../functions/pages/failure.ts";
import { sha256 } from "../../functions/runtime/dependencies.ts";

interface Words {
  readonly type: ResponseType;
  readonly title: string;
  readonly text: string;
}

const WRONG_ADDRESS = "Open the link as it stands in the mail, in full.";

/** The two defaults speak for every type that has no words of its own here. */
const ANSWERS: readonly Words[] = [
  {
    type: ResponseType.DEFAULT_4XX,
    title: "Not possible",
    text: `This cannot be answered as it was sent. ${WRONG_ADDRESS}`,
  },
  { type: ResponseType.DEFAULT_5XX, title: "Not at this moment", text: `Please try again in a moment. ${SENT}` },
  // Of a path without a route, too, which API Gateway calls 403.
  { type: ResponseType.MISSING_AUTHENTICATION_TOKEN, title: "No such page", text: WRONG_ADDRESS },
  { type: ResponseType.RESOURCE_NOT_FOUND, title: "No such page", text: WRONG_ADDRESS },
  { type: ResponseType.REQUEST_TOO_LARGE, title: "Too much", text: "What was sent is larger than any form of ours." },
  { type: ResponseType.THROTTLED, title: "Too many requests", text: "Please wait a minute, and open the link again." },
  {
    type: ResponseType.WAF_FILTERED,
    title: "Turned away",
    text: "Too many requests came from your network. Please wait five minutes.",
  },
  { type: ResponseType.INTEGRATION_TIMEOUT, title: "No answer in time", text: SENT },
];

/** A program reads the gateway's own words, as they stand there without this. */
const FOR_PROGRAMS = '{"message":$context.error.messageString,"requestId":"$context.requestId"}';

/**
 * Pages by `Accept`, as browsers ask for them, and JSON for the rest. API Gateway goes by the first media type in there,
 * and takes JSON where there is none [API Gateway developer guide, mapping templates]. Statuses stay the gateway's own.
 */
export function addFailurePages(rest: RestApi): void {
  for (const { type, title, text } of ANSWERS) {
    const failure = { status: Number.NaN, title, text, requestId: "$context.requestId" };
    const { headers, body } = failurePage(sha256, "GET", failure);
    // Which form it has, the template's key says.
    const { "content-type": _form, ...common } = headers;
    rest.addGatewayResponse(type.responseType, {
      type,
      responseHeaders: Object.fromEntries(Object.entries(common).map(([name, value]) => [name, `'${value}'`])),
      templates: { "text/html": body, "application/json": FOR_PROGRAMS },
    });
  }
}
