/** How mail goes to people, whichever service sends it. */
import type { IMetric } from "aws-cdk-lib/aws-cloudwatch";
import type { Grant } from "../../functions/targets/grant.ts";
import type { MailSettings } from "../functions.ts";

export interface PeopleMail {
  /** What functions that mail are told, and may do. */
  readonly settings: MailSettings;
  readonly grants: readonly Grant[];
  /** Mails that got there, and those that did not. */
  readonly delivered: readonly IMetric[];
  readonly failed: readonly IMetric[];
}
