import { AwsError } from "../errors.ts";
import type { SimulatedAws } from "../router.ts";
import { TokenBucket } from "../s3/buckets.ts";
import type { Call, Operation } from "../service.ts";

/** How many calls at once, and how many more each second, for an account and Region. */
type Bucket = readonly [size: number, refill: number];

/** The first is N. Virginia's, Oregon's and Ireland's, the second that of all other Regions, where they differ. */
type Quota = Bucket | readonly [large: Bucket, other: Bucket];

const ONE_A_SECOND: Bucket = [100, 1];
const ONE_A_SECOND_OF_200: Bucket = [200, 1];

/** [Step Functions developer guide, service quotas: API action throttling, Standard workflows] */
const QUOTAS: Readonly<Record<string, Quota>> = {
  StartExecution: [
    [1_300, 300],
    [800, 150],
  ],
  StopExecution: [
    [1_000, 200],
    [500, 25],
  ],
  RedriveExecution: [
    [1_300, 300],
    [800, 150],
  ],
  SendTaskSuccess: [
    [3_000, 500],
    [1_500, 300],
  ],
  SendTaskFailure: [
    [3_000, 500],
    [1_500, 300],
  ],
  SendTaskHeartbeat: [
    [3_000, 500],
    [1_500, 300],
  ],
  DescribeExecution: [
    [300, 15],
    [250, 10],
  ],
  ListExecutions: [
    [200, 5],
    [100, 2],
  ],
  GetExecutionHistory: [400, 20],
  DescribeStateMachine: [200, 20],
  UpdateStateMachine: ONE_A_SECOND,
  PublishStateMachineVersion: ONE_A_SECOND,
  ListStateMachineVersions: ONE_A_SECOND,
  DeleteStateMachineVersion: ONE_A_SECOND,
  CreateStateMachineAlias: ONE_A_SECOND,
  UpdateStateMachineAlias: ONE_A_SECOND,
  ListStateMachineAliases: ONE_A_SECOND,
  ListTagsForResource: ONE_A_SECOND,
  DescribeStateMachineAlias: ONE_A_SECOND_OF_200,
  TagResource: ONE_A_SECOND_OF_200,
  UntagResource: ONE_A_SECOND_OF_200,
};

const LARGE_REGIONS: ReadonlySet<string> = new Set(["us-east-1", "us-west-2", "eu-west-1"]);

const isPair = (quota: Quota): quota is readonly [Bucket, Bucket] => typeof quota[0] !== "number";

const bucketOf = (operation: string, region: string): Bucket | undefined => {
  const quota = QUOTAS[operation];
  if (quota === undefined || !isPair(quota)) return quota;
  return LARGE_REGIONS.has(region) ? quota[0] : quota[1];
};

/** Holds every call to the documented rate of its operation: a bucket each for account, Region and operation. */
export class Quotas {
  readonly #aws: SimulatedAws;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(aws: SimulatedAws) {
    this.#aws = aws;
  }

  /** The operation, which now throws ThrottlingException where its bucket is empty. */
  limited(name: string, operation: Operation): Operation {
    return (input, call) => {
      if (!(this.#bucket(name, call)?.take() ?? true)) throw new AwsError("ThrottlingException", "Rate exceeded");
      return operation(input, call);
    };
  }

  #bucket(operation: string, { account, region }: Call): TokenBucket | undefined {
    const key = `${account} ${region} ${operation}`;
    const known = this.#buckets.get(key);
    const quota = bucketOf(operation, region);
    if (known !== undefined || quota === undefined) return known;
    const [size, refill] = quota;
    const made = new TokenBucket(this.#aws.clock, refill, size);
    this.#buckets.set(key, made);
    return made;
  }
}
