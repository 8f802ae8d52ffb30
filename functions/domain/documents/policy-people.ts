/** Everybody whom a policy names: who is subscribed when it is deployed, and so who may hear people's mail. */
import { fieldsOf } from "../text.ts";

/**
 * Each address once, in lower case as the mailer sends it, in order. Reads a document as it is stored: what is missing, or
 * not of its form, names nobody.
 */
export function addressesOfPolicy(document: unknown): string[] {
  const { people, environments } = fieldsOf(document);
  const places = Object.values(fieldsOf(environments)).map(fieldsOf);
  const roles = [people, ...places.map((place) => place.people)].flatMap((named) => Object.values(fieldsOf(named)));
  const told = places.flatMap(({ notices, pageTo }) => [notices, pageTo]);
  return uniqueAddresses([...roles, ...told].flatMap(textsOf));
}

/** Each address once, as the mailer sends it, in order. */
export function uniqueAddresses(addresses: readonly string[]): string[] {
  return [...new Set(addresses.map((address) => address.trim().toLowerCase()))].sort((a, b) => (a < b ? -1 : 1));
}

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
