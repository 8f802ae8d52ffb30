/** What steps say of each target, said shorter where all say the same. */

const SEPARATOR = "; ";

/** An answer's body is the engineer's, and stands in the logs: `auth, version 8: {"statusCode":200}` without it. */
export function withoutAnswers(summary: string): string {
  return summary
    .split(/; (?=[^{}]*(?:\{|$))/)
    .map((part) => part.replace(/: [{[].*$/, ": answered as expected"))
    .join(SEPARATOR);
}

/** `auth: version 7; order: version 7` as `version 7 (auth, order)`. Anything else is left as it is. */
export function gathered(summary: string): string {
  const parts = summary.split(SEPARATOR).map((part) => /^([\w-]+)(?:, |: )(.+)$/.exec(part));
  const [first] = parts;
  if (parts.length < 2 || first === null || first === undefined) return summary;
  const same = parts.every((part) => part?.[2] === first[2]);
  return same ? `${first[2]} (${parts.map((part) => part?.[1]).join(", ")})` : summary;
}
