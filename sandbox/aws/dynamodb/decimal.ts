/** DynamoDB numbers: exact decimals of up to 38 digits, which JavaScript's own numbers are not. */

interface Decimal {
  readonly digits: bigint;
  /** Digits after the point. */
  readonly scale: number;
}

const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

const parse = (text: string): Decimal | undefined => {
  const found = FORM.exec(text.trim());
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = found ?? [];
  if (found === null || whole + fraction === "") return undefined;
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(`${sign === "-" ? "-" : ""}${whole}${fraction}`);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
};

const align = (left: Decimal, right: Decimal): readonly [bigint, bigint, number] => {
  const scale = Math.max(left.scale, right.scale);
  const lift = ({ digits, scale: own }: Decimal) => digits * 10n ** BigInt(scale - own);
  return [lift(left), lift(right), scale];
};

const ZERO: Decimal = { digits: 0n, scale: 0 };

const format = ({ digits, scale }: Decimal): string => {
  const sign = digits < 0n ? "-" : "";
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
  if (scale === 0) return sign + text;
  const fraction = text.slice(-scale).replace(/0+$/, "");
  return `${sign}${text.slice(0, -scale)}${fraction === "" ? "" : `.${fraction}`}`;
};

/** The canonical text of a number (`1.50` is `1.5`); undefined where the text is no number of at most 38 digits. */
export const canonical = (text: string): string | undefined => {
  const decimal = parse(text);
  if (decimal === undefined) return undefined;
  const shown = format(decimal);
  return shown.replace(/\D/g, "").replace(/^0+|0+$/g, "").length > 38 ? undefined : shown;
};

/** Negative, zero or positive as `left` is less than, equal to or greater than `right`. */
export const compareDecimals = (left: string, right: string): number => {
  const [a, b] = align(parse(left) ?? ZERO, parse(right) ?? ZERO);
  return a < b ? -1 : Number(a > b);
};

/** `left` + `right`, exactly; pass `-1` to subtract. */
export const addDecimals = (left: string, right: string, factor: 1 | -1 = 1): string => {
  const [a, b, scale] = align(parse(left) ?? ZERO, parse(right) ?? ZERO);
  return format({ digits: a + BigInt(factor) * b, scale });
};
