/**
 * What mail programs make a link of without being asked, as a greedy one would: anything after a scheme, `www.`, hosts by
 * their last name or by numbers, addresses of people, shares of Windows. Written apart from what takes links out.
 */
const HOST_DOTS = /[\u3002\uFF0E\uFF61\u2024\uFE52]/g;
const UNSEEN = /\p{Default_Ignorable_Code_Point}/gu;

export function clickableIn(text: string): string[] {
  const read = text.replace(HOST_DOTS, ".").replace(UNSEEN, "");
  const found = [
    /[a-z][a-z0-9+.-]*:[\\/]{2}\S/gi,
    /\b(?:mailto|tel|sms|sip|data|javascript):\S/gi,
    /\bwww\.\S/gi,
    /[\p{L}\p{N}-]\.(?:xn--[a-z0-9-]+|[\p{L}\p{M}]{2,})(?![\p{L}\p{N}\p{M}]|-[\p{L}\p{N}])/giu,
    /\b\d{1,3}(?:\.\d{1,3}){3}[:/]/g,
    /\\\\[\p{L}\p{N}]/gu,
  ];
  return found.flatMap((pattern) => read.match(pattern) ?? []);
}
