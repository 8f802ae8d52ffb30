/** What approvers are told about the bakes before they rely on them. */
import { afterEach, expect, test } from "vitest";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { closeSites, site } from "../support/approval-site.ts";

afterEach(closeSites);

const HEADING = "What the bakes can see";

test("the approval page shows what each bake can see, and what it cannot", async () => {
  const one = await site();
  const { promotionId, environment } = one.on.name;
  const advice = { lines: ["order: 10 % for 13 minutes"], warnings: ["order: the bake is <blind>"], refused: false };
  await one.on.ledger.write([{ put: item(keys.advice(promotionId, environment), advice) }]);

  const { text } = await one.get();

  expect(text).toContain(HEADING);
  expect(text).toContain("<li>order: 10 % for 13 minutes</li>");
  expect(text).toContain('<span class="pill warn">warning</span> order: the bake is &lt;blind&gt;</li>');
});

test("the approval page shows what the rules would do to a good release, and how often all of it would", async () => {
  const one = await site();
  const { promotionId, environment } = one.on.name;
  const rules = {
    lines: ["order: errors, at most 5 %: rolls back a good candidate with 12 %"],
    rate: "a good candidate is rolled back in about 12 % of rollouts, at most 17 %",
    tried: {},
  };
  const advice = { lines: [], warnings: [], refused: false, rules };
  await one.on.ledger.write([{ put: item(keys.advice(promotionId, environment), advice) }]);

  const { text } = await one.get();

  expect(text).toContain("<h3>What the rules would do to a good release</h3>");
  expect(text).toContain("<p>A good candidate is rolled back in about 12 % of rollouts, at most 17 %.</p>");
  expect(text).toContain("<li>order: errors, at most 5 %: rolls back a good candidate with 12 %</li>");
});

test("the approval page says nothing of bakes that nothing is known of", async () => {
  const one = await site();

  expect((await one.get()).text).not.toContain(HEADING);
});
