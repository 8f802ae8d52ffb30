import { describe, expect, test } from "vitest";
import { worldOf } from "./notification-links.ts";
import { notificationPaths } from "./notification-paths.ts";
import { placed } from "./placed-template.ts";
import { AWAY, HOME, one, PATTERN, type Properties, RULE, role, type Templates, whole } from "./whole-deployment.ts";

const walk = ({ home, away }: Templates) =>
  notificationPaths(worldOf([placed("home", HOME, { Resources: home }), placed("away", AWAY, { Resources: away })]));
const brokenIn = (templates: Templates) =>
  walk(templates).flatMap(({ from, to, broken }) => broken.map((why) => `${from} -> ${to}: ${why}`));

test("in the whole one nothing is missing", () => {
  expect(walk(whole()).map(({ from, to }) => `${from} -> ${to}`)).toEqual([
    "ours-letters -> alarms",
    "letters -> its reader",
    "listen -> listener",
    "listen -> letters",
    "listener -> letters",
    "forward -> event-bus/default",
  ]);
  expect(brokenIn(whole())).toEqual([]);
});

type Part = "home" | "away";
const without = (part: Part, id: string) => (templates: Templates) => {
  delete templates[part][id];
};
const having = (part: Part, id: string, change: Properties) => (templates: Templates) => {
  const { Type = "", Properties = {} } = templates[part][id] ?? {};
  templates[part][id] = { Type, Properties: { ...Properties, ...change } };
};
/** The statements of a document with other elements in the one at `index`. */
const amended = (id: string, document: string, index: number, change: Properties) => (templates: Templates) => {
  const found = templates.home[id]?.Properties?.[document] as { readonly Statement: readonly Properties[] };
  const Statement = found.Statement.map((each, at) => (at === index ? { ...each, ...change } : each));
  having("home", id, { [document]: { Statement } })(templates);
};
const denying = (id: string, Action: string) => (templates: Templates) => {
  const found = templates.home[id]?.Properties?.PolicyDocument as { readonly Statement: readonly Properties[] };
  const Condition = { Bool: { "aws:SecureTransport": "true" } };
  const Deny = { Effect: "Deny", Principal: "*", Action, Resource: "*", Condition };
  having("home", id, { PolicyDocument: { Statement: [...found.Statement, Deny] } })(templates);
};
const [TOPIC_POLICY, QUEUE_POLICY] = ["TopicPolicy", "QueuePolicy"];
const OTHER_ACCOUNT = { Condition: { StringEquals: { "aws:SourceAccount": "999999999999" } } };

describe("what is missing is said of", () => {
  test.each<[string, (templates: Templates) => void, readonly string[]]>([
    ["an alarm that does nothing", having("home", "Alarm", { AlarmActions: [] }), ["it does nothing"]],
    ["an alarm whose actions are off", having("home", "Alarm", { ActionsEnabled: false }), ["it does nothing"]],
    [
      "an alarm that acts on what nobody knows",
      having("home", "Alarm", { AlarmActions: ["arn:aws:ssm:x"] }),
      ["nothing that the walk knows"],
    ],
    [
      "a topic whose policy lets nobody publish",
      amended(TOPIC_POLICY, "PolicyDocument", 0, { Effect: "Deny" }),
      ["denies cloudwatch"],
    ],
    [
      "a topic whose policy says nothing of CloudWatch",
      amended(TOPIC_POLICY, "PolicyDocument", 0, { Principal: { Service: "s3.amazonaws.com" } }),
      ["does not let cloudwatch.amazonaws.com sns:Publish"],
    ],
    [
      "a topic for the alarms of another deployment",
      having("home", "Alarm", { AlarmName: "theirs-letters" }),
      ["does not let cloudwatch.amazonaws.com sns:Publish"],
    ],
    [
      "a topic whose Deny outweighs its Allow",
      denying(TOPIC_POLICY, "sns:*"),
      ["denies cloudwatch.amazonaws.com sns:Publish"],
    ],
    ["a topic without subscribers", without("home", "OnCall"), ["nobody is subscribed"]],
    [
      "a topic whose only subscriber filters it away",
      having("home", "OnCall", { FilterPolicy: { recipient: ["a@b.example"] } }),
      ["nobody is subscribed"],
    ],
    ["a subscription of another kind", having("home", "OnCall", { Protocol: "https" }), ["by https"]],
    [
      "a key that lets CloudWatch only generate",
      amended("Key", "KeyPolicy", 1, { Action: "kms:GenerateDataKey" }),
      ["the key does not let cloudwatch.amazonaws.com kms:Decrypt"],
    ],
    [
      "a key that lets in another account's alarms",
      amended("Key", "KeyPolicy", 1, OTHER_ACCOUNT),
      ["kms:GenerateDataKey", "kms:Decrypt"],
    ],
    [
      "a topic under the key that AWS manages",
      having("home", "Topic", { KmsMasterKeyId: "alias/aws/sns" }),
      ["no key whose policy could let anybody in"],
    ],
    [
      "a key that asks EventBridge for whom it comes",
      amended("Key", "KeyPolicy", 2, { Condition: { StringEquals: { "aws:SourceAccount": HOME.account } } }),
      ["events.amazonaws.com kms:GenerateDataKey", "events.amazonaws.com kms:Decrypt"],
    ],
    [
      "a key that does not leave it to the account's roles",
      amended("Key", "KeyPolicy", 0, { Action: "kms:Describe*" }),
      ["ListenerRole kms:GenerateDataKey", "ListenerRole kms:Decrypt"],
    ],
    [
      "a queue that lets another rule in",
      amended(QUEUE_POLICY, "PolicyDocument", 0, { Condition: { ArnEquals: { "aws:SourceArn": `${RULE}s` } } }),
      ["does not let events.amazonaws.com sqs:SendMessage"],
    ],
    ["a queue without a policy", without("home", QUEUE_POLICY), ["does not let events.amazonaws.com sqs:SendMessage"]],
    [
      "a queue that nobody reads or counts",
      having("home", "Alarm", { MetricName: "ApproximateAgeOfOldestMessage" }),
      ["nobody reads it"],
    ],
    ["a queue that passes on what it holds", having("home", "Queue", { RedrivePolicy: {} }), ["moves messages on"]],
    [
      "a function that its rule may not call",
      without("home", "Permission"),
      ["does not let events.amazonaws.com lambda:InvokeFunction"],
    ],
    [
      "a function that may not send what failed",
      without("home", "ListenerPolicy"),
      ["ListenerRole may not sqs:SendMessage", "ListenerRole kms:GenerateDataKey", "ListenerRole kms:Decrypt"],
    ],
    ["a rule that is off", having("home", "Rule", { State: "DISABLED" }), ["it is off"]],
    ["a rule without a target", having("home", "Rule", { Targets: [] }), ["it has no target"]],
    [
      "a rule that waits for nothing",
      (templates) => {
        having("home", "Rule", { EventPattern: undefined })(templates);
        without("away", "Forward")(templates);
      },
      ["it waits for nothing"],
    ],
    [
      "a bus that lets another account in",
      having("home", "BusPolicy", { Statement: {} }),
      ["does not let 444455556666 events:PutEvents"],
    ],
    [
      "a bus that takes other sources",
      (templates) => {
        const Statement = templates.home.BusPolicy?.Properties?.Statement as Properties;
        having("home", "BusPolicy", {
          Statement: { ...Statement, Condition: { StringEquals: { "events:source": "ours" } } },
        })(templates);
      },
      ["does not let 444455556666 events:PutEvents"],
    ],
    [
      "a forwarding role without its permission",
      without("away", "ForwardPolicy"),
      ["ForwardRole may not events:PutEvents"],
    ],
    [
      "a forwarding role that EventBridge cannot take on",
      (templates) => {
        templates.away.ForwardRole = role("lambda.amazonaws.com");
      },
      ["ForwardRole may not events:PutEvents"],
    ],
    [
      "a forwarded event that no rule listens for",
      having("away", "Forward", { EventPattern: { ...PATTERN, "detail-type": ["Something else"] } }),
      ["no rule of 111122223333 in eu-west-1 listens"],
    ],
    [
      "a type that is new",
      (templates) => {
        templates.home.Pipe = one("AWS::Pipes::Pipe", {});
      },
      ["AWS::Pipes::Pipe is a type that the walk does not know"],
    ],
  ])("%s", (_what, take, expected) => {
    const templates = whole();
    take(templates);
    const found = brokenIn(templates);
    expect(found).toHaveLength(expected.length);
    expected.forEach((why, index) => {
      expect(found[index]).toContain(why);
    });
  });
});
