/** A command line's number. Throws RangeError when it is no whole number from 1. */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`${option} takes a whole number from 1, not ${text}`);
  return value;
}
