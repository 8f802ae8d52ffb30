/** Error lines of functions, minute by minute, as a scenario says that their versions write them. */
import type { LogLine, LogSource } from "../aws/logs/logs.ts";
import type { Stream } from "../aws/traffic-source.ts";
import { Random } from "../chance/random.ts";
import { poisson } from "../chance/samplers.ts";
import { isNamed } from "./behaviour.ts";
import { fits, type Scenario } from "./scenario.ts";
import { baselineOf, type ShareHistory, sharesOf, spansOf } from "./shares.ts";

const MINUTE_MS = 60_000;

/** `streamOf`: the alias behind a function of this name; undefined: there is no such function. */
export const logLinesOf =
  (
    scenario: Pick<Scenario, "logLines" | "seed">,
    streamOf: (function_: { readonly account: string; readonly functionName: string }) => ShareHistory | undefined,
  ): LogSource =>
  ({ account, name, from, to }) => {
    const functionName = name.replace("/aws/lambda/", "");
    const history = streamOf({ account, functionName });
    if (history === undefined) return undefined;
    const lines: LogLine[] = [];
    for (let minute = Math.floor(from / MINUTE_MS) * MINUTE_MS; minute < to; minute += MINUTE_MS) {
      lines.push(...minuteOf(scenario, { account, functionName }, history, minute));
    }
    return lines.filter(({ at }) => at >= from && at < to);
  };

function minuteOf(
  { logLines, seed }: Pick<Scenario, "logLines" | "seed">,
  { account, functionName }: Pick<Stream, "account" | "functionName">,
  history: ShareHistory,
  minute: number,
): LogLine[] {
  const baseline = baselineOf(history);
  return spansOf(history, minute, minute + MINUTE_MS).flatMap((span) =>
    sharesOf(span).flatMap(([version, share]) =>
      logLines.flatMap((rule, index) => {
        if (!fits(rule.function, functionName) || !isNamed(rule.version, version, baseline)) return [];
        const random = Random.of(seed, "log", account, functionName, version, index, span.from);
        const count = poisson(random, (rule.perMinute * share * (span.to - span.from)) / MINUTE_MS);
        return Array.from({ length: count }, () => ({
          at: span.from + Math.floor(random.uniform() * (span.to - span.from)),
          stream: `2026/11/24/[${version}]${index}`,
          message: rule.message.replaceAll("{n}", String(Math.floor(random.uniform() * 1e6))),
        }));
      }),
    ),
  );
}
