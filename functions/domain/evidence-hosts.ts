/** Where an approver may be led by a click on what a requester claims. */

/** As the policy writes them: ASCII in lower case, no punycode, which can look like another name. */
export const HOST_PATTERN =
  /^(\*\.)?(?!xn--)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.(?!xn--)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+(:[1-9]\d{1,4})?$/;

/** Whether a host (with its port, where that is not 443) is one of those listed. `*.` stands for one name or more, not for none. */
export function isListed(host: string, listed: readonly string[]): boolean {
  return listed.some((one) => (one.startsWith("*.") ? host.endsWith(one.slice(1)) : host === one));
}

/** The host of a text that is one https address and nothing else, in letters that are what they look like; else null. */
export function hostOf(text: string): string | null {
  if (!/^https:\/\/[^\s"<>\\]+$/.test(text) || !URL.canParse(text)) return null;
  const { host, username, password } = new URL(text);
  const isPlain = username === "" && password === "" && !host.includes("xn--");
  return isPlain && text.slice("https://".length).toLowerCase().startsWith(host) ? host : null;
}
