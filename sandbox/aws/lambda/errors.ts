import { AwsError } from "../errors.ts";

/** The errors of the Lambda API, with their status [Lambda API reference, common errors of each operation]. */
export const lambdaErrors = {
  notFound: (arn: string): AwsError =>
    new AwsError("ResourceNotFoundException", `Function not found: ${arn}`, { status: 404, members: { Type: "User" } }),
  aliasNotFound: (arn: string): AwsError =>
    new AwsError("ResourceNotFoundException", `Cannot find alias arn: ${arn}`, {
      status: 404,
      members: { Type: "User" },
    }),
  invalid: (message: string): AwsError =>
    new AwsError("InvalidParameterValueException", message, { members: { Type: "User" } }),
  conflict: (message: string): AwsError =>
    new AwsError("ResourceConflictException", message, { status: 409, members: { Type: "User" } }),
  revision: (call: string): AwsError =>
    new AwsError(
      "PreconditionFailedException",
      `The RevisionId provided does not match the latest RevisionId. Call the ${call} API to retrieve the latest RevisionId for your resource.`,
      { status: 412, members: { Type: "User" } },
    ),
  tooLarge: (most: number): AwsError =>
    new AwsError(
      "RequestEntityTooLargeException",
      `Request must be smaller than ${most} bytes for the UpdateFunctionCode operation`,
      { status: 413 },
    ),
  tooMany: (): AwsError =>
    new AwsError("TooManyRequestsException", "Rate Exceeded.", {
      status: 429,
      members: { Type: "User", Reason: "CallerRateLimitExceeded" },
    }),
};
