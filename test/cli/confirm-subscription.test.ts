/** Confirming an approver's subscription, with the real client, against SNS as the sandbox has it. */
import { GetSubscriptionAttributesCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { describe, expect, it } from "vitest";
import { confirmSubscription } from "../../cli/confirm-subscription.ts";
import { snsMailer } from "../../functions/adapters/sns-mailer.ts";
import { SimulatedSns } from "../../sandbox/aws/sns/sns.ts";
import { simulate } from "../sandbox/aws/harness.ts";

const JANE = "jane@example.com";

/** A topic to which somebody was subscribed, and the confirmation's link as AWS writes it. */
function site() {
  const simulation = simulate();
  const sns = new SimulatedSns(simulation.aws);
  const TopicArn = sns.createTopic("notices");
  const client = new SNSClient(simulation.config());
  const mailer = snsMailer({ client: () => client, topicArn: () => TopicArn });
  const subscribe = async () => {
    const { SubscriptionArn } = await client.send(
      new SubscribeCommand({
        TopicArn,
        Protocol: "email",
        Endpoint: JANE,
        ReturnSubscriptionArn: true,
        Attributes: { FilterPolicy: JSON.stringify({ recipient: [JANE] }) },
      }),
    );
    await simulation.clock.sleep(60_000);
    const token = /Token: (\w+)/.exec(sns.mailbox.at(-1)?.body ?? "")?.[1];
    const link = `https://sns.eu-west-1.amazonaws.com/confirmation.html?TopicArn=${TopicArn}&Token=${token}&Endpoint=jane%40example.com`;
    return { SubscriptionArn, link };
  };
  const said: string[] = [];
  const confirm = (link: string) => confirmSubscription({ link, client, write: (text) => said.push(text) });
  return { ...simulation, client, mailer, subscribe, confirm, said };
}

describe("the link of a confirmation mail", () => {
  it("is confirmed with credentials: from then on mail arrives, and no scanner can end it", async () => {
    const { run, client, mailer, subscribe, confirm, said } = site();
    const seen = await run(async () => {
      const { SubscriptionArn, link } = await subscribe();
      const before = await mailer.reach([JANE]);
      const code = await confirm(link);
      const { Attributes } = await client.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
      return { before, code, after: await mailer.reach([JANE]), Attributes };
    });
    expect(seen.before.get(JANE)).toBe("unconfirmed");
    expect(seen.code).toBe(0);
    expect(seen.after.get(JANE)).toBe("confirmed");
    expect(seen.Attributes?.ConfirmationWasAuthenticated).toBe("true");
    expect(said).toEqual([`Confirmed for ${JANE}; unsubscribing it needs credentials.\n`]);
  });

  it("is refused after two days, which is said with what to do: exit code 1", async () => {
    const { run, clock, subscribe, confirm, said } = site();
    const code = await run(async () => {
      const { link } = await subscribe();
      await clock.sleep(49 * 3_600_000);
      return confirm(link);
    });
    expect(code).toBe(1);
    expect(said.join()).toContain("it lives for two days");
  });
});
