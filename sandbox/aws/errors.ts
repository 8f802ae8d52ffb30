export interface AwsErrorDetails {
  /** HTTP status; services answer 400 unless the operation's documentation says otherwise. */
  readonly status?: number;
  /** Members of the error shape beside the message, such as CancellationReasons. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** An error a simulated service answers with; the wire module shapes it for the protocol the client speaks. */
export class AwsError extends Error {
  readonly status: number;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(name: string, message: string, details: AwsErrorDetails = {}) {
    super(message);
    this.name = name;
    this.status = details.status ?? 400;
    this.members = details.members ?? {};
  }
}

/** The request is malformed in a way the service documents as ValidationException. */
export const validation = (message: string): AwsError => new AwsError("ValidationException", message);
