import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { CallRefused } from "../../functions/domain/errors.ts";
import { FORM_KEY, formSigner } from "../../functions/runtime/form-key.ts";
import { MemoryLedger } from "../support/memory-ledger.ts";
import { testHost } from "./test-host.ts";

const hmac = (key: string, text: string) => createHmac("sha256", Buffer.from(key, "hex")).update(text).digest("hex");
const keyIn = async (ledger: MemoryLedger) => String((await ledger.read(FORM_KEY))?.key);

test("the first signature makes a key of 32 bytes, and every function signs with it", async () => {
  const ledger = new MemoryLedger();
  const signatures = [
    await formSigner(testHost().host, ledger)("a form"),
    await formSigner(testHost().host, ledger)("a form"),
  ];

  const key = await keyIn(ledger);
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(signatures).toEqual([hmac(key, "a form"), hmac(key, "a form")]);
});

test("two functions that begin at once end up with one key", async () => {
  const ledger = new MemoryLedger();
  const [one, other] = [testHost().host, testHost().host];
  other.entropy.id(1);

  const signatures = await Promise.all([formSigner(one, ledger)("a form"), formSigner(other, ledger)("a form")]);

  expect(new Set(signatures)).toEqual(new Set([hmac(await keyIn(ledger), "a form")]));
});

test("a key is read again after five minutes, so that a new one takes over", async () => {
  const { host, advance } = testHost();
  const ledger = new MemoryLedger();
  const sign = formSigner(host, ledger);
  const before = await sign("a form");
  const fresh = "ab".repeat(32);
  await ledger.write([{ put: { ...FORM_KEY, key: fresh } }]);

  advance(4 * 60_000);
  expect(await sign("a form")).toBe(before);
  advance(60_000);
  expect(await sign("a form")).toBe(hmac(fresh, "a form"));
});

test("a key that is no key is refused rather than signed with", async () => {
  const ledger = new MemoryLedger();
  await ledger.write([{ put: { ...FORM_KEY, key: "" } }]);

  await expect(formSigner(testHost().host, ledger)("a form")).rejects.toBeInstanceOf(CallRefused);
});
