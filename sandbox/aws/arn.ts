export interface Arn {
  readonly service: string;
  readonly region: string;
  readonly account: string;
  /** What follows the account, colons included: `function:orders:live`. */
  readonly resource: string;
}

/** Takes an ARN apart; undefined where the text is not one. */
export const parseArn = (text: string): Arn | undefined => {
  const [prefix, partition, service, region, account, ...rest] = text.split(":");
  if (prefix !== "arn" || partition === undefined || service === undefined || rest.length === 0) return undefined;
  return { service, region: region ?? "", account: account ?? "", resource: rest.join(":") };
};
