import { LogFormatter, Logger, LogItem } from "@aws-lambda-powertools/logger";
import type { LogAttributes, UnformattedAttributes } from "@aws-lambda-powertools/logger/types";
import type { Clock, Log } from "../domain/ports.ts";
import { plainJson } from "../domain/text.ts";
import type { Host } from "./host.ts";

/** Names of values that open a door: whoever holds one can decide, wake or sign. */
const SECRET = /(token|links?|authorization|cookie|secret)$/i;

/** As JSON's replacer, hides values by the name they stand under, at any depth. */
export function hideSecrets(name: string, value: unknown): unknown {
  // The SDK hangs the raw answer on its errors: headers and bytes that nobody can read, and that nobody vetted.
  if (name === "$response") return undefined;
  return SECRET.test(name) && value !== null && value !== undefined ? "(hidden)" : value;
}

/** Lines carry the host's time: in a rehearsal that is not the machine's. */
class HostFormatter extends LogFormatter {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }

  override formatAttributes(base: UnformattedAttributes, about: LogAttributes): LogItem {
    const time = new Date(this.#clock.now()).toISOString();
    return new LogItem({ attributes: { level: base.logLevel, time, message: base.message, ...about } });
  }
}

const LEVELS = ["DEBUG", "INFO", "WARN", "ERROR"] as const;

/** Powertools' logger, printing to the host instead of a console of its own. */
class HostLogger extends Logger {
  readonly #write: (line: string) => void;

  constructor(host: Pick<Host, "clock" | "write" | "environment">, about: LogAttributes) {
    super({
      logFormatter: new HostFormatter(host.clock),
      jsonReplacerFn: hideSecrets,
      persistentKeys: about,
      sampleRateValue: 0,
    });
    this.#write = (line) => host.write(line);
    // Where Lambda's own logging controls set a level, that one holds, and Powertools complains about any other.
    if (host.environment.AWS_LAMBDA_LOG_LEVEL === undefined) {
      this.setLogLevel(LEVELS.find((level) => level === host.environment.LOG_LEVEL) ?? "INFO");
    }
  }

  protected override printLog(_level: number, item: LogItem): void {
    item.prepareForPrint();
    this.#write(plainJson(item.getAttributes(), this.getJsonReplacer()));
  }
}

/** The log of one invocation, with an error level that only the wrapper uses. */
export interface InvocationLog extends Log {
  error(message: string, error: unknown): void;
}

/** A structured log whose every line carries `about`. */
export function openLog(
  host: Pick<Host, "clock" | "write" | "environment">,
  about: Readonly<Record<string, string>>,
): InvocationLog {
  const logger = new HostLogger(host, { ...about });
  return {
    info: (message, more) => logger.info(message, { ...more }),
    warn: (message, more) => logger.warn(message, { ...more }),
    error: (message, error) => logger.error(message, error instanceof Error ? error : String(error)),
  };
}
