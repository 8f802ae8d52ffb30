import { AwsError } from "../errors.ts";
import type { SimulatedAws } from "../router.ts";
import { Reply } from "../service.ts";
import { lambdaErrors } from "./errors.ts";
import type { SimulatedFunction } from "./function.ts";

interface ProvisionedInput {
  readonly Qualifier?: string;
  readonly ProvisionedConcurrentExecutions?: number;
}

/** Environments come up within a minute or two: milliseconds, from and spread. */
const READY = { from: 45_000, spread: 60_000 };

/** Provisioned concurrency of versions and of aliases without weights. */
export class Provisioned {
  readonly #aws: SimulatedAws;

  constructor(aws: SimulatedAws) {
    this.#aws = aws;
  }

  put(fn: SimulatedFunction, { Qualifier = "", ProvisionedConcurrentExecutions = 0 }: ProvisionedInput): Reply {
    if (Qualifier === "" || Qualifier === "$LATEST") {
      throw lambdaErrors.invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions");
    }
    if (ProvisionedConcurrentExecutions < 1)
      throw lambdaErrors.invalid("ProvisionedConcurrentExecutions is at least 1");
    if (/^\d+$/.test(Qualifier)) fn.version(Qualifier);
    else if (Object.keys(fn.alias(Qualifier).current.additional).length > 0) {
      throw lambdaErrors.invalid("Alias with weights can not be used with Provisioned Concurrency");
    }
    const random = this.#aws.random("provisioned", fn.arn, Qualifier, this.#aws.clock.now());
    const readyAt = this.#aws.clock.now() + READY.from + random.below(READY.spread);
    fn.provisioned.set(Qualifier, { requested: ProvisionedConcurrentExecutions, readyAt });
    return new Reply(this.get(fn, { Qualifier }), 202);
  }

  get(fn: SimulatedFunction, { Qualifier = "" }: ProvisionedInput): Record<string, unknown> {
    const found = fn.provisioned.get(Qualifier);
    if (found === undefined) {
      throw new AwsError(
        "ProvisionedConcurrencyConfigNotFoundException",
        `No Provisioned Concurrency Config found for this function: ${fn.arn}:${Qualifier}`,
        { status: 404, members: { Type: "User" } },
      );
    }
    const ready = this.#aws.clock.now() >= found.readyAt;
    return {
      RequestedProvisionedConcurrentExecutions: found.requested,
      AvailableProvisionedConcurrentExecutions: ready ? found.requested : 0,
      AllocatedProvisionedConcurrentExecutions: ready ? found.requested : 0,
      Status: ready ? "READY" : "IN_PROGRESS",
    };
  }

  delete(fn: SimulatedFunction, { Qualifier = "" }: ProvisionedInput): Reply {
    fn.provisioned.delete(Qualifier);
    return new Reply(undefined, 204);
  }
}
