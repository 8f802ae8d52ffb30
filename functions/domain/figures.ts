/** A whole number with its thousands set apart, "3,400", the same on every machine whatever its locale. */
export function thousands(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");
}
